// Tests that share a database one after another must not notice.
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { NOTIFY_CHANNEL, notifyChange } from '../../src/store/notify.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { minutesAfterNine } from './pipeline-fixtures.ts'

/** Inserts a row; resolves to its id. */
async function insertDelivery({ kysely }: TestDatabase): Promise<number> {
  const { id } = await kysely
    .insertInto('deliveries')
    .values({ hookId: 1, guid: 'guid-1', name: 'issues', receivedAt: minutesAfterNine(0), state: 'ignored' })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

test('no row, sequence number or listener of a test reaches the next', async () => {
  const first = await openTestDatabase()
  const received: string[] = []
  await first.listen(
    NOTIFY_CHANNEL,
    (payload) => received.push(payload),
    () => undefined,
  )
  expect(await insertDelivery(first)).toBe(1)
  await first.close()
  const second = await openTestDatabase()
  expect(await insertDelivery(second)).toBe(1)
  await second.kysely.transaction().execute((trx) => notifyChange(trx, 'everything'))
  await second.kysely.selectFrom('deliveries').select('id').execute()
  expect(received).toEqual([])
  await second.close()
})

test('a connection that a test closed stays closed for that test', async () => {
  const first = await openTestDatabase()
  await first.close()
  const second = await openTestDatabase()
  await expect(insertDelivery(first)).rejects.toThrow()
  expect(await insertDelivery(second)).toBe(1)
  await second.close()
})

test('a database whose schema a test changed is not reused', async () => {
  const changes = ['create table own (id integer)', 'drop table beats', "delete from kysely_migration where name > '0'"]
  for (const change of changes) {
    const changed = await openTestDatabase()
    await sql.raw(change).execute(changed.kysely)
    await changed.close()
    const next = await openTestDatabase()
    const { rows } = await sql<{ own: string | null; beats: string | null; migrations: number }>`
      select to_regclass('own')::text as own, to_regclass('beats')::text as beats,
        (select count(*) from kysely_migration)::integer as migrations`.execute(next.kysely)
    expect(rows[0], change).toMatchObject({ own: null, beats: 'beats' })
    expect(rows[0]?.migrations, change).toBeGreaterThan(0)
    await next.close()
  }
})
