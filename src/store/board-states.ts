// Open pipelines without reading each one. How many are alike is kept with every change of a row (board_counts in
// migrations/0003_steering.sql), as of the moment at which the row was saved. Read one by one are only those that have changed
// since by the clock alone, until the watchdog has saved them again, and those of which GitHub refuses something in particular.
import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { IS_OPEN, isShadowed } from './board-columns.ts'
import { isVisible, type VisiblePlace } from './visible-repositories.ts'

/** Ids of those whose row no longer says what they are like by itself. A clock that is ahead may have saved some too early. */
const turnedIds = (now: Instant) => sql`
  select id from pipelines where is_open and turns_at <= ${now}
  union select id from pipelines where is_open and updated_at > ${now}
  union select pipelines.id from access_problems
    join pipelines on pipelines.repository_id = access_problems.repository_id
      and pipelines.issue_number = access_problems.issue_number
    where is_open`

/** Ids of those whose place in the order is not the one that is stored. */
export const displacedIds = (place: VisiblePlace, now: Instant) => sql`
  ${turnedIds(now)}
  union select pipelines.id from repositories join pipelines on pipelines.repository_id = repositories.id
    where ${IS_OPEN} and ${isVisible(place)} and ${isShadowed(now)}`

/**
 * Rows that stand for `pipelines`, with the columns that the definitions of the board read, and for how many each stands: to be
 * summed. One that has turned is taken from those that it was like, and added as it is.
 */
export function openPipelines(now: Instant): RawBuilder<unknown> {
  const asSaved = sql`null::integer as issue_number, light, held, is_unsent, awaits_file,
    case when needs_you then '-infinity'::timestamptz end as needs_you_at,
    case when health = 'stale' then '-infinity'::timestamptz end as stale_at,
    case when health in ('stalled', 'unknown') then '-infinity'::timestamptz end as silent_at, health as silent_health,
    null::timestamptz as known_until`
  return sql`(
    with turned as materialized (
      select repository_id, issue_number, light, held, is_unsent, awaits_file, needs_you, health, needs_you_at, stale_at,
        silent_at, silent_health, known_until
      from pipelines where id in (${turnedIds(now)}))
    select repository_id, ${asSaved}, pipelines as alike from board_counts
    union all select repository_id, ${asSaved}, -1 from turned
    union all select repository_id, issue_number, light, held, is_unsent, awaits_file, needs_you_at, stale_at, silent_at,
      silent_health, known_until, 1 from turned)`
}
