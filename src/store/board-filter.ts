// Which rows of the board, and in which order.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Health, Light } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { healthAt, IS_OPEN, isNeedingYou, rankAt } from './board-columns.ts'
import type { Cursor } from './cursor.ts'

export type BoardSelection = {
  /** Lights to list; without it, every pipeline that has not ended. */
  readonly lights?: readonly Light[]
  readonly healths?: readonly Health[]
  /** Part of a title or of a repository's name, in any case, or an issue's number. */
  readonly search?: string
  /** Only what needs a person; with a login, only where that user is concerned. */
  readonly needs?: { readonly login: string | null }
}

/** By urgency; by since when they have their light; or by repository, then by urgency. */
export type BoardOrder = 'urgency' | 'newest' | 'oldest' | 'repository'

/** Whether it lists something else than every pipeline that has not ended. */
export function isFiltered({ lights, healths, search, needs }: BoardSelection): boolean {
  return [lights, healths, search, needs].some((condition) => condition !== undefined)
}

/** Condition on `pipelines` and `repositories`. */
export function isSelected({ lights, healths, search, needs }: BoardSelection, now: Instant): RawBuilder<SqlBool> {
  const conditions = [
    lights === undefined ? IS_OPEN : sql`pipelines.light = any (${lights}::text[])`,
    ...(healths === undefined ? [] : [sql`${healthAt(now)} = any (${healths}::text[])`]),
    ...(search === undefined ? [] : [isFound(search)]),
    ...(needs === undefined ? [] : [isNeedingYou(now)]),
    ...(needs?.login ? [sql`${needs.login.toLowerCase()} = any (pipelines.people)`] : []),
  ]
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`
}

function isFound(search: string): RawBuilder<SqlBool> {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`
  const number = /^#?(\d{1,9})$/.exec(search)?.[1] ?? null
  return sql<SqlBool>`(pipelines.title ilike ${pattern} or repositories.full_name ilike ${pattern}
    or pipelines.issue_number = ${number}::integer)`
}

/** The position of what is open, by urgency. */
export const SECONDS = sql<number>`extract(epoch from pipelines.since)::float8`

/** What rows are ordered by; the cursor is these values of a row. */
export function sortKeysOf(order: BoardOrder, now: Instant) {
  const isByTime = order === 'newest' || order === 'oldest'
  // Of what is over, people ask for the latest.
  const oldestFirst = sql`case when pipelines.light = 'done' and pipelines.needs_you_at is null then -${SECONDS} else ${SECONDS} end`
  return {
    group: order === 'repository' ? sql<string>`lower(repositories.full_name)` : sql<string>`''::text`,
    rank: isByTime ? sql<number>`0` : rankAt(now),
    position:
      order === 'newest'
        ? sql<number>`-${SECONDS}`
        : order === 'oldest'
          ? sql<number>`${SECONDS}`
          : sql<number>`${oldestFirst}`,
  }
}

/** Condition: the row comes after that position in this order. */
export function isAfter(cursor: Cursor, order: BoardOrder, now: Instant): RawBuilder<SqlBool> {
  const { group, rank, position } = sortKeysOf(order, now)
  return sql<SqlBool>`(${group}, ${rank}, ${position}, pipelines.id)
    > (${cursor.group}::text, ${cursor.rank}::integer, ${cursor.position}::float8, ${cursor.id}::bigint)`
}

/** The same in the order that is stored with the rows (migrations/0003_steering.sql). */
export function isAfterStored({ rank, position, id }: Cursor): RawBuilder<SqlBool> {
  // Further than any row, and within what a timestamp can be.
  const since = Math.min(Math.max(position, -1e10), 1e11)
  return sql<SqlBool>`(pipelines.urgency, pipelines.since, pipelines.id)
    > (${rank}::smallint, to_timestamp(${since}::float8), ${id}::bigint)`
}
