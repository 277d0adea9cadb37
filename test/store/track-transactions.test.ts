import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { isInTransaction } from '../../src/store/track-transactions.ts'
import { openTestDatabase } from '../support/database.ts'

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
})

afterEach(async () => {
  await database.close()
})

test('a transaction is open for the code inside it only', async () => {
  expect(isInTransaction()).toBe(false)
  const inside = database.kysely.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx)
    return isInTransaction()
  })
  expect(isInTransaction()).toBe(false)
  expect(await inside).toBe(true)
})

test('a read-only snapshot is open for the code inside it too', async () => {
  const reading = database.kysely.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  expect(await reading.execute(async () => isInTransaction())).toBe(true)
})

test('code that outlives its transaction may query again', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const outlived = await database.kysely.transaction().execute(async () => {
    const later = released.then(isInTransaction)
    return { later }
  })
  release()
  expect(await outlived.later).toBe(false)
})

test('a query beside the open transaction is refused instead of a deadlock', async () => {
  const around = database.kysely.transaction().execute(async () => {
    await database.kysely.selectFrom('pipelines').select('id').execute()
  })
  await expect(around).rejects.toThrow('this query bypasses the open transaction')
  expect(await database.kysely.selectFrom('pipelines').select('id').execute()).toEqual([])
})

test('a transaction that fails leaves nothing and frees the connection', async () => {
  const failing = database.kysely.transaction().execute(async (trx) => {
    await trx.insertInto('installations').values({ id: 1, account: 'acme' }).execute()
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await database.kysely.selectFrom('installations').select('id').execute()).toEqual([])
})

test('transactions that start at the same time all complete', async () => {
  const ids = Array.from({ length: 20 }, (_, id) => id + 1)
  await Promise.all(
    ids.map((id) =>
      database.kysely.transaction().execute(async (trx) => {
        await trx.insertInto('installations').values({ id, account: 'acme' }).execute()
      }),
    ),
  )
  const rows = await database.kysely.selectFrom('installations').select('id').orderBy('id').execute()
  expect(rows.map(({ id }) => id)).toEqual(ids)
})
