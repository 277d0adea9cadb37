// What the pages, the JSON, the stream and the metrics read. Counts and rows come from one snapshot of the database and
// from one definition, the columns of `pipelines`; no reader counts for itself.
import { type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { KnownAccessProblem } from '../pipeline/model/access.ts'
import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { ActiveHold, OuterHolds } from '../pipeline/model/hold.ts'
import type { Light, Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts'
import type { Database, Transaction } from './database.ts'
import { ACTIVE_LIGHTS, listHeldPlaces } from './holds.ts'
import { type InvalidConfigFile, listInvalidConfigFiles } from './invalid-config-files.ts'
import {
  accessProblemsColumn,
  isKeptOut,
  type ListedAccessProblem,
  listAccessProblems,
} from './shown-access-problems.ts'
import type { Tables } from './tables.ts'
import { isVisible, type VisiblePlace } from './visible-repositories.ts'

/** A pipeline as it is stored, with its repository's current name. */
export type StoredPipeline = {
  readonly id: number
  readonly repository: string
  readonly revision: number
  /** Its own hold, its repository's or the operator's applies, and a stage is live or has failed. */
  readonly held: boolean
  readonly outerHolds: OuterHolds
  readonly light: Light
  readonly stage: string
  readonly since: Instant
  /** From when on a person is needed if nothing changes; null for never. */
  readonly needsYouAt: Instant | null
  /** What GitHub refuses here now, and whether that keeps the pipeline from going on. */
  readonly accessProblems: readonly KnownAccessProblem[]
  readonly keptOut: boolean
  readonly pipeline: Pipeline
  readonly updatedAt: Instant
}

export type BoardCounts = Record<'running' | 'review' | 'queued' | 'failed' | 'held' | 'needsYou', number>

export type BoardQuery = VisiblePlace & {
  /** Lights to list; without it, every pipeline that has not ended. */
  readonly lights?: readonly Light[]
  /** A cursor from `next`; any other text throws InvalidCursor. */
  readonly after?: string
  readonly limit?: number
}

export type Board = {
  readonly counts: BoardCounts
  readonly rows: readonly StoredPipeline[]
  readonly next: string | null
  readonly asOf: Instant
  readonly doneToday: number
  readonly lastDeliveryAt: Instant | null
  readonly failedDeliveries: number
  /** The operator's hold, and the holds on visible repositories. */
  readonly holds: readonly ActiveHold[]
  /** Visible repositories whose file has mistakes; its last valid version applies. */
  readonly invalidConfigFiles: readonly InvalidConfigFile[]
  /** What GitHub refuses now: of the App, and in visible repositories. */
  readonly accessProblems: readonly ListedAccessProblem[]
}

const PAGE_SIZE = 200

/** Reads the board: pipelines that need a person first, then by light, the oldest of a light first. */
export async function loadBoard({ kysely }: Database, query: BoardQuery, now: Instant): Promise<Board> {
  const after = query.after === undefined ? null : decodeCursor(query.after)
  const limit = query.limit ?? PAGE_SIZE
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const rows = await listPipelines(trx, query, after, limit + 1, now)
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        counts: await countLights(trx, query, now),
        rows: rows.slice(0, limit).map(toStoredPipeline),
        next: last === undefined ? null : encodeCursor(last),
        asOf: now,
        ...(await loadActivity(trx, query, now)),
        holds: await listHeldPlaces(trx, isVisible(query)),
        invalidConfigFiles: await listInvalidConfigFiles(trx, isVisible(query)),
        accessProblems: await listAccessProblems(trx, isVisible(query), now),
      }
    })
}

/** One issue's pipeline; null when the issue is not on the line. */
export async function loadStoredPipeline(
  { kysely }: Database,
  place: VisiblePlace,
  issueNumber: number,
  now: Instant,
): Promise<StoredPipeline | null> {
  const row = await selectVisible(kysely, place)
    .select(columnsAt(now))
    .where('pipelines.issueNumber', '=', issueNumber)
    // Names are reused: the repository updated last has it now.
    .orderBy('repositories.updatedAt', (order) => order.desc().nullsLast())
    .executeTakeFirst()
  return row === undefined ? null : toStoredPipeline(row)
}

/** The newest entries first. */
export async function loadHistory(
  { kysely }: Database,
  pipelineId: number,
  limit = PAGE_SIZE,
): Promise<readonly HistoryEntry[]> {
  return kysely
    .selectFrom('history')
    .select(['at', 'type', 'actor', 'detail as change', 'evidence'])
    .where('pipelineId', '=', pipelineId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

// One definition for rows, counts and metrics: a pipeline that is done or idle has nothing that a hold could keep from
// starting.
const HELD = sql<boolean>`(pipelines.light = any (${ACTIVE_LIGHTS}::text[]) and (pipelines.held
  or repositories.hold_or_release ->> 'reason' is not null
  or exists (select from global_hold where global_hold.hold_or_release ->> 'reason' is not null)))`
/** An idle pipeline that has not ended needs a person, now or later. */
const IS_OPEN = sql<SqlBool>`(pipelines.light = any (${ACTIVE_LIGHTS}::text[]) or pipelines.needs_you_at is not null)`
const OUTER_HOLDS = sql<OuterHolds>`jsonb_build_object('repository', repositories.hold_or_release,
  'everything', (select global_hold.hold_or_release from global_hold))`

const columnsAt = (now: Instant) =>
  [...COLUMNS, accessProblemsColumn(now).as('accessProblems'), isKeptOut(now).as('keptOut')] as const

const COLUMNS = [
  'pipelines.id',
  'repositories.fullName as repository',
  'pipelines.revision',
  'pipelines.light',
  'pipelines.stage',
  'pipelines.since',
  'pipelines.needsYouAt',
  'pipelines.document as pipeline',
  'pipelines.updatedAt',
  HELD.as('held'),
  OUTER_HOLDS.as('outerHolds'),
] as const

function selectVisible(kysely: Database['kysely'] | Transaction, query: VisiblePlace) {
  return kysely
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .where(isVisible(query))
}

type Columns = ExpressionBuilder<Tables, 'pipelines' | 'repositories'>

const isNeedingYou = (now: Instant) =>
  sql<boolean>`(${HELD} or ${isKeptOut(now)} or coalesce(pipelines.needs_you_at <= ${now}, false))`
const LIGHT_ORDER = sql<number>`array_position(array['failed','review','running','queued','done','idle'], pipelines.light)`

function listPipelines(trx: Transaction, query: BoardQuery, after: Cursor | null, limit: number, now: Instant) {
  const urgency = sql<number>`case when ${isNeedingYou(now)} then 0 else 1 end`
  return selectVisible(trx, query)
    .select([...columnsAt(now), urgency.as('urgency'), LIGHT_ORDER.as('lightOrder')])
    .where(query.lights === undefined ? IS_OPEN : sql<SqlBool>`pipelines.light = any (${query.lights}::text[])`)
    .$if(after !== null, (rows) =>
      rows.where(
        sql<SqlBool>`(${urgency}, ${LIGHT_ORDER}, pipelines.since, pipelines.id)
          > (${after?.urgency}::integer, ${after?.lightOrder}::integer, ${after?.since}::timestamptz, ${after?.id}::bigint)`,
      ),
    )
    .orderBy('urgency')
    .orderBy('lightOrder')
    .orderBy('pipelines.since')
    .orderBy('pipelines.id')
    .limit(limit)
    .execute()
}

async function countLights(trx: Transaction, query: BoardQuery, now: Instant): Promise<BoardCounts> {
  const countOf = (light: Light) => (eb: Columns) => eb.fn.countAll<number>().filterWhere('pipelines.light', '=', light)
  return selectVisible(trx, query)
    .select((eb) => [
      countOf('running')(eb).as('running'),
      countOf('review')(eb).as('review'),
      countOf('queued')(eb).as('queued'),
      countOf('failed')(eb).as('failed'),
      eb.fn.countAll<number>().filterWhere(HELD).as('held'),
      eb.fn.countAll<number>().filterWhere(isNeedingYou(now)).as('needsYou'),
    ])
    .executeTakeFirstOrThrow()
}

async function loadActivity(trx: Transaction, query: BoardQuery, now: Instant) {
  const midnight = `${now.slice(0, 10)}T00:00:00.000Z`
  const done = await selectVisible(trx, query)
    .select((eb) => eb.fn.countAll<number>().as('doneToday'))
    .where('pipelines.light', '=', 'done')
    .where('pipelines.since', '>=', midnight)
    .executeTakeFirstOrThrow()
  const { rows } = await (query.visible === 'all' ? EVERY_DELIVERY : deliveriesAbout(query.visible)).execute(trx)
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

function toStoredPipeline(row: StoredPipeline): StoredPipeline {
  const { id, repository, revision, held, outerHolds, light, stage, since, needsYouAt, pipeline, updatedAt } = row
  const { accessProblems, keptOut } = row
  const shown = { light, stage, since, needsYouAt, accessProblems, keptOut, pipeline, updatedAt }
  return { id, repository, revision, held, outerHolds, ...shown }
}
