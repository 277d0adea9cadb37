// The next version of Andon: this one with one more migration, which touches every table.
import { cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const FOLDERS = ['src', 'migrations', 'views', 'public', 'fake-github', 'test/support', 'test/processes/support']

/** What the next version has in the column `later` of every row. */
export const LATER = [{ kept: true }]

/**
 * Additive, as migrations are: old processes go on over it. A JSON list in every table, which an old process must neither lose
 * nor change, and an index over the largest.
 */
const MIGRATION = `do $$
declare name text;
begin
  for name in select table_name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name not like 'kysely%' order by 1
  loop
    execute format('alter table %I add column later jsonb not null default %L', name, '${JSON.stringify(LATER)}');
  end loop;
end $$;
create index pipelines_by_title on pipelines (title, id);
`

/** Puts it into an empty folder. */
export function makeNextVersion(home: string): void {
  for (const folder of FOLDERS) cpSync(folder, join(home, folder), { recursive: true })
  for (const file of ['package.json', 'tsconfig.json']) cpSync(file, join(home, file))
  symlinkSync(resolve('node_modules'), join(home, 'node_modules'))
  const number = `${readdirSync('migrations').length + 1}`.padStart(4, '0')
  writeFileSync(join(home, 'migrations', `${number}_next_version.sql`), MIGRATION)
}
