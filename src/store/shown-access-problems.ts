// What GitHub refuses now (access-problems.ts), as people are shown it: on the board, on an issue's page and on GitHub.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { KnownAccessProblem } from '../pipeline/model/access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { Database, Transaction } from './database.ts'
import { instantColumn } from './moments.ts'

/** The problems that are shown now, those of the App first; `within` is a condition on `repositories`. */
export async function listAccessProblems(
  kysely: Database['kysely'] | Transaction,
  within: RawBuilder<SqlBool>,
  now: Instant,
): Promise<readonly ListedAccessProblem[]> {
  const { rows } = await sql<ListedAccessProblem>`
    select ${scopeName} as scope, cause, permission, words, access_problems.settings_url, since, tries,
      installations.account, named.full_name as repository, nullif(issue_number, 0) as issue_number
    from access_problems
    left join installations on installations.id = access_problems.installation_id
    left join repositories as named on named.id = access_problems.repository_id
    where ${isShown(now)} and (access_problems.installation_id = 0 or exists (
      select from repositories where repositories.installation_id = access_problems.installation_id
        and access_problems.repository_id in (0, repositories.id) and ${within}))
    order by access_problems.installation_id, access_problems.repository_id, issue_number, since
    limit ${MAX_LISTED_PROBLEMS}`.execute(kysely)
  return rows
}

/** A problem with the names of its place; null where it is wider. */
export type ListedAccessProblem = KnownAccessProblem & {
  readonly account: string | null
  readonly repository: string | null
  readonly issueNumber: number | null
  /** How often deliveries with a wrong signature came, or how often access was refused again. */
  readonly tries: number
}

/** One more than is shown, so that the board knows that there are more. */
const MAX_LISTED_PROBLEMS = 21

/** The problems that concern a pipeline, as a column of a query over `pipelines` and `repositories`. */
export function accessProblemsColumn(now: Instant): RawBuilder<readonly KnownAccessProblem[]> {
  return sql<readonly KnownAccessProblem[]>`(
    select coalesce(jsonb_agg(jsonb_build_object('scope', ${scopeName}, 'cause', cause, 'permission', permission,
      'words', words, 'settingsUrl', settings_url,
      'since', ${instantColumn('since')}) order by id), '[]')
    from access_problems where ${coversPipeline} and ${isShown(now)})`
}

/** Condition on `pipelines` and `repositories`: a refusal keeps the pipeline from going on, until a person mends that. */
export function isKeptOut(now: Instant): RawBuilder<boolean> {
  return isCovered(coversPipeline, now)
}

/** Condition on `repositories`: a refusal keeps all its pipelines from going on. */
export function isRepositoryKeptOut(now: Instant): RawBuilder<boolean> {
  return isCovered(sql`${coversRepository} and access_problems.issue_number = 0`, now)
}

function isCovered(covers: RawBuilder<unknown>, now: Instant): RawBuilder<boolean> {
  const keepsOut = sql`${isShown(now)} and permission not in ('issues=write', 'checks=write', 'network', 'webhook')`
  // Mostly there is none anywhere, which is found once for all rows.
  return sql<boolean>`(exists (select from access_problems where ${keepsOut})
    and exists (select from access_problems where ${covers} and ${keepsOut}))`
}

const scopeName = sql`case when access_problems.installation_id = 0 then 'app' when repository_id = 0 then 'installation'
  when issue_number = 0 then 'repository' else 'issue' end`

const coversRepository = sql`(access_problems.installation_id in (0, repositories.installation_id)
  and access_problems.repository_id in (0, repositories.id))`

/** A pipeline that has come to rest wants nothing of GitHub. */
const coversPipeline = sql`(pipelines.light not in ('done', 'idle') and ${coversRepository}
  and access_problems.issue_number in (0, pipelines.issue_number))`

/** A short break in the network is no problem, and a signature that matched since then ends that one. */
function isShown(now: Instant): RawBuilder<boolean> {
  return sql<boolean>`((access_problems.declared or access_problems.next_try_at > ${millisecondsAfter(now, -UNTRIED_FOR_MS)})
    and (permission <> 'network' or since <= ${millisecondsAfter(now, -NETWORK_GRACE_MS)})
    and (permission <> 'webhook' or not exists (select from deliveries where received_at >= access_problems.tried_at)))`
}

const NETWORK_GRACE_MS = 60_000
/** A problem that no call has met for so long after it was to be tried again is not known to exist any more. */
const UNTRIED_FOR_MS = 15 * 60_000
