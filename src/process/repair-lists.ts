// What operators repair on their pages, as the command line does it.
import { type RepairName, type RepairRow, webhookText } from '../render/repairs.ts'
import type { Operations } from './operations.ts'

/** The lists over the operations of this process. */
export function openRepairLists(operations: Operations) {
  return {
    deliveries: {
      list: async () =>
        (await operations.failedDeliveries()).map(
          ({ id, receivedAt: at, name, action, repository, error }): RepairRow => {
            return { id, at, what: webhookText({ name, action }), repository, error }
          },
        ),
      async replay(ids: readonly number[]) {
        let applied = 0
        // One after the other, in the order in which they came.
        for (const id of ids) if ((await operations.replay(id)).state !== 'failed') applied += 1
        return applied
      },
      drop: (ids: readonly number[]) => operations.dropDeliveries(ids),
    },
    effects: {
      list: async () =>
        (await operations.buriedEffects()).map(({ id, since: at, key: what, repository, error }): RepairRow => {
          return { id, at, what, repository, error }
        }),
      replay: (ids: readonly number[]) => operations.replayEffects(ids),
      drop: (ids: readonly number[]) => operations.dropEffects(ids),
    },
  } satisfies Record<RepairName, object>
}
