// The database schema as text, read from the catalog in one order, so that both databases give the same text and
// every migration changes test/schema.sql. `npm run schema:dump` rewrites that file.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { sql } from 'kysely'
import type { Database } from '../../src/store/database.ts'
import { wrapPGlite } from '../../src/store/embedded.ts'
import { copyEmbeddedTemplate } from './database-template.ts'

export const SCHEMA_FILE = resolve(import.meta.dirname, '../schema.sql')

/** Everything that the migrations created, as statements that would create it. */
export async function dumpSchema({ kysely }: Database): Promise<string> {
  const { rows: columns } = await sql<Column>`
    select relname as "table", attname as "column", format_type(atttypid, atttypmod) as "type", attnotnull as "isRequired",
      pg_get_expr(adbin, adrelid) as "default", attidentity as "identity",
      attgenerated <> '' as "isGenerated"
    from pg_attribute join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
      and relname not like 'kysely_%'
    order by relname, attnum`.execute(kysely)
  // From version 18 on the catalog also lists a column's `not null` as a constraint (contype n).
  const { rows: constraints } = await sql<Definition>`
    select relname as "table", pg_get_constraintdef(pg_constraint.oid) as definition
    from pg_constraint join pg_class on pg_class.oid = conrelid
    where connamespace = 'public'::regnamespace and contype <> 'n' and relname not like 'kysely_%'
    order by relname, contype, conname`.execute(kysely)
  const { rows: indexes } = await sql<Definition>`
    select tablename as "table", indexdef as definition from pg_indexes
    where schemaname = 'public' and tablename not like 'kysely_%'
      and not exists (select from pg_constraint where conname = indexname)
    order by tablename, indexname`.execute(kysely)
  const { rows: triggers } = await sql<Definition>`
    select relname as "table", pg_get_triggerdef(pg_trigger.oid) as definition
    from pg_trigger join pg_class on pg_class.oid = tgrelid
    where relnamespace = 'public'::regnamespace and not tgisinternal
    order by relname, tgname`.execute(kysely)
  const { rows: functions } = await sql<{ definition: string }>`
    select pg_get_functiondef(oid) as definition from pg_proc
    where pronamespace = 'public'::regnamespace order by proname`.execute(kysely)
  const tables = [...new Set(columns.map(({ table }) => table))]
  const made = tables.map((table) => tableText(table, columns, constraints, [...indexes, ...triggers]))
  return `${[...made, ...functions.map(({ definition }) => `${definition.trim()};`)].join('\n\n')}\n`
}

type Column = {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly isRequired: boolean
  readonly default: string | null
  readonly identity: string
  readonly isGenerated: boolean
}

type Definition = { readonly table: string; readonly definition: string }

function tableText(
  table: string,
  columns: readonly Column[],
  constraints: readonly Definition[],
  indexes: readonly Definition[],
): string {
  const isHere = (one: { readonly table: string }) => one.table === table
  const lines = [...columns.filter(isHere).map(columnText), ...constraints.filter(isHere).map((one) => one.definition)]
  const made = `create table ${table} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n);`
  return [made, ...indexes.filter(isHere).map(({ definition }) => `${definition};`)].join('\n')
}

function columnText({ column, type, isRequired, default: otherwise, identity, isGenerated }: Column): string {
  const computed = isGenerated ? `generated always as (${otherwise}) stored` : otherwise && `default ${otherwise}`
  const value = identity === '' ? computed : 'generated always as identity'
  return [column, type, isRequired && 'not null', value].filter(Boolean).join(' ')
}

if (process.argv[1] === join(import.meta.dirname, 'schema-dump.ts')) {
  // Not a database of the pool, which stays open for the next test and would keep this process alive.
  const database = wrapPGlite(await copyEmbeddedTemplate(), 'memory')
  writeFileSync(SCHEMA_FILE, await dumpSchema(database))
  await database.close()
}
