// The sweep of GitHub's log: whose turn it is, how far it has come, and what it has found. A claim expires by itself, and
// only the process with its token may save.
import { randomUUID } from 'node:crypto'
import { type Selectable, sql, type Updateable } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { allColumns } from './all-columns.ts'
import type { Database, Transaction } from './database.ts'
import type { RepairTables } from './repair-tables.ts'

export type SweepRow = Selectable<RepairTables['sweeps']>
export type ClaimedSweep = SweepRow & { readonly claimToken: string }
export type SweepChange = Omit<Updateable<RepairTables['sweeps']>, 'appId' | 'claimToken' | 'claimedUntil'>

/** Longer than the requests and commits of one turn may take. */
const CLAIM_MS = 60_000
/** None of these moments lies further ahead, unless the clock was set back. */
const LONGEST_REST_MS = 6 * 60_000
const LONGEST_BLOCK_MS = 65 * 60_000

export const SWEEP_COLUMNS = allColumns<SweepRow>({
  appId: true,
  hookId: true,
  dueAt: true,
  blockedUntil: true,
  claimToken: true,
  claimedUntil: true,
  nextScanAt: true,
  scan: true,
  sweptUntil: true,
  scannedAt: true,
  calls: true,
  callsAt: true,
  failingSince: true,
  error: true,
  cutOffFrom: true,
  cutOffUntil: true,
  cutOffAt: true,
  cutOffReconciledAt: true,
})

/** Claims the App's sweep if something of it is due and no other process has it; null otherwise. */
export async function claimSweep({ kysely }: Database, appId: number, now: Instant): Promise<ClaimedSweep | null> {
  const claim = { claimToken: randomUUID(), claimedUntil: millisecondsAfter(now, CLAIM_MS) }
  const isDue = sql<boolean>`(
    (sweeps.due_at <= ${now} or sweeps.due_at > ${millisecondsAfter(now, LONGEST_REST_MS)})
    and (sweeps.blocked_until <= ${now} or sweeps.blocked_until > ${millisecondsAfter(now, LONGEST_BLOCK_MS)})
    and (sweeps.claimed_until <= ${now} or sweeps.claimed_until > ${millisecondsAfter(now, CLAIM_MS)}))`
  // Asked at every step of a loop: a conflict would lock the row, so what is not due is not even inserted.
  const row = await kysely
    .insertInto('sweeps')
    .columns(['appId', 'claimToken', 'claimedUntil'])
    .expression(sql`select ${appId}::bigint, ${claim.claimToken}::uuid, ${claim.claimedUntil}::timestamptz
      where not exists (select from sweeps where app_id = ${appId} and not ${isDue})`)
    .onConflict((conflict) => conflict.column('appId').doUpdateSet(claim).where(isDue))
    .returning(SWEEP_COLUMNS)
    .executeTakeFirst()
  return row === undefined ? null : { ...row, claimToken: claim.claimToken }
}

/** Saves what a turn came to; false if the claim was lost, and then nothing is saved. */
export async function saveSweep(
  { kysely }: Pick<Database, 'kysely'>,
  { appId, claimToken }: Pick<ClaimedSweep, 'appId' | 'claimToken'>,
  change: SweepChange,
): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable('sweeps')
    .set({ ...change, claimToken: null, claimedUntil: sql<Instant>`'-infinity'` })
    .where('appId', '=', appId)
    .where('claimToken', '=', claimToken)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Lets the App's log be read from its top now, unless GitHub asked to wait. */
export async function bringSweepForward({ kysely }: Database, appId: number, now: Instant): Promise<void> {
  await kysely
    .updateTable('sweeps')
    .set({ dueAt: now, nextScanAt: now })
    .where('appId', '=', appId)
    .where('nextScanAt', '>', now)
    .execute()
}

/** Which of the GUIDs are in the inbox. With `hookId` null, of whatever hook. Deliveries without one came through a proxy. */
export async function findInInbox(
  { kysely }: Database,
  hookId: number | null,
  guids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (guids.length === 0) return new Set()
  const rows = await kysely
    .selectFrom('deliveries')
    .select('guid')
    .where('guid', 'in', guids)
    .$if(hookId !== null, (all) => all.where('hookId', 'in', [0, hookId ?? 0]))
    .execute()
  return new Set(rows.map(({ guid }) => guid))
}

/** When the oldest delivery of the inbox was received; null while it is empty. */
export async function findFirstReceivedAt({ kysely }: Database): Promise<Instant | null> {
  const row = await kysely
    .selectFrom('deliveries')
    .select('receivedAt')
    .orderBy('receivedAt')
    .limit(1)
    .executeTakeFirst()
  return row?.receivedAt ?? null
}

/** A delivery that is missing, as the log lists it. */
export type NewMissedDelivery = Pick<
  RepairTables['missedDeliveries'],
  'guid' | 'logId' | 'name' | 'action' | 'installationId' | 'repositoryId' | 'deliveredAt'
>

/** Notes what is missing; what was noted before stays as it is. */
export async function insertMissedDeliveries(
  trx: Transaction,
  found: { readonly appId: number; readonly foundAt: Instant; readonly now: Instant },
  deliveries: readonly NewMissedDelivery[],
): Promise<void> {
  if (deliveries.length === 0) return
  const { appId, foundAt, now } = found
  await trx
    .insertInto('missedDeliveries')
    .values(deliveries.map((delivery) => ({ ...delivery, appId, foundAt, dueAt: now })))
    // A page may list several attempts to deliver the same.
    .onConflict((conflict) => conflict.columns(['appId', 'guid']).doNothing())
    .execute()
}

export type DueMissedDelivery = Pick<RepairTables['missedDeliveries'], 'guid' | 'logId' | 'name' | 'deliveredAt'> & {
  readonly tries: number
  readonly misses: number
}

/** What is to be fetched next: in the order of `names` if given, the oldest first. */
export async function listDueMissedDeliveries(
  { kysely }: Database,
  o: { readonly appId: number; readonly now: Instant; readonly limit: number; readonly names: readonly string[] },
): Promise<readonly DueMissedDelivery[]> {
  return await kysely
    .selectFrom('missedDeliveries')
    .select(['guid', 'logId', 'name', 'deliveredAt', 'tries', 'misses'])
    .where('appId', '=', o.appId)
    .where('state', '=', 'due')
    .where('dueAt', '<=', o.now)
    .orderBy(sql`coalesce(array_position(${[...o.names]}::text[], name), 0)`)
    .orderBy('deliveredAt')
    .orderBy(sql`length(log_id)`)
    .orderBy('logId')
    .limit(o.limit)
    .execute()
}

/** How many can be fetched now, and when the next of all that are missing can. */
export async function countDueMissedDeliveries(
  { kysely }: Database,
  appId: number,
  now: Instant,
): Promise<{ readonly count: number; readonly nextDueAt: Instant | null }> {
  const row = await kysely
    .selectFrom('missedDeliveries')
    .select(({ fn }) => [
      sql<number>`(count(*) filter (where due_at <= ${now}))::integer`.as('count'),
      fn.min('dueAt').as('nextDueAt'),
    ])
    .where('appId', '=', appId)
    .where('state', '=', 'due')
    .executeTakeFirst()
  return { count: row?.count ?? 0, nextDueAt: row?.nextDueAt ?? null }
}

/** Counts a try, before it is made. */
export async function countTries({ kysely }: Database, appId: number, guids: readonly string[]): Promise<void> {
  if (guids.length === 0) return
  await kysely
    .updateTable('missedDeliveries')
    .set({ tries: sql<number>`tries + 1` })
    .where('appId', '=', appId)
    .where('guid', 'in', guids)
    .execute()
}

export type MissedDeliveryChange = Pick<
  Updateable<RepairTables['missedDeliveries']>,
  'state' | 'misses' | 'dueAt' | 'endedAt' | 'error'
>

export async function updateMissedDelivery(
  { kysely }: Database,
  { appId, guid }: { readonly appId: number; readonly guid: string },
  change: MissedDeliveryChange,
): Promise<void> {
  await kysely
    .updateTable('missedDeliveries')
    .set(change)
    .where('appId', '=', appId)
    .where('guid', '=', guid)
    .where('state', '=', 'due')
    .execute()
}
