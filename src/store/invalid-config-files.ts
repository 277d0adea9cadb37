// Repositories whose file has mistakes at present.
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Database, Transaction } from './database.ts'
import type { FileMistake, FileSource } from './rows.ts'

/** A repository's file with mistakes, and what holds instead. */
export type MistakenFile = {
  readonly repository: string
  readonly source: FileSource | null
  readonly headSha: string | null
  readonly configured: boolean
  readonly goodSha: string | null
  readonly mistakes: readonly FileMistake[]
}

/** One more than is shown: then it is known that there are more. */
const MOST = 21

/** Those that the condition on `repositories` lets through, by name. */
export async function listMistaken(
  kysely: Database['kysely'] | Transaction,
  within: RawBuilder<SqlBool>,
): Promise<readonly MistakenFile[]> {
  return mistaken(kysely).where(within).orderBy(sql`lower(full_name)`).limit(MOST).execute()
}

/** One repository's; null when nothing is wrong in it. */
export async function readMistaken(trx: Transaction, repositoryId: number): Promise<MistakenFile | null> {
  return (await mistaken(trx).where('id', '=', repositoryId).executeTakeFirst()) ?? null
}

function mistaken(kysely: Database['kysely'] | Transaction) {
  return kysely
    .selectFrom('repositories')
    .select([
      'fullName as repository',
      'configurationSource as source',
      'configurationHeadSha as headSha',
      sql<boolean>`configuration is not null`.as('configured'),
      'configurationGoodSha as goodSha',
      'configurationMistakes as mistakes',
    ])
    .where(sql<SqlBool>`configuration_mistakes <> '[]'`)
}
