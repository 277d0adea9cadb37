// Words about the cord around the pipelines: a repository's is written under the lock of its row, the operator's under
// that of its own. Pipelines are not written here: what is held around them is looked up whenever it is asked for, and
// the watchdog has them woken, some at a time, so that what GitHub shows of them follows.

import { givenIn } from '../pipeline/commands/authorized-commands.ts'
import { answerTo, repositoryWords } from '../pipeline/commands/hold-or-release.ts'
import { lastWord } from '../pipeline/holds/holds.ts'
import type { Said } from '../pipeline/model/command-result.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { CordWord } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { lockEverything, saveEverything } from '../store/holds.ts'
import { notify } from '../store/notify.ts'
import { lineOf } from './line-of.ts'
import type { Ledger } from './unit-of-work.ts'

type Heard = Extract<Event, { type: 'answered' | 'command.given' }>

/** Takes from an event what it says about the repository's cord; the event, with what was held around the pipelines before. */
export async function noteCord<E extends Heard>(ledger: Ledger, event: E): Promise<E> {
  const row = ledger.repositories.get(String(event.repository.id))
  const given = givenIn(event, lineOf(ledger, event))
  if (row === null || given === null) return event
  const around = { repository: row.cord, everything: await ledger.everything() }
  const cord = repositoryWords(given).reduce<CordWord | null>(lastWord, row.cord)
  if (cord !== row.cord) ledger.repositories.put({ ...row, cord, cordToldUpTo: 0 })
  return { ...event, around }
}

/** The operator pulls everybody's cord, or lets go of it (`why` is null); resolves to what came of it. */
export async function sayOfEverything(
  o: { readonly database: Database; readonly now: () => Instant },
  { by, why }: { readonly by: string; readonly why: string | null },
): Promise<Said> {
  return await o.database.kysely.transaction().execute(async (trx) => {
    const known = await lockEverything(trx)
    const since = o.now()
    const evidence = { kind: 'command', id: why === null ? 'resume --all' : 'hold --all', at: since } as const
    const word: CordWord = { place: { kind: 'everything' }, by, why, since, evidence }
    const said = answerTo(known, word, [])
    if (said.outcome === 'done') {
      await saveEverything(trx, word)
      await notify(trx, [])
    }
    return said
  })
}
