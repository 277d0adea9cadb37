// Attempts that Andon started, and how their control changes.
import type { StageConfig } from '../../line/line.ts'
import type { Attempt, AttemptControl, Pipeline, Stage } from './pipeline.ts'

export type AdmittedAttempt = Attempt & { readonly control: AttemptControl; readonly key: string }

type AttemptChange<Own extends Attempt> = (attempt: Own, rule: StageConfig, stage: Stage) => Attempt

export function isAdmitted(attempt: Attempt): attempt is AdmittedAttempt {
  return attempt.control !== undefined && attempt.key !== null
}

export function withControl(attempt: AdmittedAttempt, changes: Partial<AttemptControl>): AdmittedAttempt {
  return { ...attempt, control: { ...attempt.control, ...changes } }
}

/** The pipeline with its attempts changed; a stage without a changed attempt stays the same object. */
export function updateAttempts(pipeline: Pipeline, change: AttemptChange<Attempt>): Pipeline {
  const stages = pipeline.stages.map((stage, index): Stage => {
    const rule = pipeline.line.stages[index]
    if (rule === undefined) return stage
    const attempts = stage.attempts.map((attempt) => change(attempt, rule, stage))
    return attempts.every((attempt, nth) => attempt === stage.attempts[nth]) ? stage : { ...stage, attempts }
  })
  return { ...pipeline, stages }
}

/** The same for the attempts that Andon started. */
export function updateAdmittedAttempts(pipeline: Pipeline, change: AttemptChange<AdmittedAttempt>): Pipeline {
  return updateAttempts(pipeline, (attempt, ...rest) => (isAdmitted(attempt) ? change(attempt, ...rest) : attempt))
}

/** The pipeline with the attempt of that key changed; the same where no such key was issued. */
export function updateAttempt(pipeline: Pipeline, key: string, change: (own: AdmittedAttempt) => Attempt): Pipeline {
  return updateAdmittedAttempts(pipeline, (attempt) => (attempt.key === key ? change(attempt) : attempt))
}
