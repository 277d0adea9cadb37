// What stands at the head of the board. No reader counts for itself.
import { type ExpressionBuilder, sql } from 'kysely'
import type { Health, Light } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { healthAt, IS_HELD, IS_OPEN, isNeedingYou, selectVisible } from './board-columns.ts'
import type { Transaction } from './database.ts'
import type { Tables } from './tables.ts'
import { isVisible, type VisiblePlace } from './visible-repositories.ts'

/**
 * Of the pipelines that have not ended. Each is counted once at its light; the others are counted apart. `mistaken` files
 * count as needing a person too; `moving` pipelines run and need nobody.
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

type Columns = ExpressionBuilder<Tables, 'pipelines' | 'repositories'>

export async function countBoard(trx: Transaction, place: VisiblePlace, now: Instant): Promise<BoardCounts> {
  const count = (eb: Columns) => eb.fn.countAll<number>()
  const ofLight = (light: Light) => (eb: Columns) => count(eb).filterWhere('pipelines.light', '=', light).as(light)
  const ofHealth = (health: Health) => (eb: Columns) =>
    count(eb)
      .filterWhere(sql<boolean>`${healthAt(now)} = ${health}`)
      .as(health)
  const counts = await selectVisible(trx, place)
    .select([ofLight('running'), ofLight('review'), ofLight('queued'), ofLight('failed')])
    .select([ofHealth('stalled'), ofHealth('stale'), ofHealth('unknown')])
    .select((eb) => [
      count(eb).as('open'),
      count(eb).filterWhere(IS_HELD).as('held'),
      count(eb).filterWhere(isNeedingYou(now)).as('needsYou'),
      count(eb)
        .filterWhere(sql<boolean>`pipelines.light = 'running' and not ${isNeedingYou(now)}`)
        .as('moving'),
    ])
    .where(IS_OPEN)
    .executeTakeFirstOrThrow()
  const { mistaken } = await trx
    .selectFrom('repositories')
    .select((eb) => eb.fn.countAll<number>().as('mistaken'))
    .where(isVisible(place))
    .where(sql<boolean>`configuration_problems <> '[]'`)
    .executeTakeFirstOrThrow()
  return { ...counts, mistaken, needsYou: counts.needsYou + mistaken }
}

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
