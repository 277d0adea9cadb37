import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { listPendingMigrations, migrate } from '../src/store/migrate.ts'
import { openTestDatabase } from './support/database.ts'
import { dumpSchema, SCHEMA_FILE } from './support/schema-dump.ts'

const FOLDER = resolve(import.meta.dirname, '../migrations')
const FILES = readdirSync(FOLDER).sort()

test('the migrations make the schema that is written down; `npm run schema:dump` writes it anew', async () => {
  const database = await openTestDatabase()
  expect(await dumpSchema(database)).toBe(readFileSync(SCHEMA_FILE, 'utf8'))
  await database.close()
})

test('a migrated database has nothing pending, and migrating it again does nothing', async () => {
  const database = await openTestDatabase()
  expect(await listPendingMigrations(database)).toEqual([])
  expect(await migrate(database)).toEqual([])
  await database.close()
})

test('migrations are numbered without a gap, so that no two of them can change places', () => {
  const numbers = FILES.map((file) => /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1])
  expect(numbers).toEqual(FILES.map((_, index) => `${index + 1}`.padStart(4, '0')))
})

test('a column that is added to a table with rows says what the rows get', () => {
  for (const file of FILES) {
    const added = readFileSync(resolve(FOLDER, file), 'utf8').match(/add column[^;,]*/gi) ?? []
    for (const column of added) expect(`${file}: ${column}`).not.toMatch(/not null(?!.*default)/is)
  }
})
