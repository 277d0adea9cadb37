// A listener whose connection breaks reports it, opens another, and reports again: notifications in between are lost.
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeEach(async () => {
  database = await openTestDatabase('postgres')
})

afterEach(async () => {
  await database.close()
})

/** A listener, and its reports as promises that a test can await. */
async function listener() {
  const received: string[] = []
  const waiting: { event: string; resolve: () => void }[] = []
  const happened = (event: string) => {
    received.push(event)
    for (const each of waiting.splice(0)) each.event === event ? each.resolve() : waiting.push(each)
  }
  const stop = await database.listen(
    'andon',
    (payload) => happened(payload),
    () => happened('lost'),
  )
  const next = (event: string) => new Promise<void>((resolve) => waiting.push({ event, resolve }))
  return { received, stop, next }
}

const notify = (payload: string) => sql`select pg_notify('andon', ${payload})`.execute(database.kysely)
const cut = () =>
  sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like 'listen %'`.execute(database.kysely)

test('a listener reconnects after its connection was cut, and reports twice that it may have missed something', async () => {
  const { received, stop, next } = await listener()
  const first = next('one')
  await notify('one')
  await first
  for (let round = 0; round < 3; round++) {
    const lost = next('lost')
    await cut()
    await lost
    await next('lost')
    const again = next(`round ${round}`)
    await notify(`round ${round}`)
    await again
  }
  const turn = (round: number) => ['lost', 'lost', `round ${round}`]
  expect(received).toEqual(['one', ...turn(0), ...turn(1), ...turn(2)])
  await stop()
})

test('all listeners of a process share one connection, which closes with the last of them', async () => {
  const [one, other] = [await listener(), await listener()]
  const connections = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*) from pg_stat_activity
      where datname = current_database() and query like 'listen %'`.execute(database.kysely)
    return rows[0]?.count
  }
  expect(await connections()).toBe(1)
  const both = [one.next('both'), other.next('both')]
  await notify('both')
  await Promise.all(both)
  await one.stop()
  const alone = other.next('alone')
  await notify('alone')
  await alone
  expect(one.received).toEqual(['both'])
  await other.stop()
  expect(await connections()).toBe(0)
})

test('a stopped listener receives nothing, reports nothing and leaves no connection', async () => {
  const { received, stop } = await listener()
  await stop()
  await notify('after the end')
  const { rows } = await sql<{ count: number }>`
    select count(*) from pg_stat_activity
    where datname = current_database() and query like 'listen %'`.execute(database.kysely)
  expect([rows[0]?.count, received]).toEqual([0, []])
})
