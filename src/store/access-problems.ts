// What GitHub refuses now, whatever is sent (migrations/0002_running.sql). While a problem is known, calls that would be
// refused alike wait; from time to time one of them is made, to see.
import { type RawBuilder, sql } from 'kysely'
import type { AccessLifted } from '../advance/change.ts'
import type { AccessProblem } from '../pipeline/model/access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database, Transaction } from './database.ts'
import { notifyChange } from './notify.ts'

/** Where a call is made. */
export type CallPlace = {
  readonly installationId: number
  readonly repositoryId: number
  readonly issueNumber?: number | null
}

/** A call of another process that waits for the answer to a probe looks again after this long. */
const PROBE_MS = 60_000
const FIRST_RETRY_MS = 5 * 60_000
const MAX_RETRY_MS = 60 * 60_000

/**
 * Until when calls with these permissions wait in this place; null when one may be made now. A problem that is due to be
 * tried again is tried by the first that asks.
 */
export async function findAccessBlock(
  kysely: Database['kysely'] | Transaction,
  place: CallPlace,
  permissions: readonly string[],
  now: Instant,
): Promise<Instant | null> {
  const { rows: problems } = await sql<{ id: number; nextTryAt: Instant }>`
    select id, next_try_at from access_problems where ${coversCall(place, permissions)}`.execute(kysely)
  const blocked = problems.map(({ nextTryAt }) => nextTryAt).filter((at) => at > now)
  if (blocked.length > 0 || problems.length === 0) return blocked.sort().at(-1) ?? null
  const { rows: taken } = await sql`
    update access_problems set next_try_at = ${millisecondsAfter(now, PROBE_MS)}
    where id = any (${problems.map(({ id }) => id)}::bigint[]) and next_try_at <= ${now} returning id`.execute(kysely)
  return taken.length === problems.length ? null : millisecondsAfter(now, PROBE_MS)
}

/** Notes that a call was refused, or that GitHub said that it would be; resolves to when it is tried again. */
export async function saveAccessProblem(
  trx: Transaction,
  place: CallPlace,
  problem: AccessProblem,
  o: { readonly now: Instant; readonly githubUrl: string | null; readonly declared?: boolean },
): Promise<{ readonly nextTryAt: Instant; readonly isNew: boolean }> {
  const { now, githubUrl, declared = false } = o
  const at = scopeOf(place, problem)
  // Calls that go out together are refused together: that is one try.
  const tries = sql`(access_problems.tries
    + case when access_problems.tried_at > ${millisecondsAfter(now, -PROBE_MS)} then 0 else 1 end)`
  const { rows } = await sql<{ nextTryAt: Instant; isNew: boolean }>`
    insert into access_problems (installation_id, repository_id, issue_number, permission, cause, words, settings_url,
      declared, since, tried_at, next_try_at, tries)
    values (${at.installationId}, ${at.repositoryId}, ${at.issueNumber}, ${problem.permission}, ${problem.cause},
      ${problem.words}, ${settingsUrl(at.installationId, githubUrl)}, ${declared}, ${now}, ${now},
      ${declared ? now : millisecondsAfter(now, FIRST_RETRY_MS)}, 0)
    on conflict (installation_id, repository_id, issue_number, permission) do update set
      cause = excluded.cause, words = excluded.words, declared = access_problems.declared or excluded.declared,
      settings_url = excluded.settings_url, tried_at = excluded.tried_at, tries = ${tries},
      next_try_at = ${now}::timestamptz + least(${FIRST_RETRY_MS} * power(2, ${tries}), ${MAX_RETRY_MS}) * interval '1 millisecond'
    returning next_try_at, (xmax = 0) as is_new`.execute(trx)
  const saved = rows[0] ?? { nextTryAt: now, isNew: false }
  if (saved.isNew) await showInPlace(trx, at)
  return saved
}

/** Counts deliveries whose signature does not match; after an hour without one the count begins again. */
export async function saveRejectedSignatures({ kysely }: Database, count: number, now: Instant): Promise<void> {
  const isStale = sql`access_problems.tried_at <= ${millisecondsAfter(now, -MAX_RETRY_MS)}`
  await kysely.transaction().execute(async (trx) => {
    await sql`
      insert into access_problems (installation_id, repository_id, issue_number, permission, cause, words, declared, since,
        tried_at, next_try_at, tries)
      values (0, 0, 0, 'webhook', 'signature', ${count}::text, false, ${now}, ${now}, ${millisecondsAfter(now, MAX_RETRY_MS)}, ${count}::integer)
      on conflict (installation_id, repository_id, issue_number, permission) do update set
        tries = case when ${isStale} then 0 else access_problems.tries end + excluded.tries,
        words = (case when ${isStale} then 0 else access_problems.tries end + excluded.tries)::text,
        since = case when ${isStale} then excluded.since else access_problems.since end,
        tried_at = excluded.tried_at, next_try_at = excluded.next_try_at`.execute(trx)
    await notifyChange(trx, 'everything')
  })
}

/** A call worked: nothing that would have refused it applies any more. Resolves to how many problems that ends. */
export async function clearAccessProblems(
  database: Database,
  place: CallPlace,
  permissions: readonly string[],
  now: Instant,
): Promise<number> {
  const { rows } = await sql<ScopeIds>`
    select installation_id, repository_id, issue_number from access_problems
    where ${coversCall(place, permissions)}`.execute(database.kysely)
  if (rows.length === 0) return 0
  await database.kysely.transaction().execute(async (trx) => {
    await sql`delete from access_problems where ${coversCall(place, permissions)}`.execute(trx)
    for (const scope of rows) await resumeInPlace(trx, scope, now)
    await notifyChange(trx, 'everything')
  })
  return rows.length
}

/** An event lifted every refusal in a place: what waited there is due now, and is shown as it is. */
export async function liftAccessProblems(trx: Transaction, lifted: AccessLifted, now: Instant): Promise<void> {
  const { installationId, repositoryId, issueNumber } = lifted
  await sql`
    delete from access_problems where installation_id = ${installationId}
      and (${repositoryId}::bigint is null or repository_id = ${repositoryId})
      and (${issueNumber}::integer is null or issue_number = ${issueNumber})`.execute(trx)
  await resumeInPlace(trx, { installationId, repositoryId: repositoryId ?? 0, issueNumber: issueNumber ?? 0 }, now)
  for (const permission of lifted.missingPermissions) {
    const problem = { cause: 'permission', scope: 'installation', permission, words: '' } as const
    const place = { installationId, repositoryId: 0 }
    await saveAccessProblem(trx, place, problem, { now, githubUrl: null, declared: true })
  }
}

function coversCall({ installationId, repositoryId, issueNumber }: CallPlace, permissions: readonly string[]) {
  return sql<boolean>`installation_id in (0, ${installationId}::bigint) and repository_id in (0, ${repositoryId}::bigint)
    and issue_number in (0, ${issueNumber ?? 0}::integer) and permission = any (${['', ...permissions]}::text[])`
}

type ScopeIds = { readonly installationId: number; readonly repositoryId: number; readonly issueNumber: number }

function scopeOf({ installationId, repositoryId, issueNumber }: CallPlace, { scope }: AccessProblem): ScopeIds {
  const isNarrow = scope === 'repository' || scope === 'issue'
  return {
    installationId: scope === 'app' ? 0 : installationId,
    repositoryId: isNarrow ? repositoryId : 0,
    issueNumber: scope === 'issue' ? (issueNumber ?? 0) : 0,
  }
}

/** Where an owner changes it: the installation's page, as GitHub named it. */
function settingsUrl(installationId: number, githubUrl: string | null): RawBuilder<string | null> {
  if (installationId === 0) return sql`null`
  const unnamed = githubUrl && `${githubUrl}/settings/installations/${installationId}`
  return sql`coalesce((select settings_url from installations where id = ${installationId}), ${unnamed}::text)`
}

/** Makes every pipeline in the place be shown again: watchdog/fan-out-holds.ts wakes them in small portions. */
async function showInPlace(trx: Transaction, scope: ScopeIds): Promise<void> {
  await sql`
    update repositories set hold_fan_out_cursor = 0
    where id in (select id from repositories where ${isRepositoryIn(scope)} order by id for update)`.execute(trx)
  await notifyChange(trx, 'everything')
}

/** What was postponed is due now, and what failed is published again. */
async function resumeInPlace(trx: Transaction, scope: ScopeIds, now: Instant): Promise<void> {
  await showInPlace(trx, scope)
  const reached = sql`(select id from repositories where ${isRepositoryIn(scope)})`
  const ofIssue = sql`(${scope.issueNumber}::integer in (0, pipelines.issue_number))`
  await sql`
    update pipelines set publish_after = ${now}, published_revision = 0
    where repository_id in ${reached} and ${ofIssue} and (published_revision < revision
      or exists (select from publications where pipeline_id = pipelines.id and error is not null))`.execute(trx)
  await sql`
    update publications set digest = null, sent_at = null where state = 'confirmed' and error is not null and (
      repository_id in ${reached}
      or pipeline_id in (select id from pipelines where repository_id in ${reached} and ${ofIssue}))`.execute(trx)
  await sql`
    update repositories set publish_after = ${now}, published_revision = 0
    where id in ${reached} and configuration_problems <> '[]'`.execute(trx)
  await sql`
    update pipelines set reconcile_at = ${now}
    where reconcile_at > ${now} and repository_id in ${reached} and ${ofIssue}
      and exists (select from reconciles where pipeline_id = pipelines.id and failing_since is not null)`.execute(trx)
  await sql`
    update effects set due_at = ${now}
    where state in ('due', 'unconfirmed') and due_at > ${now} and repository_id in ${reached}`.execute(trx)
}

function isRepositoryIn({ installationId, repositoryId }: ScopeIds): RawBuilder<boolean> {
  return sql<boolean>`(repositories.removed_at is null and ${installationId}::bigint in (0, repositories.installation_id)
    and ${repositoryId}::bigint in (0, repositories.id))`
}
