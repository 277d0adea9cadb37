// Which attempt a run belongs to. One of ours is known by the run id that GitHub answered our dispatch with, else by the
// whole key that its title echoes: a key that we issued, in the workflow and on the branch that we sent it to. Titles are
// written by anybody.

import { isOwn, type OwnAttempt } from '../model/attempt.ts'
import type { RunFact } from '../model/facts.ts'
import type { Attempt, Ours, Pipeline, Stage, Twin } from '../model/pipeline.ts'
import { keyOf, stageOfRun } from './correlate.ts'
import { mergeRun } from './merge.ts'

/** The pipeline with what is known of a run. */
export function withRun(pipeline: Pipeline, run: RunFact): Pipeline {
  const key = keyOfOurs(pipeline, run)
  if (key !== null) return withOwn(pipeline, key, (attempt) => bound(attempt, run.id, run))
  const name = stageOfRun(pipeline.line.stages, run)
  const stages = pipeline.stages.map((stage) => {
    if (stage.name !== name) return stage
    const others = stage.attempts.filter((attempt) => isOwn(attempt) || attempt.run?.id !== run.id)
    const known = stage.attempts.find((attempt) => attempt.run?.id === run.id)
    return { ...stage, attempts: [...others, { number: 0, key: null, run: mergeRun(known?.run ?? null, run) }] }
  })
  return { ...pipeline, stages }
}

/** The key of the attempt that the run is, or is a twin of; null when it is none of ours. */
export function keyOfOurs(pipeline: Pipeline, run: RunFact): string | null {
  const own = pipeline.stages.flatMap((stage) => stage.attempts.filter(isOwn).map((attempt) => ({ stage, attempt })))
  const known = own.find(
    ({ attempt: { ours } }) => ours.runId === run.id || ours.twins.some((twin) => twin.runId === run.id),
  )
  if (known !== undefined) return known.attempt.key
  const key = keyOf(run.title)?.key
  const claimed = own.find(({ attempt }) => attempt.key === key)
  if (claimed === undefined) return null
  const isThere =
    stageOfRun(pipeline.line.stages, run) === claimed.stage.name && run.branch === claimed.attempt.ours.ref
  return isThere ? claimed.attempt.key : null
}

/** The pipeline with the attempt of that key changed; the same where no such key was issued. */
export function withOwn(pipeline: Pipeline, key: string, change: (attempt: OwnAttempt) => Attempt): Pipeline {
  const isIt = (attempt: Attempt) => isOwn(attempt) && attempt.key === key
  const stages = pipeline.stages.map((stage): Stage => {
    if (!stage.attempts.some(isIt)) return stage
    return {
      ...stage,
      attempts: stage.attempts.map((attempt) => (isOwn(attempt) && attempt.key === key ? change(attempt) : attempt)),
    }
  })
  return { ...pipeline, stages }
}

/** The attempt with a run of its own: of several with its key the oldest, whatever the order they are told in. */
export function bound(attempt: OwnAttempt, runId: number, run: RunFact | null): Attempt {
  const { ours } = attempt
  const ids = [
    ...new Set([runId, ...(ours.runId === null ? [] : [ours.runId]), ...ours.twins.map((twin) => twin.runId)]),
  ]
  const known = new Map<number, RunFact | null>(ours.twins.map((twin) => [twin.runId, twin.run]))
  if (ours.runId !== null) known.set(ours.runId, attempt.run)
  const before = known.get(runId) ?? null
  known.set(runId, run === null ? before : mergeRun(before, run))
  const [oldest = runId, ...younger] = ids.sort((a, b) => a - b)
  const twins = younger.map((id): Twin => {
    const twin = ours.twins.find((other) => other.runId === id) ?? { runId: id, cancel: null, leftAt: null }
    const told = known.get(id) ?? null
    return { ...twin, run: told === null ? null : { ...told, jobs: [] } }
  })
  const adopted = known.get(oldest) ?? null
  return { ...attempt, run: adopted, ours: { ...anew(ours, attempt.run, adopted), runId: oldest, twins } }
}

/** Run again on GitHub, it begins anew: how it was given up before says nothing any more. */
function anew(ours: Ours, before: RunFact | null, after: RunFact | null): Ours {
  const isAgain = before !== null && after !== null && before.id === after.id && after.runAttempt > before.runAttempt
  return isAgain ? { ...ours, report: null, cancel: null, asked: null, over: null } : ours
}
