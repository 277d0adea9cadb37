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
