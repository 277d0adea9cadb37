// Repositories whose `andon.yml` has mistakes now.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ConfigurationSource } from '../advance/rows.ts'
import type { AndonYmlProblem } from '../line/parse-yaml.ts'
import type { Database, Transaction } from './database.ts'

/** A repository's file with mistakes, and the version that applies instead. */
export type InvalidConfigFile = {
  readonly repository: string
  readonly source: ConfigurationSource | null
  readonly headSha: string | null
  readonly isConfigured: boolean
  readonly validSha: string | null
  readonly problems: readonly AndonYmlProblem[]
}

/** One more than is shown, so that the board knows that there are more. */
const MAX_LISTED = 21

/** Those that match a condition on `repositories`, by name. */
export async function listInvalidConfigFiles(
  kysely: Database['kysely'] | Transaction,
  within: RawBuilder<SqlBool>,
): Promise<readonly InvalidConfigFile[]> {
  return selectInvalidConfigFiles(kysely).where(within).orderBy(sql`lower(full_name)`).limit(MAX_LISTED).execute()
}

/** One repository's file; null when it has no mistakes. */
export async function loadInvalidConfigFile(trx: Transaction, repositoryId: number): Promise<InvalidConfigFile | null> {
  return (await selectInvalidConfigFiles(trx).where('id', '=', repositoryId).executeTakeFirst()) ?? null
}

function selectInvalidConfigFiles(kysely: Database['kysely'] | Transaction) {
  return kysely
    .selectFrom('repositories')
    .select([
      'fullName as repository',
      'configurationSource as source',
      'configurationHeadSha as headSha',
      sql<boolean>`configuration is not null`.as('isConfigured'),
      'configurationValidSha as validSha',
      'configurationProblems as problems',
    ])
    .where(sql<SqlBool>`configuration_problems <> '[]'`)
}
