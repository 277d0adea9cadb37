// What stands at the head of the board. No reader counts for itself.
import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { healthAt, IS_HELD, IS_MISTAKEN_ALONE, isNeedingYou, selectVisible } from './board-columns.ts'
import { openPipelines } from './board-states.ts'
import type { Transaction } from './database.ts'
import { ACTIVE_LIGHTS } from './holds.ts'
import { isVisible, type VisiblePlace } from './visible-repositories.ts'

/**
 * Of the pipelines that have not ended. Each is counted once at its light; the others are counted apart. `mistaken` files
 * count as needing a person too, unless a pipeline waits for the file and is counted for it: one need counts once.
 * `moving` pipelines run as far as is known, and need nobody.
 */
export type BoardCounts = Readonly<
  Record<
    | 'running'
    | 'review'
    | 'queued'
    | 'failed'
    | 'held'
    | 'stalled'
    | 'stale'
    | 'unknown'
    | 'mistaken'
    | 'needsYou'
    | 'moving'
    | 'open',
    number
  >
>

export async function countBoard(trx: Transaction, place: VisiblePlace, now: Instant): Promise<BoardCounts> {
  // What a row means is computed once for each row: `offset 0` keeps the planner from repeating it in every count.
  const { rows } = await sql<Omit<BoardCounts, 'mistaken'>>`
    select ${sql.join([
      ...ACTIVE_LIGHTS.map((light) => countOf(light, sql`light = ${light}`)),
      ...(['stalled', 'stale', 'unknown'] as const).map((health) => countOf(health, sql`health = ${health}`)),
      countOf('open', sql`true`),
      countOf('held', sql`is_held`),
      countOf('needsYou', sql`is_needy`),
      countOf('moving', sql`light = 'running' and not is_needy and health <> 'unknown'`),
    ])}
    from (
      select light, alike, ${healthAt(now)} as health, ${IS_HELD} as is_held, ${isNeedingYou(now)} as is_needy
      from ${openPipelines(now)} as pipelines join repositories on repositories.id = pipelines.repository_id
      where ${isVisible(place)} offset 0) as open`.execute(trx)
  const [counts] = rows
  if (counts === undefined) throw new Error('a count without groups is one row')
  const { mistaken } = await trx
    .selectFrom('repositories')
    .select((eb) => eb.fn.countAll<number>().as('mistaken'))
    .where(isVisible(place))
    .where(IS_MISTAKEN_ALONE)
    .executeTakeFirstOrThrow()
  return { ...counts, mistaken, needsYou: counts.needsYou + mistaken }
}

const countOf = (name: string, which: RawBuilder<unknown>) =>
  sql`coalesce(sum(alike) filter (where ${which}), 0)::integer as ${sql.ref(name)}`

/** What has happened lately. */
export type BoardActivity = {
  readonly doneToday: number
  readonly lastDeliveryAt: Instant | null
  readonly failedDeliveries: number
}

export async function loadActivity(trx: Transaction, place: VisiblePlace, now: Instant): Promise<BoardActivity> {
  const midnight = `${now.slice(0, 10)}T00:00:00.000Z`
  const done = await selectVisible(trx, place)
    .select((eb) => eb.fn.countAll<number>().as('doneToday'))
    .where('pipelines.light', '=', 'done')
    .where('pipelines.since', '>=', midnight)
    .executeTakeFirstOrThrow()
  const { rows } = await (place.visible === 'all' ? EVERY_DELIVERY : deliveriesAbout(place.visible)).execute(trx)
  return { ...done, lastDeliveryAt: rows[0]?.last ?? null, failedDeliveries: rows[0]?.failed ?? 0 }
}

type DeliveryActivity = { readonly last: Instant | null; readonly failed: number }

const EVERY_DELIVERY = sql<DeliveryActivity>`
  select (select received_at from deliveries order by received_at desc limit 1) as last,
    (select count(*) from deliveries where state = 'failed') as failed`

/** Deliveries about other repositories would tell that something happens there. */
const deliveriesAbout = (visible: readonly number[]) => sql<DeliveryActivity>`
  select (select max(newest.received_at) from unnest(${visible}::bigint[]) as seen (id), lateral (
      select received_at from deliveries where repository_id = seen.id order by received_at desc limit 1) as newest) as last,
    (select count(*) from deliveries where state = 'failed' and repository_id = any (${visible}::bigint[])) as failed`
