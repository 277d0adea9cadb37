// The operator's hold on everything is written under the lock of its own row. Pipelines are not written here: outer
// holds are read whenever they are needed, and the watchdog wakes the pipelines in batches, so that GitHub shows the
// change.

import { holdOrReleaseResult } from '../pipeline/commands/hold-or-release.ts'
import type { AnsweredCommand } from '../pipeline/model/command-result.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { lockGlobalHold, saveGlobalHold } from '../store/holds.ts'
import { notifyChanges } from '../store/notify.ts'

/** Holds everything, or releases it (`reason` is null); resolves to the result of the operator's command. */
export async function setGlobalHold(
  o: { readonly database: Database; readonly now: () => Instant },
  { by, reason }: { readonly by: string; readonly reason: string | null },
): Promise<AnsweredCommand> {
  return await o.database.kysely.transaction().execute(async (trx) => {
    const previous = await lockGlobalHold(trx)
    const since = o.now()
    const evidence = { kind: 'command', id: reason === null ? 'resume --all' : 'hold --all', at: since } as const
    const next: HoldOrRelease = { place: { kind: 'everything' }, by, reason, since, evidence }
    const result = holdOrReleaseResult(previous, next, [])
    if (result.outcome === 'done') {
      await saveGlobalHold(trx, next)
      await notifyChanges(trx, [])
    }
    return result
  })
}
