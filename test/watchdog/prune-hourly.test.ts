import { sql } from 'kysely'
import pino from 'pino'
import { expect, test } from 'vitest'
import { pruneHourly } from '../../src/watchdog/prune-hourly.ts'
import { openTestDatabase } from '../support/database.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'

test('one of several processes prunes, once an hour', async () => {
  const database = await openTestDatabase()
  const log = pino({ level: 'silent' })
  const old = { hookId: 1, name: 'issues', receivedAt: '2020-01-01T00:00:00.000Z', state: 'ignored' } as const
  async function pruneAt(minute: number): Promise<number> {
    await database.kysely
      .insertInto('deliveries')
      .values({ ...old, guid: `${minute}` })
      .execute()
    const o = { database, log, now: () => minutesAfterNine(minute) }
    return (await Promise.all([1, 2, 3].map(() => pruneHourly(o)))).reduce((a, b) => a + b)
  }
  expect([await pruneAt(0), await pruneAt(59), await pruneAt(60)]).toEqual([1, 0, 2])
  await database.close()
})

test('a pruning that ends in the middle is done again ten minutes later', async () => {
  const database = await openTestDatabase()
  const old = { hookId: 1, name: 'issues', receivedAt: '2020-01-01T00:00:00.000Z', state: 'ignored' } as const
  await database.kysely
    .insertInto('deliveries')
    .values({ ...old, guid: 'old' })
    .execute()
  const pruneAt = (minute: number) =>
    pruneHourly({ database, log: pino({ level: 'silent' }), now: () => minutesAfterNine(minute) })
  await sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`.execute(
    database.kysely,
  )
  await sql`create trigger refuse before delete on deliveries execute function refuse()`.execute(database.kysely)
  await expect(pruneAt(0)).rejects.toThrow('no')
  await sql`drop function refuse cascade`.execute(database.kysely)
  expect([await pruneAt(9), await pruneAt(10), await pruneAt(69), await pruneAt(70)]).toEqual([0, 1, 0, 0])
  await database.close()
})

test.runIf(process.env.ANDON_TEST_KIND === 'embedded')(
  'on the embedded database, which has no autovacuum, new rows take the place of those that were pruned',
  async () => {
    const database = await openTestDatabase('embedded')
    const body = Buffer.alloc(1_000, 'x')
    async function bytesAfterHour(hour: number): Promise<number> {
      const old = { hookId: 1, name: 'issues', receivedAt: '2020-01-01T00:00:00.000Z', state: 'ignored', body } as const
      const values = Array.from({ length: 500 }, (_, index) => ({ ...old, guid: `${hour}-${index}` }))
      await database.kysely.insertInto('deliveries').values(values).execute()
      await pruneHourly({ database, log: pino({ level: 'silent' }), now: () => minutesAfterNine(60 * hour) })
      const { rows } = await sql<{ bytes: number }>`select pg_table_size('deliveries')::integer as bytes`.execute(
        database.kysely,
      )
      return rows[0]?.bytes ?? 0
    }
    const first = await bytesAfterHour(1)
    for (let hour = 2; hour <= 4; hour += 1) expect(await bytesAfterHour(hour)).toBeLessThanOrEqual(first + 100_000)
    await database.close()
  },
)
