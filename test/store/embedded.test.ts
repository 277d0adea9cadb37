// The embedded database keeps what it acknowledged, through a clean shutdown and through kill -9.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { DataDirectoryInUse } from '../../src/process/directory-lock.ts'
import { migrateOrVerify } from '../../src/process/open-database.ts'
import { openEmbeddedDatabase } from '../../src/process/open-embedded-database.ts'
import { listPendingMigrations, migrate } from '../../src/store/migrate.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'

/** Creating a database in WASM takes seconds, and many times that on a busy machine. */
const SLOW_START_MS = 180_000

let directory: string
let child: ChildProcess | null = null

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'andon-embedded-'))
})

afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

test(
  'rows outlive closing and reopening the directory',
  async () => {
    const first = await openEmbeddedDatabase(directory)
    expect(await listPendingMigrations(first)).not.toEqual([])
    await migrate(first)
    await first.kysely
      .insertInto('installations')
      .values({ id: 1, account: 'acme', readAt: minutesAfterNine(0) })
      .execute()
    await first.close()
    const second = await openEmbeddedDatabase(directory)
    expect(await listPendingMigrations(second)).toEqual([])
    expect(await second.kysely.selectFrom('installations').selectAll().execute()).toEqual([
      { id: 1, account: 'acme', state: 'active', settingsUrl: null, readAt: minutesAfterNine(0) },
    ])
    await expect(openEmbeddedDatabase(directory)).rejects.toThrow(DataDirectoryInUse)
    await second.close()
  },
  SLOW_START_MS,
)

test(
  'a database with something to migrate is backed up first, a new one is not, and the last three backups are kept',
  async () => {
    const database = await openEmbeddedDatabase(directory)
    await migrateOrVerify(database, { databaseUrl: null }, true)
    expect(existsSync(join(directory, 'backups'))).toBe(false)
    const newest = readdirSync('migrations').sort().at(-1)?.replace('.sql', '') ?? ''
    await sql`delete from kysely_migration where name = ${newest}`.execute(database.kysely)
    for (let start = 1; start <= 4; start++)
      await expect(migrateOrVerify(database, { databaseUrl: null }, true)).rejects.toThrow('already exists')
    await database.close()
    const backups = readdirSync(join(directory, 'backups'))
    expect(backups).toHaveLength(3)
    for (const name of backups) {
      expect(name).toMatch(/^2\d{3}-/)
      expect(name.endsWith(`-before-${newest}.backup`)).toBe(true)
      expect(statSync(join(directory, 'backups', name)).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(directory, 'backups', name)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
    }
  },
  SLOW_START_MS,
)

test(
  'a database of a newer version is refused',
  async () => {
    const database = await openEmbeddedDatabase(directory)
    await migrateOrVerify(database, { databaseUrl: null }, true)
    await sql`insert into kysely_migration (name, timestamp) values ('9999_later', '')`.execute(database.kysely)
    await expect(migrateOrVerify(database, { databaseUrl: null }, true)).rejects.toThrow(
      'belongs to a newer version of Andon (it has 9999_later)',
    )
    await database.close()
  },
  SLOW_START_MS,
)

const SOURCE = new URL('../../src/', import.meta.url).href
const WRITE = `
const { openEmbeddedDatabase } = await import('${SOURCE}process/open-embedded-database.ts')
const { migrate } = await import('${SOURCE}store/migrate.ts')
const database = await openEmbeddedDatabase(process.argv[1])
await migrate(database)
for (let id = Number(process.argv[2]); ; id++) {
  await database.kysely.transaction().execute((trx) =>
    trx.insertInto('installations').values({ id, account: 'acme' }).execute(),
  )
  console.log(id)
}`
const KILLS = 2

test(
  'a process that is killed while it writes loses no row that it acknowledged',
  async () => {
    const chance = seededRandom(4)
    const acknowledged: number[] = []
    for (let kill = 1; kill <= KILLS; kill++) {
      const words = ['--input-type=module', '-e', WRITE, directory, `${kill * 1_000_000}`]
      child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
      const end = once(child, 'exit')
      const until = acknowledged.length + 20 + chance.integer(80)
      for await (const line of createInterface({ input: child.stdout! })) {
        acknowledged.push(Number(line))
        if (acknowledged.length === until) child.kill('SIGKILL')
      }
      await end
    }
    const database = await openEmbeddedDatabase(directory)
    const rows = await database.kysely.selectFrom('installations').select('id').execute()
    const stored = new Set(rows.map(({ id }) => id))
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    await database.close()
    console.log(`${KILLS} kills: ${acknowledged.length} rows acknowledged, 0 lost`)
  },
  SLOW_START_MS,
)
