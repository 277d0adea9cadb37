// What operators are shown of the work itself: deliveries, what waits for GitHub, quotas. Counts and names, never a title.
import { sql } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database } from './database.ts'
import { isNotHeld, listHeldPlaces } from './holds.ts'
import { instantColumn } from './moments.ts'
import { asksAboutPresence, isReached, isUnblocked, WITH_REACH } from './reach.ts'

export type FailedDeliveryRow = {
  readonly id: number
  readonly guid: string
  readonly name: string
  readonly action: string | null
  /** Null where the delivery named none, or Andon does not know it. */
  readonly repository: string | null
  readonly receivedAt: Instant
  readonly error: string
  readonly attempts: number
}

export type DeliveriesReading = {
  readonly lastAt: Instant | null
  readonly lastHour: { readonly applied: number; readonly ignored: number; readonly failed: number }
  readonly failed: number
  /** The newest of them. */
  readonly failedRows: readonly FailedDeliveryRow[]
}

const HOUR_MS = 60 * 60_000
const MAX_FAILED_SHOWN = 20

export async function loadDeliveriesReading({ kysely }: Database, now: Instant): Promise<DeliveriesReading> {
  const anHourAgo = millisecondsAfter(now, -HOUR_MS)
  const { rows } = await sql<{
    lastAt: Instant | null
    failed: number
    applied: number
    ignored: number
    failedInHour: number
  }>`
    select (select max(received_at) from deliveries) as "lastAt",
      (select count(*)::integer from deliveries where state = 'failed') as failed,
      count(*) filter (where state = 'applied')::integer as applied,
      count(*) filter (where state = 'ignored')::integer as ignored,
      count(*) filter (where state = 'failed')::integer as "failedInHour"
    from deliveries where received_at > ${anHourAgo}`.execute(kysely)
  const { rows: failedRows } = await sql<FailedDeliveryRow>`
    select deliveries.id, guid, name, action, full_name as repository, received_at as "receivedAt",
      coalesce(error, '') as error, attempts
    from deliveries left join repositories on repositories.id = deliveries.repository_id
    where state = 'failed' order by deliveries.id desc limit ${MAX_FAILED_SHOWN}`.execute(kysely)
  const { lastAt = null, failed = 0, applied = 0, ignored = 0, failedInHour = 0 } = rows[0] ?? {}
  return { lastAt, failed, failedRows, lastHour: { applied, ignored, failed: failedInHour } }
}

export type OutboxLine = {
  /** What is written or asked: a type of effect, or `publish`. */
  readonly kind: string
  readonly waiting: number
  /** Could be sent now: neither held, nor kept out, nor in a quiet period of GitHub's. */
  readonly due: number
  /** Since when the oldest of those is due. */
  readonly dueSince: Instant | null
  /** Sent without a clear answer: looked up before anything is sent again. */
  readonly unconfirmed: number
}

export type OutboxReading = {
  readonly lines: readonly OutboxLine[]
  readonly buried: number
  /** Null when GitHub refuses none. */
  readonly refused: RefusedPublications | null
}

/** How many comments and check runs GitHub does not take as they are, and which the oldest of them is. */
export type RefusedPublications = {
  readonly count: number
  readonly repository: string
  readonly issue: number | null
  readonly surface: string
  readonly words: string
}

/** An installation that rests for less after calls without an answer counts as one that could be called. */
const SHORT_REST_MS = 61_000

export async function loadOutboxReading({ kysely }: Database, now: Instant): Promise<OutboxReading> {
  const mayCall = isUnblocked(millisecondsAfter(now, SHORT_REST_MS))
  const counted = sql`count(*)::integer as waiting, count(*) filter (where is_due)::integer as due,
    min(due_at) filter (where is_due) as "dueSince"`
  const behind = (table: string, changedAt: string) => sql`
    select ${sql.ref(`${table}.publish_after`)} <= ${now} and ${isReached} and ${mayCall} as is_due,
      greatest(${sql.ref(`${table}.publish_after`)}, ${sql.ref(`${table}.${changedAt}`)}) as due_at
    from ${sql.table(table)} ${table === 'repositories' ? sql`` : sql`join repositories on repositories.id = repository_id`}
    ${WITH_REACH} where ${sql.ref(`${table}.published_revision`)} < ${sql.ref(`${table}.revision`)}`
  const { rows: lines } = await sql<OutboxLine>`
    select type as kind, ${counted}, count(*) filter (where state = 'unconfirmed')::integer as unconfirmed
    from (select effects.type, effects.state, effects.due_at, effects.due_at <= ${now} and ${mayCall}
        and (${isReached} or ${asksAboutPresence})
        and (effects.state <> 'due' or effects.type <> 'dispatch' or (${isNotHeld})) as is_due
      from effects join repositories on repositories.id = effects.repository_id ${WITH_REACH}
      where effects.state in ('due', 'sending', 'unconfirmed')) as pending
    group by type
    union all
    select 'publish', ${counted}, 0 from (${behind('pipelines', 'updated_at')}
      union all ${behind('repositories', 'configuration_read_at')}) as behind
    having count(*) > 0
    order by kind`.execute(kysely)
  const { rows } = await sql<{ buried: number }>`
    select count(*)::integer as buried from effects where state = 'buried'`.execute(kysely)
  return { lines, buried: rows[0]?.buried ?? 0, refused: await loadRefusedPublications(kysely) }
}

async function loadRefusedPublications(kysely: Database['kysely']): Promise<RefusedPublications | null> {
  const { rows } = await sql<RefusedPublications>`
    select count(*) over ()::integer as count, repositories.full_name as repository, pipelines.issue_number as issue,
      publications.surface, publications.error as words
    from publications left join pipelines on pipelines.id = publications.pipeline_id
      join repositories on repositories.id = coalesce(publications.repository_id, pipelines.repository_id)
    where publications.error is not null and publications.state = 'confirmed'
      and publications.digest is not null and publications.sent_at is not null
    order by publications.sent_at, publications.surface limit 1`.execute(kysely)
  return rows[0] ?? null
}

export type QuotaReading = {
  readonly installationId: number
  /** Whose installation it is; null for the App itself. */
  readonly account: string | null
  readonly state: 'active' | 'suspended' | 'removed'
  /** Nothing is sent before; null while there is no quiet period. */
  readonly quietUntil: Instant | null
  /** What GitHub last said of each of its quotas; none before its first answer. */
  readonly quotas: readonly {
    readonly resource: string
    readonly allowed: number
    readonly remaining: number
    readonly resetsAt: Instant
    readonly readAt: Instant
  }[]
}

const MAX_INSTALLATIONS_SHOWN = 50

/** Quiet installations first, then those with the least left. A quota that has been reset since says nothing of now. */
export async function loadQuotaReadings({ kysely }: Database, now: Instant): Promise<readonly QuotaReading[]> {
  const { rows } = await sql<QuotaReading>`
    select ids.id as "installationId", account, coalesce(installations.state, 'active') as state,
      case when blocked_until > ${now} then blocked_until end as "quietUntil",
      coalesce((select jsonb_agg(jsonb_build_object('resource', resource, 'allowed', allowed, 'remaining', remaining,
          'resetsAt', ${instantColumn('resets_at')}, 'readAt', ${instantColumn('read_at')}) order by resource)
        from github_quotas where installation_id = ids.id and resets_at > ${now}), '[]') as quotas
    from (select id from installations where state <> 'removed'
        union select installation_id from github_quotas where resets_at > ${now}) as ids (id)
      left join installations on installations.id = ids.id
      left join budgets on budgets.installation_id = ids.id
    order by blocked_until > ${now} desc nulls last,
      (select min(remaining::float / greatest(allowed, 1)) from github_quotas
        where installation_id = ids.id and resets_at > ${now}) nulls last, ids.id
    limit ${MAX_INSTALLATIONS_SHOWN}`.execute(kysely)
  return rows
}

export type HoldsReading = {
  readonly places: Awaited<ReturnType<typeof listHeldPlaces>>
  readonly isEverythingHeld: boolean
  readonly heldRepositories: number
  /** Workflows that Andon itself holds, because they failed alike. */
  readonly openBreakers: number
  /** Workflows that Andon itself holds, because an agent reported a limit. */
  readonly limitedWorkflows: number
}

export async function loadHoldsReading({ kysely }: Database): Promise<HoldsReading> {
  const places = await kysely.transaction().execute((trx) => listHeldPlaces(trx, sql`true`))
  const { rows } = await sql<Omit<HoldsReading, 'places'>>`
    select
      exists (select from global_hold where hold_or_release ->> 'reason' is not null) as "isEverythingHeld",
      (select count(*)::integer from repositories where hold_or_release ->> 'reason' is not null) as "heldRepositories",
      count(*) filter (where held -> 'cause' ->> 'kind' = 'failures')::integer as "openBreakers",
      count(*) filter (where held -> 'cause' ->> 'kind' = 'limited')::integer as "limitedWorkflows"
    from repositories, jsonb_array_elements(workflow_holds) as held where workflow_holds <> '[]'`.execute(kysely)
  const counts = rows[0] ?? { isEverythingHeld: false, heldRepositories: 0, openBreakers: 0, limitedWorkflows: 0 }
  return { places, ...counts }
}
