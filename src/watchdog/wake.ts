import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { loadBeats } from '../store/beats.ts'
import type { Database } from '../store/database.ts'
import { listPipelinesToWake } from '../store/pipelines.ts'
import { listRepositoriesToWake } from '../store/repositories.ts'

const PIPELINES_AT_ONCE = 100

/**
 * Applies a clock event to every pipeline whose `wake_at` has passed, with the latest beats of its agents; resolves to
 * how many were applied.
 */
export async function wakeDuePipelines(o: { database: Database; door: Door; now: () => Instant }): Promise<number> {
  const at = o.now()
  const due = await listPipelinesToWake(o.database, at, PIPELINES_AT_ONCE)
  const heartbeats = await loadBeats(o.database, due)
  const evidence = { kind: 'clock', id: 'watchdog', at } as const
  const outcomes = await Promise.all(
    due.map((pipelineId) => {
      const event = {
        type: 'pipeline.woken',
        at,
        evidence,
        pipelineId,
        heartbeats: heartbeats.get(pipelineId) ?? {},
      } as const
      return o.door.apply({ event })
    }),
  )
  // An event that cannot be applied is due again at once; counting it would keep the loop from resting.
  return outcomes.filter(({ state }) => state !== 'failed').length
}

/** Lets admission look at every repository in which something starts or ends by itself; resolves to how many there were. */
export async function wakeDueRepositories(o: { database: Database; door: Door; now: () => Instant }): Promise<number> {
  const at = o.now()
  const due = await listRepositoriesToWake(o.database, at, REPOSITORIES_AT_ONCE)
  const evidence = { kind: 'clock', id: 'watchdog', at } as const
  const outcomes = await Promise.all(
    due.map((repository) => o.door.apply({ event: { type: 'repository.woken', at, evidence, repository } })),
  )
  return outcomes.filter(({ state }) => state !== 'failed').length
}

const REPOSITORIES_AT_ONCE = 100
