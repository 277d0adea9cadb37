// One definition for rows, counts and metrics of what the columns of `pipelines` and `repositories` mean at one moment.
import { type SqlBool, sql } from 'kysely'
import type { Health } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from './database.ts'
import { ACTIVE_LIGHTS } from './holds.ts'
import { isKeptOut, isRepositoryKeptOut } from './shown-access-problems.ts'
import { isVisible, type VisiblePlace } from './visible-repositories.ts'

export function selectVisible(kysely: Database['kysely'] | Transaction, place: VisiblePlace) {
  return kysely
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .where(isVisible(place))
}

const IS_ACTIVE = sql<boolean>`pipelines.light in (${sql.raw(ACTIVE_LIGHTS.map((light) => `'${light}'`).join())})`

const IS_HELD_AROUND = sql<boolean>`(repositories.hold_or_release ->> 'reason' is not null
  or exists (select from global_hold where global_hold.hold_or_release ->> 'reason' is not null))`

/** A pipeline that is done or idle has nothing that a hold could keep from starting. */
export const IS_HELD = sql<boolean>`(${IS_ACTIVE} and (pipelines.held or ${IS_HELD_AROUND}))`

/** Active, or idle and not ended: then it needs a person, now or later. In the words of the indexes: what has ended is never read. */
export const IS_OPEN = sql<SqlBool>`pipelines.is_open`

/** There never was a version of the repository's file without mistakes. */
const LACKS_FILE = sql<boolean>`(repositories.configuration is null and repositories.configuration_problems <> '[]')`

export const AWAITS_FILE = sql<boolean>`(pipelines.awaits_file and ${IS_ACTIVE} and ${LACKS_FILE})`

/** A repository's file has mistakes, and no pipeline that waits for a better one stands on the board for that. */
export const IS_MISTAKEN_ALONE = sql<boolean>`(repositories.configuration_problems <> '[]' and not exists (
  select from board_counts as pipelines where pipelines.repository_id = repositories.id and ${AWAITS_FILE}))`

export const isNeedingYou = (now: Instant) =>
  sql<boolean>`(${IS_HELD} or ${isKeptOut(now)} or ${AWAITS_FILE} or coalesce(pipelines.needs_you_at <= ${now}, false))`

/** While a hold keeps an attempt from being sent, its silence says nothing. */
export const healthAt = (now: Instant) => sql<Health>`case
  when pipelines.is_unsent and ${IS_HELD_AROUND} then 'ok'
  when pipelines.known_until <= ${now} then 'unknown'
  when pipelines.stale_at <= ${now} then 'stale'
  when pipelines.silent_at <= ${now} then pipelines.silent_health
  else 'ok' end`

/** Those that need a person first: what failed, what nobody can say of, what is held, what waits. Then by light. */
export const rankAt = (now: Instant) => sql<number>`case
  when not ${isNeedingYou(now)} then 9 + array_position(array['running','review','queued','idle','failed','done'], pipelines.light)
  when pipelines.light = 'failed' then 0
  when ${healthAt(now)} <> 'ok' then 1
  when ${IS_HELD} then 2
  else 3 end`

/** Something around the repository's pipelines decides what they are like, too: it is not in their rows. */
export const isShadowed = (now: Instant) =>
  sql<boolean>`(${IS_HELD_AROUND} or ${LACKS_FILE} or ${isRepositoryKeptOut(now)})`
