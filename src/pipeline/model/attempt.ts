// Attempts that Andon began, and how what is kept about them changes.
import type { StageConfig } from '../../line/line.ts'
import type { Attempt, AttemptControl, Pipeline, Stage } from './pipeline.ts'

export type AdmittedAttempt = Attempt & { readonly control: AttemptControl; readonly key: string }

export function isAdmitted(attempt: Attempt): attempt is AdmittedAttempt {
  return attempt.control !== undefined && attempt.key !== null
}

/** The attempt with a part of what Andon keeps about it changed. */
export function withControl(attempt: AdmittedAttempt, changes: Partial<AttemptControl>): AdmittedAttempt {
  return { ...attempt, control: { ...attempt.control, ...changes } }
}

/** The pipeline with its attempts changed; a stage of which none is changed stays the same object. */
export function updateAttempts(
  pipeline: Pipeline,
  change: (attempt: Attempt, rule: StageConfig, stage: Stage) => Attempt,
): Pipeline {
  const stages = pipeline.stages.map((stage, index): Stage => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined) return stage
    const attempts = stage.attempts.map((attempt) => change(attempt, rule, stage))
    return attempts.every((attempt, nth) => attempt === stage.attempts[nth]) ? stage : { ...stage, attempts }
  })
  return { ...pipeline, stages }
}

/** The same for the attempts that Andon began. */
export function updateAdmittedAttempts(
  pipeline: Pipeline,
  change: (attempt: AdmittedAttempt, rule: StageConfig, stage: Stage) => Attempt,
): Pipeline {
  return updateAttempts(pipeline, (attempt, ...rest) => (isAdmitted(attempt) ? change(attempt, ...rest) : attempt))
}

/** The pipeline with the attempt of that key changed; the same where no such key was issued. */
export function updateAttempt(
  pipeline: Pipeline,
  key: string,
  change: (attempt: AdmittedAttempt) => Attempt,
): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt) => (attempt.key === key ? change(attempt) : attempt))
}
