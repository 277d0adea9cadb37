// Words about the cord around the pipelines: a repository's is written under the lock of its row, the operator's under
// that of its own. Pipelines are not written here: what is held around them is looked up whenever it is asked for, and
// the watchdog has them woken, some at a time, so that what GitHub shows of them follows.

import { holdOrReleaseResult } from '../pipeline/commands/hold-or-release.ts'
import type { AnsweredCommand } from '../pipeline/model/command-result.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { lockGlobalHold, saveGlobalHold } from '../store/holds.ts'
import { notifyChanges } from '../store/notify.ts'

/** The operator pulls everybody's cord, or lets go of it (`reason` is null); resolves to what came of it. */
export async function setGlobalHold(
  o: { readonly database: Database; readonly now: () => Instant },
  { by, reason }: { readonly by: string; readonly reason: string | null },
): Promise<AnsweredCommand> {
  return await o.database.kysely.transaction().execute(async (trx) => {
    const known = await lockGlobalHold(trx)
    const since = o.now()
    const evidence = { kind: 'command', id: reason === null ? 'resume --all' : 'hold --all', at: since } as const
    const word: HoldOrRelease = { place: { kind: 'everything' }, by, reason, since, evidence }
    const said = holdOrReleaseResult(known, word, [])
    if (said.outcome === 'done') {
      await saveGlobalHold(trx, word)
      await notifyChanges(trx, [])
    }
    return said
  })
}
