// A migrated, empty database is created once per version of the migrations and copied for every test: running the
// migrations for each would take longer than most tests do.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { PGLITE_OPTIONS, wrapPGlite } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'

/** A copy of the embedded template, in memory. */
export async function copyEmbeddedTemplate(): Promise<PGlite> {
  return PGlite.create({ ...PGLITE_OPTIONS, loadDataDir: await embeddedTemplate() })
}

/** The name of a new database on the server, a copy of its template. */
export async function copyPostgresTemplate(admin: string): Promise<string> {
  const template = await postgresTemplate(admin)
  const name = `andon_test_${process.pid}_${process.hrtime.bigint().toString(36)}`
  await withClient(admin, (client) => client.query(`create database ${name} template ${template}`))
  return name
}

/** The process that made this copy; null for anything else. */
export function ownerPidOf(name: string): number | null {
  const pid = /^andon_test_(\d+)_/.exec(name)?.[1]
  return pid === undefined ? null : Number(pid)
}

/** Connects as the server's administrator for as long as `use` takes. */
export async function withClient<T>(admin: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: admin })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** The same server's URL for another of its databases. */
export function databaseUrlOf(admin: string, database: string): string {
  const url = new URL(admin)
  url.pathname = `/${database}`
  return url.href
}

async function embeddedTemplate(): Promise<Blob> {
  const path = join(tmpdir(), `andon-template-${migrationsHash()}.tar`)
  if (!existsSync(path)) {
    const pglite = await PGlite.create(PGLITE_OPTIONS)
    await migrate(wrapPGlite(pglite, 'memory'))
    const dump = await pglite.dumpDataDir('none')
    await pglite.close()
    // Several test processes may do this at once: each writes the whole file, and the last rename wins.
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, Buffer.from(await dump.arrayBuffer()))
    renameSync(draft, path)
  }
  return new Blob([readFileSync(path)])
}

let templateServer: string | undefined

async function postgresTemplate(admin: string): Promise<string> {
  const name = `andon_template_${migrationsHash()}`
  if (templateServer === admin) return name
  await withClient(admin, async (client) => {
    // This lock lasts until the connection ends: one test process creates the template, the others wait for it.
    await client.query(`select pg_advisory_lock(hashtext('andon test template'))`)
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount) return
    const draft = `${name}_draft`
    await client.query(`drop database if exists ${draft}`)
    await client.query(`create database ${draft} template template0`)
    const database = await openPostgresDatabase(databaseUrlOf(admin, draft))
    await migrate(database).finally(() => database.close())
    await client.query(`alter database ${draft} rename to ${name}`)
  })
  templateServer = admin
  return name
}

/** Changes with every change of the migrations, so that an old template is never copied. */
function migrationsHash(): string {
  const folder = resolve(import.meta.dirname, '../../migrations')
  const hash = createHash('sha256')
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)))
  return hash.digest('hex').slice(0, 12)
}
