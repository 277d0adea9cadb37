// Hints travel with the transaction that leaves them; on the embedded database over the one connection there is.
import { sql } from 'kysely'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { type JobQueue, openJobQueue } from '../../src/store/job-queue.ts'
import { openTestDatabase } from '../support/database.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'

let database: Database
let jobs: JobQueue

beforeEach(async () => {
  database = await openTestDatabase()
  jobs = await openJobQueue(database, pino({ level: 'silent' }))
})

afterEach(async () => {
  await jobs.stop()
  await database.close()
})

/** Resolves when a worker has looked for the first time since; the queue is warm with one hint from its opening. */
function looks(queue: 'outbox' | 'prune') {
  const seen: (() => void)[] = []
  const next = () => new Promise<void>((resolve) => seen.push(resolve))
  const first = next()
  const working = jobs.work(queue, async () => {
    for (const resolve of seen.splice(0)) resolve()
  })
  return { next, ready: Promise.all([working, first]) }
}

test('a hint left inside a transaction wakes a worker once that commits', async () => {
  const { next, ready } = looks('outbox')
  await ready
  const looked = next()
  await database.kysely.transaction().execute(async (trx) => {
    await trx
      .insertInto('installations')
      .values({ id: 1, account: 'acme', updatedAt: minutesAfterNine(0) })
      .execute()
    await jobs.enqueue(trx, 'outbox')
  })
  await looked
  expect(await database.kysely.selectFrom('installations').select('id').execute()).toHaveLength(1)
})

test('a hint is rolled back with its transaction', async () => {
  await looks('outbox').ready
  const failing = database.kysely.transaction().execute(async (trx) => {
    await jobs.enqueue(trx, 'outbox')
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await waitingHints()).toBe(0)
})

test('many hints left at once hold nobody up, and a worker looks', async () => {
  const { next, ready } = looks('outbox')
  await ready
  const looked = next()
  const leave = () => database.kysely.transaction().execute((trx) => jobs.enqueue(trx, 'outbox'))
  await Promise.all(Array.from({ length: 50 }, leave))
  await looked
})

async function waitingHints(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from pgboss.job where name = 'outbox' and state = 'created'`.execute(database.kysely)
  return rows[0]?.count ?? 0
}
