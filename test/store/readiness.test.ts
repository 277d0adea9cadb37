import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { whyNotReady } from '../../src/store/readiness.ts'
import { openTestDatabase } from '../support/database.ts'

let database: Database | null = null
afterEach(() => database?.close())

test('a migrated and writable database is ready', async () => {
  database = await openTestDatabase()
  expect(await whyNotReady(database)).toBeNull()
})

test('a database that lacks a migration is not ready, and the reason names it', async () => {
  database = await openTestDatabase()
  await sql`delete from kysely_migration where name = '0001_the_line'`.execute(database.kysely)
  expect(await whyNotReady(database)).toBe('the database lacks 0001_the_line: run the migrations')
})

test('a read-only database is not ready, and the reason says what to do', async () => {
  database = await openTestDatabase()
  await database.reserved.connection().execute(async (connection) => {
    await sql`set default_transaction_read_only = on`.execute(connection)
    const readOnly = { ...(database as Database), reserved: connection }
    try {
      expect(await whyNotReady(readOnly)).toBe('the database is read-only: point DATABASE_URL at the primary')
    } finally {
      await sql`set default_transaction_read_only = off`.execute(connection)
    }
  })
})
