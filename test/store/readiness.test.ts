import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { obstacle } from '../../src/store/readiness.ts'
import { freshDatabase } from '../support/database.ts'

let database: Database | null = null
afterEach(() => database?.close())

test('a migrated database that may be written stands in nobody’s way', async () => {
  database = await freshDatabase()
  expect(await obstacle(database)).toBeNull()
})

test('a database that lacks a migration says which', async () => {
  database = await freshDatabase()
  await sql`delete from kysely_migration where name = '0001_the_line'`.execute(database.kysely)
  expect(await obstacle(database)).toBe('the database lacks 0001_the_line: run the migrations')
})

test('a database that is only for reading says where to go', async () => {
  database = await freshDatabase()
  await database.kysely.connection().execute(async (connection) => {
    await sql`set default_transaction_read_only = on`.execute(connection)
    const readOnly = { ...(database as Database), kysely: connection }
    try {
      expect(await obstacle(readOnly)).toBe('the database is read-only: point DATABASE_URL at the primary')
    } finally {
      await sql`set default_transaction_read_only = off`.execute(connection)
    }
  })
})
