// Deliveries get lost, and we may have been the ones asleep: of what is live and was not heard of for a while GitHub is
// asked. Only the answer, an event like any other, moves a pipeline.
import type { AskEffect } from '../pipeline/model/effects.ts'
import type { Attempt, Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import { type Instant, latest, secondsAfter } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { saveEffects } from '../store/effects.ts'
import { lockPipelinesToReconcile, postponeReconciliation } from '../store/pipelines.ts'
import { effectColumns } from './effects.ts'

const RECONCILE_AFTER_SECONDS = 10 * 60

/** When GitHub should be asked about live runs unless something is heard of them before; null when none is live. */
export function reconcileAt(pipeline: Pipeline): Instant | null {
  const [first] = liveRunsOf(pipeline)
    .map(({ lastActivityAt }) => lastActivityAt)
    .sort()
  return first === undefined ? null : secondsAfter(first, RECONCILE_AFTER_SECONDS)
}

/** Asks about live runs of which nothing was heard for ten minutes; resolves to how many pipelines that concerned. */
export async function requestReconciliation({ kysely }: Database, now: Instant, limit: number): Promise<number> {
  return kysely.transaction().execute(async (trx) => {
    const unheard = await lockPipelinesToReconcile(trx, now, limit)
    const asked = unheard.flatMap(({ id, repositoryId, pipeline }) =>
      liveRunsOf(pipeline)
        .filter(({ lastActivityAt }) => secondsAfter(lastActivityAt, RECONCILE_AFTER_SECONDS) <= now)
        .map(({ runId }) => {
          const issueNumber = pipeline.issue.number
          const question = { about: 'run', runId, issueNumber } as const
          const effect: AskEffect = { type: 'ask', key: `run/${runId}/${now}`, question }
          return effectColumns({ repositoryId, pipelineId: id, effect, now })
        }),
    )
    await saveEffects(trx, asked)
    const ids = unheard.map(({ id }) => id)
    await postponeReconciliation(trx, ids, secondsAfter(now, RECONCILE_AFTER_SECONDS))
    return unheard.length
  })
}

type LiveRun = { readonly runId: number; readonly lastActivityAt: Instant }

function liveRunsOf({ stages, removed }: Pipeline): readonly LiveRun[] {
  return removed === null
    ? stages.flatMap((stage) => stage.attempts.flatMap((attempt) => liveRunOf(stage, attempt)))
    : []
}

function liveRunOf({ attempts }: Stage, attempt: Attempt): readonly LiveRun[] {
  const { control, run } = attempt
  // Of runs that somebody else starts only the newest says how the stage stands.
  const isOver = control === undefined ? attempt !== attempts.at(-1) : control.closed !== null
  if (isOver || run?.status === 'completed') return []
  if (run !== null) {
    const told = [...run.jobs.flatMap(({ at, evidence }) => [at, evidence.at]), run.evidence.at]
    return [{ runId: run.id, lastActivityAt: told.reduce(latest, run.updatedAt) }]
  }
  const runId = control?.runId ?? null
  return control === undefined || runId === null
    ? []
    : [{ runId, lastActivityAt: control.dispatch?.at ?? control.admittedAt }]
}
