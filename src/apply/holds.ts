// Words about the cord around the pipelines: a repository's is written under the lock of its row, the operator's under
// that of its own. Pipelines are not written here: what is held around them is looked up whenever it is asked for, and
// the watchdog has them woken, some at a time, so that what GitHub shows of them follows.

import { authorizedCommandsIn } from '../pipeline/commands/authorized-commands.ts'
import { holdOrReleaseResult, repositoryHoldsAndReleases } from '../pipeline/commands/hold-or-release.ts'
import { latestHoldOrRelease } from '../pipeline/holds/holds.ts'
import type { AnsweredCommand } from '../pipeline/model/command-result.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { lockGlobalHold, saveGlobalHold } from '../store/holds.ts'
import { notifyChanges } from '../store/notify.ts'
import { lineOf } from './line-of.ts'
import type { UnitOfWork } from './unit-of-work.ts'

type CommandEvent = Extract<Event, { type: 'question.answered' | 'commands.received' }>

/** Takes from an event what it says about the repository's cord; the event, with what was held around the pipelines before. */
export async function putRepositoryHold<E extends CommandEvent>(ledger: UnitOfWork, event: E): Promise<E> {
  const row = ledger.repositories.get(String(event.repository.id))
  const given = authorizedCommandsIn(event, lineOf(ledger, event))
  if (row === null || given === null) return event
  const outerHolds = { repository: row.holdOrRelease, everything: await ledger.globalHold() }
  const holdOrRelease = repositoryHoldsAndReleases(given).reduce<HoldOrRelease | null>(
    latestHoldOrRelease,
    row.holdOrRelease,
  )
  if (holdOrRelease !== row.holdOrRelease) ledger.repositories.put({ ...row, holdOrRelease, holdFanOutCursor: 0 })
  return { ...event, outerHolds }
}

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
