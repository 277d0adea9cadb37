// Connections that die without a word, and locks that nobody lets go: nothing waits for either for long.
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

let direct: TestDatabase
let proxy: TcpProxy
let database: Database

beforeEach(async () => {
  direct = await openTestDatabase('postgres')
  proxy = await openTcpProxy(direct.url ?? '')
  database = await openPostgresDatabase(proxy.url, { reservedBounds: { answerMs: 600, transactionMs: 900 } })
})

afterEach(async () => {
  await database.close()
  await proxy.close()
  await direct.close()
})

const ask = (kysely: Database['kysely']) => sql`select 1`.execute(kysely)

test('connections that go silent are ended in time, the idle ones with the first that is used', async () => {
  await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.05)`.execute(database.reserved)))
  let losses = 0
  await database.listen(
    'andon',
    () => undefined,
    () => losses++,
  )
  proxy.silence()
  const before = proxy.opened()
  await expect(ask(database.reserved)).rejects.toThrow('did not answer within 600 ms')
  // The other two, and the one that listens, were given up with it.
  await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.05)`.execute(database.reserved)))
  await expect.poll(() => losses).toBe(2)
  expect(proxy.opened() - before).toBe(4)
})

test('a transaction past its deadline loses its connection, and what comes next has another', async () => {
  const pid = async (kysely: Database['kysely']) =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(kysely)).rows[0]?.pid
  const first = await pid(database.reserved)
  const dawdles = database.reserved.transaction().execute(async (trx) => {
    for (;;) {
      await ask(trx)
      await pause(100)
    }
  })
  await expect(dawdles).rejects.toThrow('connection')
  expect(await pid(database.reserved)).not.toBe(first)
})

test('a server that has become read-only is left for the one to which its address leads now', async () => {
  const write = () => sql`update chores set due_at = due_at`.execute(database.kysely)
  await write()
  // The open sessions are those of a primary of old; new ones lead to the new primary.
  await sql`select set_config('default_transaction_read_only', 'on', false)`.execute(database.kysely)
  await expect(write()).rejects.toThrow('read-only')
  await write()
})
