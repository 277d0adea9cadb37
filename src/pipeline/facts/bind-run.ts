// Which attempt a run belongs to. One of ours is known by the run id that GitHub answered our dispatch with, else by the
// whole key that its title echoes: a key that we issued, in the workflow and on the branch that we sent it to, begun by an
// App's dispatch. Titles are written by anybody, and who may write can dispatch a workflow with a key that they have read.
import { type AdmittedAttempt, isAdmitted, updateAttempt, withControl } from '../model/attempt.ts'
import type { RunFact } from '../model/facts.ts'
import type { Attempt, DuplicateRun, Pipeline } from '../model/pipeline.ts'
import { keyOfRun, stageOfRun } from './correlate.ts'
import { mergeRun } from './merge.ts'

/** The pipeline with the run merged into its attempt. */
export function bindRun(pipeline: Pipeline, run: RunFact): Pipeline {
  const key = attemptKeyOfRun(pipeline, run)
  if (key !== null) return updateAttempt(pipeline, key, (attempt) => bindToAttempt(attempt, run.id, run))
  const name = stageOfRun(pipeline.line.stages, run)
  const stages = pipeline.stages.map((stage) => {
    if (stage.name !== name) return stage
    const others = stage.attempts.filter((attempt) => isAdmitted(attempt) || attempt.run?.id !== run.id)
    const stored = stage.attempts.find((attempt) => attempt.run?.id === run.id)
    const asked = stored?.reconciliation && { reconciliation: stored.reconciliation }
    const attempt = { ...asked, number: 0, key: null, run: mergeRun(stored?.run ?? null, run) }
    return { ...stage, attempts: [...others, attempt] }
  })
  return { ...pipeline, stages }
}

/** The key of the attempt that the run, or its duplicate, belongs to; null when it is none of ours. */
export function attemptKeyOfRun({ stages, line }: Pipeline, run: RunFact): string | null {
  const admitted = stages.flatMap(({ name, attempts }) =>
    attempts.filter(isAdmitted).map(({ key, control }) => ({ name, key, control })),
  )
  const bound = admitted.find(
    ({ control }) => control.runId === run.id || control.duplicateRuns.some(({ runId }) => runId === run.id),
  )
  if (bound !== undefined) return bound.key
  const echoed = isDispatchedByApp(run) ? keyOfRun(run)?.key : undefined
  const claimed = admitted.find(({ key }) => key === echoed)
  if (claimed === undefined) return null
  const isWhereSent = stageOfRun(line.stages, run) === claimed.name && run.branch === claimed.control.ref
  return isWhereSent ? claimed.key : null
}

/** Was it begun as we begin runs? A workflow's own token acts as `github-actions[bot]`, which is no App of ours. */
export function isDispatchedByApp({ event, actor }: RunFact): boolean {
  if (event !== 'workflow_dispatch') return false
  return actor === null || (actor.endsWith('[bot]') && actor !== WORKFLOW_TOKEN)
}

const WORKFLOW_TOKEN = 'github-actions[bot]'

/** The attempt with a run of its own: of several with its key the oldest, whatever the order they come in. */
export function bindToAttempt(attempt: AdmittedAttempt, runId: number, run: RunFact | null): Attempt {
  const { control } = attempt
  const { duplicateRuns } = control
  const runs = new Map(duplicateRuns.map((duplicate) => [duplicate.runId, duplicate.run]))
  if (control.runId !== null) runs.set(control.runId, attempt.run)
  const stored = runs.get(runId) ?? null
  runs.set(runId, run === null ? stored : mergeRun(stored, run))
  const [[oldest, adopted] = [runId, run], ...younger] = [...runs].sort(([a], [b]) => a - b)
  const bound = { ...(isRerun(attempt.run, adopted) ? beginAgain(attempt) : attempt), run: adopted }
  return withControl(bound, {
    runId: oldest,
    duplicateRuns: younger.map(([id, fact]): DuplicateRun => {
      const duplicate = duplicateRuns.find((other) => other.runId === id) ?? { cancel: null, abandonedAt: null }
      return { ...duplicate, runId: id, run: fact && { ...fact, jobs: [] } }
    }),
  })
}

function isRerun(before: RunFact | null, after: RunFact | null): boolean {
  return before !== null && after !== null && before.id === after.id && after.runAttempt > before.runAttempt
}

/** A re-run on GitHub begins the attempt again: how it was given up before no longer counts. */
function beginAgain({ reconciliation: _, ...attempt }: AdmittedAttempt): AdmittedAttempt {
  return withControl(attempt, { report: null, cancel: null, closed: null })
}
