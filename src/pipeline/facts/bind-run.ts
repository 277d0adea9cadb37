// Which attempt a run belongs to. One of ours is known by the run id that GitHub answered our dispatch with, else by the
// whole key that its title echoes: a key that we issued, in the workflow and on the branch that we sent it to. Titles are
// written by anybody.

import { type AdmittedAttempt, isAdmitted, updateAttempt, withControl } from '../model/attempt.ts'
import type { RunFact } from '../model/facts.ts'
import type { Attempt, DuplicateRun, Pipeline } from '../model/pipeline.ts'
import { parseAttemptKey, stageOfRun } from './correlate.ts'
import { mergeRun } from './merge.ts'

/** The pipeline with what is known of a run. */
export function bindRun(pipeline: Pipeline, run: RunFact): Pipeline {
  const key = attemptKeyOfRun(pipeline, run)
  if (key !== null) return updateAttempt(pipeline, key, (attempt) => bindToAttempt(attempt, run.id, run))
  const name = stageOfRun(pipeline.line.stages, run)
  const stages = pipeline.stages.map((stage) => {
    if (stage.name !== name) return stage
    const others = stage.attempts.filter((attempt) => isAdmitted(attempt) || attempt.run?.id !== run.id)
    const known = stage.attempts.find((attempt) => attempt.run?.id === run.id)
    const asked = known?.reconciliation && { reconciliation: known.reconciliation }
    const attempt = { ...asked, number: 0, key: null, run: mergeRun(known?.run ?? null, run) }
    return { ...stage, attempts: [...others, attempt] }
  })
  return { ...pipeline, stages }
}

/** The key of the attempt that the run is, or is a twin of; null when it is none of ours. */
export function attemptKeyOfRun(pipeline: Pipeline, run: RunFact): string | null {
  const own = pipeline.stages.flatMap((stage) =>
    stage.attempts.filter(isAdmitted).map((attempt) => ({ stage, attempt })),
  )
  const known = own.find(
    ({ attempt: { control } }) =>
      control.runId === run.id || control.duplicateRuns.some((twin) => twin.runId === run.id),
  )
  if (known !== undefined) return known.attempt.key
  const key = parseAttemptKey(run.title)?.key
  const claimed = own.find(({ attempt }) => attempt.key === key)
  if (claimed === undefined) return null
  const isThere =
    stageOfRun(pipeline.line.stages, run) === claimed.stage.name && run.branch === claimed.attempt.control.ref
  return isThere ? claimed.attempt.key : null
}

/** The attempt with a run of its own: of several with its key the oldest, whatever the order they are told in. */
export function bindToAttempt(attempt: AdmittedAttempt, runId: number, run: RunFact | null): Attempt {
  const { control } = attempt
  const { duplicateRuns } = control
  const known = new Map(duplicateRuns.map((duplicate) => [duplicate.runId, duplicate.run]))
  if (control.runId !== null) known.set(control.runId, attempt.run)
  const before = known.get(runId) ?? null
  known.set(runId, run === null ? before : mergeRun(before, run))
  const [[oldest, adopted] = [runId, run], ...younger] = [...known].sort(([a], [b]) => a - b)
  const bound = { ...(isRerun(attempt.run, adopted) ? beginAgain(attempt) : attempt), run: adopted }
  return withControl(bound, {
    runId: oldest,
    duplicateRuns: younger.map(([id, fact]): DuplicateRun => {
      const duplicate = duplicateRuns.find((other) => other.runId === id) ?? NEW_DUPLICATE
      return { ...duplicate, runId: id, run: fact && { ...fact, jobs: [] } }
    }),
  })
}

const NEW_DUPLICATE = { cancel: null, abandonedAt: null }

function isRerun(before: RunFact | null, after: RunFact | null): boolean {
  return before !== null && after !== null && before.id === after.id && after.runAttempt > before.runAttempt
}

/** Run again on GitHub, an attempt begins again: how it was given up before says nothing any more. */
function beginAgain({ reconciliation: _, ...attempt }: AdmittedAttempt): AdmittedAttempt {
  return withControl(attempt, { report: null, cancel: null, closed: null })
}
