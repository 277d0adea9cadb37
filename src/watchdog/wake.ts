import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { beatsOf } from '../store/beats.ts'
import type { Database } from '../store/database.ts'
import { dueToWake } from '../store/pipelines.ts'

const AT_ONCE = 100

/**
 * Sends the clock through the door to every pipeline whose `wake_at` has passed, together with the latest beats of its
 * agents; resolves to how many took it in.
 */
export async function wake(o: { database: Database; door: Door; now: () => Instant }): Promise<number> {
  const at = o.now()
  const due = await dueToWake(o.database, at, AT_ONCE)
  const beats = await beatsOf(o.database, due)
  const evidence = { kind: 'clock', id: 'watchdog', at } as const
  const outcomes = await Promise.all(
    due.map((pipelineId) => {
      const told = beats.get(pipelineId) ?? {}
      return o.door.apply({ event: { type: 'woken', at, evidence, pipelineId, beats: told } })
    }),
  )
  // One that cannot be applied is due again at once: it must not keep the loop from resting.
  return outcomes.filter(({ state }) => state !== 'failed').length
}
