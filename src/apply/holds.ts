// The operator's hold on everything is written under the lock of its own row. Pipelines are not written here: outer
// holds are read whenever they are needed, and the watchdog wakes the pipelines in batches, so that GitHub shows the
// change.

import type { PressedControl } from '../advance/change.ts'
import { holdOrReleaseResult, whyNotUntil } from '../pipeline/commands/hold-or-release.ts'
import { withoutEndedHold } from '../pipeline/holds/holds.ts'
import type { AnsweredCommand } from '../pipeline/model/command-result.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from '../store/database.ts'
import { lockEndedRepositoryHolds, lockGlobalHold, saveGlobalHold, saveRepositoryHold } from '../store/holds.ts'
import { notifyChange } from '../store/notify.ts'
import { answerPress, insertPress } from '../store/presses.ts'

/** Holds everything, or releases it (`reason` is null); resolves to the result of the operator's command. */
export async function setGlobalHold(
  o: { readonly database: Database; readonly now: () => Instant },
  {
    by,
    reason,
    until = null,
  }: { readonly by: string; readonly reason: string | null; readonly until?: Instant | null },
): Promise<AnsweredCommand> {
  const id = reason === null ? 'resume --all' : 'hold --all'
  return await o.database.kysely
    .transaction()
    .execute((trx) => changeGlobalHold(trx, { by, reason, until, since: o.now(), id }))
}

/** The same by an operator on the board: a press that comes again changes nothing. */
export async function pressGlobalHold(
  database: Database,
  press: PressedControl,
  { reason, until }: { readonly reason: string | null; readonly until: Instant | null },
): Promise<void> {
  const { id, login: by, at, text } = press
  await database.kysely.transaction().execute(async (trx) => {
    if (!(await insertPress(trx, press))) return
    const { outcome, answer } = await changeGlobalHold(trx, { by, reason, until, since: at, id: `board/${id}` })
    await answerPress(trx, id, [{ kind: outcome, text, issueNumber: null, answer }], at)
  })
}

async function changeGlobalHold(
  trx: Transaction,
  o: Pick<HoldOrRelease, 'by' | 'reason' | 'since'> & { readonly until: Instant | null; readonly id: string },
): Promise<AnsweredCommand> {
  const { by, reason, since, until, id } = o
  const previous = withoutEndedHold(await lockGlobalHold(trx), since)
  const evidence = { kind: 'command', id, at: since } as const
  const next: HoldOrRelease = {
    ...{ place: { kind: 'everything' }, by, reason, since, evidence },
    ...(until !== null && { until }),
  }
  const result = whyNotUntil(next) ?? holdOrReleaseResult(previous, next, [])
  if (result.outcome !== 'done') return result
  await saveGlobalHold(trx, next)
  await notifyChange(trx, 'everything')
  return result
}

/** Takes off the holds on repositories and on everything whose end has come; resolves to how many. */
export async function endHolds(o: { readonly database: Database; readonly now: () => Instant }): Promise<number> {
  const now = o.now()
  return await o.database.kysely.transaction().execute(async (trx) => {
    const repositories = await lockEndedRepositoryHolds(trx, now, HOLDS_AT_ONCE)
    for (const { id, holdOrRelease } of repositories)
      await saveRepositoryHold(trx, id, withoutEndedHold(holdOrRelease, now))
    const everything = await lockGlobalHold(trx)
    const left = withoutEndedHold(everything, now)
    if (left !== everything) await saveGlobalHold(trx, left)
    const ended = repositories.length + Number(left !== everything)
    if (ended > 0) await notifyChange(trx, 'everything')
    return ended
  })
}

const HOLDS_AT_ONCE = 200
