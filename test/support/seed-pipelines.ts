// Pipelines by the hundred thousand: what a database holds after months.
import { sql } from 'kysely'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import type { Database } from '../../src/store/database.ts'
import { issueLabeled, minutesAfterNine, pipelineAfter, pullRequestChanged } from './pipeline-fixtures.ts'

type Into = Pick<Database, 'kysely'>

const OVER = pipelineAfter(issueLabeled(), pullRequestChanged({ state: 'merged', at: minutesAfterNine(9) }, 'closed'))
/** As many as a statement may insert in its time. */
const AT_ONCE = 20_000
/** The ids of the repositories follow it. */
const FIRST_ID = 5_000
/** As long as what is done is kept. */
const HALF_A_YEAR_S = 180 * 24 * 60 * 60

/** `acme/r1` to `acme/r100`, of an installation of their own. */
export async function insertSeedRepositories({ kysely }: Into, now: Instant): Promise<void> {
  await sql`insert into installations (id, account) values (9, 'acme')`.execute(kysely)
  await sql`
    insert into repositories (id, installation_id, full_name, private, default_branch, updated_at)
    select ${FIRST_ID}::bigint + n, 9, 'acme/r' || n, false, 'main', ${now}::timestamptz from generate_series(1, 100) as n`.execute(
    kysely,
  )
}

/** Each with a number of its own, in one of the repositories in turn, and `everySeconds` before the one before. */
export async function insertPipelines(
  { kysely }: Into,
  o: { light: string; pipeline: Pipeline; first: number; count: number; everySeconds: number; now: Instant },
): Promise<void> {
  const needsYouAt = o.light === 'review' || o.light === 'failed' ? o.now : null
  const last = o.first + o.count - 1
  for (let from = o.first; from <= last; from += AT_ONCE) {
    await sql`
      insert into pipelines (repository_id, issue_number, revision, document, light, stage, since, needs_you_at, title,
        created_at, updated_at, published_revision)
      select ${FIRST_ID}::bigint + 1 + n % 100, n, 2, jsonb_set(${JSON.stringify(o.pipeline)}::jsonb, '{issue,number}', to_jsonb(n)), ${o.light}, 'code',
        ${minutesAfterNine(0)}::timestamptz - (n - ${o.first}::integer) * ${o.everySeconds}::float8 * interval '1 second', ${needsYouAt}::timestamptz, 'Issue ' || n,
        ${o.now}::timestamptz, ${o.now}::timestamptz, 2
      from generate_series(${from}::integer, ${Math.min(last, from + AT_ONCE - 1)}::integer) as n`.execute(kysely)
  }
}

/** Done, spread over half a year. */
export async function insertDonePipelines(
  database: Into,
  o: { first: number; count: number; now: Instant },
): Promise<void> {
  await insertPipelines(database, { ...o, light: 'done', pipeline: OVER, everySeconds: HALF_A_YEAR_S / o.count })
}

/** As if they had never been. */
export async function deleteSeeded({ kysely }: Into): Promise<void> {
  await sql`delete from pipelines where repository_id > ${FIRST_ID} and repository_id <= ${FIRST_ID} + 100`.execute(
    kysely,
  )
}
