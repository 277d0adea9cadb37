// What the pages, the JSON, the stream and the metrics read. Counts and rows come from one snapshot of the database and
// from one definition, the columns of `pipelines`; no reader counts for itself.
import { type SqlBool, sql } from 'kysely'
import type { KnownAccessProblem } from '../pipeline/model/access.ts'
import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { ActiveHold, OuterHolds } from '../pipeline/model/hold.ts'
import type { Light, Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { AWAITS_FILE, IS_HELD, IS_OPEN, selectVisible } from './board-columns.ts'
import { type BoardActivity, type BoardCounts, countBoard, loadActivity } from './board-counts.ts'
import {
  type BoardOrder,
  type BoardSelection,
  isAfter,
  isAfterStored,
  isFiltered,
  isSelected,
  SECONDS,
  sortKeysOf,
} from './board-filter.ts'
import { listRepositoryCounts, type RepositoryCounts } from './board-repositories.ts'
import { displacedIds } from './board-states.ts'
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts'
import type { Database, Transaction } from './database.ts'
import { listHeldPlaces } from './holds.ts'
import { type InvalidConfigFile, listInvalidConfigFiles } from './invalid-config-files.ts'
import {
  accessProblemsColumn,
  isKeptOut,
  type ListedAccessProblem,
  listAccessProblems,
} from './shown-access-problems.ts'
import { isVisible, resolvePlace, type VisiblePlace } from './visible-repositories.ts'

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
  /** Until when its light counts as known; null where nothing at GitHub decides it. */
  readonly knownUntil: Instant | null
  /** What GitHub refuses here now, and whether that keeps the pipeline from going on. */
  readonly accessProblems: readonly KnownAccessProblem[]
  readonly keptOut: boolean
  /** It waits for a version of its repository's file without mistakes. */
  readonly awaitsFile: boolean
  readonly pipeline: Pipeline
  readonly updatedAt: Instant
}

export type BoardQuery = VisiblePlace &
  BoardSelection & {
    readonly order?: BoardOrder
    /** A cursor from `next`; any other text throws InvalidCursor. */
    readonly after?: string
    readonly limit?: number
  }

export type Board = BoardActivity & {
  readonly counts: BoardCounts
  /** How many rows there are on all pages. */
  readonly matched: number
  readonly rows: readonly StoredPipeline[]
  readonly next: string | null
  /** With their counts, where rows are ordered by repository. */
  readonly repositories: readonly RepositoryCounts[]
  readonly asOf: Instant
  /** The operator's hold, and the holds on visible repositories. */
  readonly holds: readonly ActiveHold[]
  /** Visible repositories whose file has mistakes; its last valid version applies. */
  readonly invalidConfigFiles: readonly InvalidConfigFile[]
  /** What GitHub refuses now: of the App, and in visible repositories. */
  readonly accessProblems: readonly ListedAccessProblem[]
}

export const PAGE_SIZE = 200

/** Reads the board: pipelines that need a person first, then by light, the oldest of a light first. */
export async function loadBoard({ kysely }: Database, asked: BoardQuery, now: Instant): Promise<Board> {
  const after = asked.after === undefined ? null : decodeCursor(asked.after)
  const limit = asked.limit ?? PAGE_SIZE
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const { repository: _, ...selection } = asked
      const query = { ...selection, ...(await resolvePlace(trx, asked)) }
      const rows = await listPipelines(trx, query, after, limit + 1, now)
      const last = rows.length > limit ? rows[limit - 1] : undefined
      const counts = await countBoard(trx, query, now)
      return {
        counts,
        matched: isFiltered(query) ? await countSelected(trx, query, now) : counts.open,
        rows: rows.slice(0, limit).map(toStoredPipeline),
        next: last === undefined ? null : encodeCursor(last),
        repositories: query.order === 'repository' ? await listRepositoryCounts(trx, query, null, now) : [],
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
  'pipelines.knownUntil',
  'pipelines.document as pipeline',
  'pipelines.updatedAt',
  IS_HELD.as('held'),
  AWAITS_FILE.as('awaitsFile'),
  OUTER_HOLDS.as('outerHolds'),
] as const

/** Which rows and in which order is decided from an index alone; then only those are read whole. */
function listPipelines(trx: Transaction, query: BoardQuery, after: Cursor | null, limit: number, now: Instant) {
  const isStored = (query.order ?? 'urgency') === 'urgency' && !isFiltered(query)
  const listed = isStored
    ? listInStoredOrder(trx, query, after, limit, now)
    : listInOrder(trx, query, after, limit, now)
  return trx
    .with('listed', () => listed)
    .selectFrom('listed')
    .innerJoin('pipelines', 'pipelines.id', 'listed.id')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .select([...columnsAt(now), 'listed.group', 'listed.rank', 'listed.position'])
    .orderBy('listed.group')
    .orderBy('listed.rank')
    .orderBy('listed.position')
    .orderBy('pipelines.id')
    .execute()
}

function listInOrder(trx: Transaction, query: BoardQuery, after: Cursor | null, limit: number, now: Instant) {
  const { order = 'urgency' } = query
  const { group, rank, position } = sortKeysOf(order, now)
  return selectVisible(trx, query)
    .select(['pipelines.id', group.as('group'), rank.as('rank'), position.as('position')])
    .where(isSelected(query, now))
    .where(after === null ? sql<SqlBool>`true` : isAfter(after, order, now))
    .orderBy('group')
    .orderBy('rank')
    .orderBy('position')
    .orderBy('pipelines.id')
    .limit(limit)
}

/** By urgency, from the index in its order: none but the displaced are sorted. */
function listInStoredOrder(trx: Transaction, query: BoardQuery, after: Cursor | null, limit: number, now: Instant) {
  const stored = selectVisible(trx, query)
    .select(['pipelines.id', sql<string>`''::text`.as('group'), 'pipelines.urgency as rank', SECONDS.as('position')])
    .where(IS_OPEN)
    .where(sql<SqlBool>`pipelines.id not in (select id from displaced)`)
    .where(after === null ? sql<SqlBool>`true` : isAfterStored(after))
    .orderBy('pipelines.urgency')
    .orderBy('pipelines.since')
    .orderBy('pipelines.id')
    .limit(limit)
  const displaced = listInOrder(trx, query, after, limit, now).where(
    sql<SqlBool>`pipelines.id in (select id from displaced)`,
  )
  const union = sql<{ id: number; group: string; rank: number; position: number }>`
    (with displaced as materialized (${displacedIds(query, now)}) (${stored}) union all (${displaced}))`
  return trx
    .selectFrom(union.as<'both'>('both'))
    .select(['id', 'group', 'rank', 'position'])
    .orderBy('rank')
    .orderBy('position')
    .orderBy('id')
    .limit(limit)
}

async function countSelected(trx: Transaction, query: BoardQuery, now: Instant): Promise<number> {
  const { matched } = await selectVisible(trx, query)
    .select((eb) => eb.fn.countAll<number>().as('matched'))
    .where(isSelected(query, now))
    .executeTakeFirstOrThrow()
  return matched
}

function toStoredPipeline(row: StoredPipeline): StoredPipeline {
  const { id, repository, revision, held, outerHolds, light, stage, since, needsYouAt, knownUntil } = row
  const { accessProblems, keptOut, awaitsFile, pipeline, updatedAt } = row
  const shown = {
    light,
    stage,
    since,
    needsYouAt,
    knownUntil,
    accessProblems,
    keptOut,
    awaitsFile,
    pipeline,
    updatedAt,
  }
  return { id, repository, revision, held, outerHolds, ...shown }
}
