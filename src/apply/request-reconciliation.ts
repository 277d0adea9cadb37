// Deliveries get lost, and we may have been the ones asleep: of what is live and was not heard of for a while GitHub is
// asked. Only the answer, an event like any other, moves a pipeline.
import type { Ask } from '../pipeline/model/effects.ts'
import type { Attempt, Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import { type Instant, later, secondsAfter } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { saveEffects } from '../store/effects.ts'
import { lockUnheard, reconcileAgain } from '../store/pipelines.ts'
import { effectColumns } from './effects.ts'

const UNHEARD_SECONDS = 10 * 60

/** When GitHub should be asked about live runs unless something is heard of them before; null when none is live. */
export function reconcileAt(pipeline: Pipeline): Instant | null {
  const [first] = liveRuns(pipeline)
    .map(({ heardAt }) => heardAt)
    .sort()
  return first === undefined ? null : secondsAfter(first, UNHEARD_SECONDS)
}

/** Asks about live runs of which nothing was heard for ten minutes; resolves to how many pipelines that concerned. */
export async function askUnheard({ kysely }: Database, now: Instant, limit: number): Promise<number> {
  return kysely.transaction().execute(async (trx) => {
    const unheard = await lockUnheard(trx, now, limit)
    const asked = unheard.flatMap(({ id, repositoryId, pipeline }) =>
      liveRuns(pipeline)
        .filter(({ heardAt }) => secondsAfter(heardAt, UNHEARD_SECONDS) <= now)
        .map(({ runId }) => {
          const issueNumber = pipeline.issue.number
          const question = { about: 'run', runId, issueNumber } as const
          const effect: Ask = { type: 'ask', key: `run/${runId}/${now}`, question }
          return effectColumns({ repositoryId, pipelineId: id, effect, now })
        }),
    )
    await saveEffects(trx, asked)
    const ids = unheard.map(({ id }) => id)
    await reconcileAgain(trx, ids, secondsAfter(now, UNHEARD_SECONDS))
    return unheard.length
  })
}

type LiveRun = { readonly runId: number; readonly heardAt: Instant }

function liveRuns({ stages, gone }: Pipeline): readonly LiveRun[] {
  return gone === null ? stages.flatMap((stage) => stage.attempts.flatMap((attempt) => liveRun(stage, attempt))) : []
}

function liveRun({ attempts }: Stage, attempt: Attempt): readonly LiveRun[] {
  const { ours, run } = attempt
  // Of runs that somebody else starts only the newest says how the stage stands.
  const isOver = ours === undefined ? attempt !== attempts.at(-1) : ours.over !== null
  if (isOver || run?.status === 'completed') return []
  if (run !== null) {
    const told = [...run.jobs.flatMap(({ at, evidence }) => [at, evidence.at]), run.evidence.at]
    return [{ runId: run.id, heardAt: told.reduce(later, run.updatedAt) }]
  }
  const runId = ours?.runId ?? null
  return ours === undefined || runId === null ? [] : [{ runId, heardAt: ours.dispatch?.at ?? ours.admittedAt }]
}
