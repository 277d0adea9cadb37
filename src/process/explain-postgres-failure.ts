// Why Postgres refuses Andon at the start, in the server's own words and with what to do.
import { sql } from 'kysely'
import type { Database } from '../store/database.ts'
import { withoutPassword } from './database-url.ts'
import { StartupError } from './environment.ts'

/** The sentence for a failure; `url` is what no part of it may give away. */
export function explainPostgresFailure(error: unknown, location: string, url: string): StartupError {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  const answer = withoutPassword(message, url).replaceAll(/\s+/g, ' ').replace(/\.$/, '')
  const why = [code, answer].filter(Boolean).join(': ') || 'no answer'
  // A failure of the network says no more than its code.
  return new StartupError(
    `cannot use the database ${location} (${/^E[A-Z_]+$/.test(code) ? code : why}): ${adviseOn(code, answer)}`,
  )
}

function adviseOn(code: string, answer: string): string {
  if (/unsupported startup parameter/i.test(answer))
    return 'add that parameter to ignore_startup_parameters of the pooler, or let DATABASE_URL lead to Postgres itself.'
  switch (code) {
    case '28P01':
    case '28000':
      return 'correct the user and the password in DATABASE_URL, or pg_hba.conf.'
    case '3D000':
      return 'make it with `createdb`, or correct its name in DATABASE_URL.'
    case '42501':
      return /owner of/.test(answer)
        ? 'run `migrate` as the user that owns the tables.'
        : 'let an administrator run `grant usage, create on schema public to USER` there.'
    case '40P01':
    case '55P03':
      return 'others have kept the tables locked for more than a minute: run `migrate` again, or stop them first.'
    case '53300':
      return 'raise max_connections, or end other connections.'
    default:
      return 'is it running, and is DATABASE_URL right?'
  }
}

/** What the database's user may not do with Andon's tables, with what to grant; null where nothing is missing. */
export async function whyNotPermitted({ kysely }: Database): Promise<string | null> {
  const { rows } = await sql<{ user: string; schema: string; name: string }>`
    select current_user as "user", current_schema() as "schema", relname as "name" from pg_class
    where relnamespace = (select oid from pg_namespace where nspname = current_schema()) and case relkind
      when 'r' then not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
        and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete'))
      when 'S' then not has_sequence_privilege(oid, 'usage')
      else false end
    order by relname
  `.execute(kysely)
  const [first, ...more] = rows
  if (first === undefined) return null
  const { user, schema, name } = first
  const all = `in schema ${schema} to "${user}"`
  return `the database user ${user} may not read and write ${name}${more.length > 0 ? ` and ${more.length} more` : ''}: let their owner run \`grant select, insert, update, delete on all tables ${all}; grant usage on all sequences ${all}\`.`
}
