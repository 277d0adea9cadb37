// Which attempt a run belongs to. One of ours is known by the run id that GitHub answered our dispatch with, else by the
// whole key that its title echoes: a key that we issued, in the workflow and on the branch that we sent it to. Titles are
// written by anybody.

import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { RunFact } from '../model/facts.ts'
import type { Attempt, DuplicateRun, Pipeline, Stage } from '../model/pipeline.ts'
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

/** The pipeline with the attempt of that key changed; the same where no such key was issued. */
export function updateAttempt(
  pipeline: Pipeline,
  key: string,
  change: (attempt: AdmittedAttempt) => Attempt,
): Pipeline {
  const isIt = (attempt: Attempt) => isAdmitted(attempt) && attempt.key === key
  const stages = pipeline.stages.map((stage): Stage => {
    if (!stage.attempts.some(isIt)) return stage
    return {
      ...stage,
      attempts: stage.attempts.map((attempt) =>
        isAdmitted(attempt) && attempt.key === key ? change(attempt) : attempt,
      ),
    }
  })
  return { ...pipeline, stages }
}

/** The attempt with a run of its own: of several with its key the oldest, whatever the order they are told in. */
export function bindToAttempt(attempt: AdmittedAttempt, runId: number, run: RunFact | null): Attempt {
  const { control } = attempt
  const ids = [
    ...new Set([
      runId,
      ...(control.runId === null ? [] : [control.runId]),
      ...control.duplicateRuns.map((twin) => twin.runId),
    ]),
  ]
  const known = new Map<number, RunFact | null>(control.duplicateRuns.map((twin) => [twin.runId, twin.run]))
  if (control.runId !== null) known.set(control.runId, attempt.run)
  const before = known.get(runId) ?? null
  known.set(runId, run === null ? before : mergeRun(before, run))
  const [oldest = runId, ...younger] = ids.sort((a, b) => a - b)
  const duplicateRuns = younger.map((id): DuplicateRun => {
    const twin = control.duplicateRuns.find((other) => other.runId === id) ?? {
      runId: id,
      cancel: null,
      abandonedAt: null,
    }
    const told = known.get(id) ?? null
    return { ...twin, run: told === null ? null : { ...told, jobs: [] } }
  })
  const adopted = known.get(oldest) ?? null
  const begun = isRerun(attempt.run, adopted) ? beginAnew(attempt) : attempt
  return { ...begun, run: adopted, control: { ...begun.control, runId: oldest, duplicateRuns } }
}

function isRerun(before: RunFact | null, after: RunFact | null): boolean {
  return before !== null && after !== null && before.id === after.id && after.runAttempt > before.runAttempt
}

/** Run again on GitHub, it begins anew: how it was given up before says nothing any more. */
function beginAnew({ reconciliation: _, ...attempt }: AdmittedAttempt): AdmittedAttempt {
  return { ...attempt, control: { ...attempt.control, report: null, cancel: null, closed: null } }
}
