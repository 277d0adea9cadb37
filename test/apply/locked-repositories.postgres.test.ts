// Somebody keeps rows locked: a person at a console, a process that was stopped. What needs them waits, the rest goes on.
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Unavailable } from '../../src/apply/apply-request.ts'
import type { Door } from '../../src/apply/door.ts'
import { whyNotReady } from '../../src/store/readiness.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { withClient } from '../support/database-template.ts'
import { issueLabeled } from '../support/pipeline-fixtures.ts'
import { arrivalOf, deliveriesIn, openTestDoor, pipelinesIn } from './support/arrivals.ts'

const GITHUB_WAITS_MS = 10_000
const WITHIN = { timeout: 5_000 }

let database: TestDatabase
let door: Door

beforeEach(async () => {
  database = await openTestDatabase('postgres')
  door = openTestDoor(database)
})

afterEach(async () => {
  await door.close()
  await database.close()
})

const arrivalIn = (repositoryId: number, number: number, title = 'An issue') => {
  const event = issueLabeled({ number, title })
  const repository = { ...event.repository, id: repositoryId, fullName: `acme/r${repositoryId}` }
  return arrivalOf({ ...event, repository })
}

async function whileLocked(statement: string, work: (letGo: () => Promise<unknown>) => Promise<void>): Promise<void> {
  await withClient(database.url ?? '', async (client) => {
    await client.query('begin')
    await client.query(statement)
    await work(() => client.query('commit'))
  })
}

test('two locked repositories keep no other out, are named, and go on when they are let go', async () => {
  for (let id = 1; id <= 5; id++) await door.apply(arrivalIn(id, 1))
  await whileLocked('select from repositories where id in (1, 2) for update', async (letGo) => {
    const locked = [arrivalIn(1, 2), arrivalIn(2, 2), arrivalIn(1, 3)].map((arrival) => door.apply(arrival))
    const others: Promise<unknown>[] = []
    for (let id = 3; id <= 5; id++)
      for (let number = 2; number <= 10; number++) others.push(door.apply(arrivalIn(id, number)))
    await Promise.all(others)
    // The lanes are free: had each of the twenty waited a second for a lock, the three would have been turned away after eight.
    for (let number = 11; number <= 30; number++) await door.apply(arrivalIn(3, number))
    expect(door.resting()).toMatch(/keeps 2 repositories locked/)
    expect([door.hangs(), door.problem(), await whyNotReady(database, door.rehearse)]).toEqual([null, null, null])
    await letGo()
    expect(await Promise.all(locked)).toEqual(locked.map(() => ({ duplicate: false, state: 'applied' })))
  })
  await door.apply(arrivalIn(2, 3))
  await door.apply(arrivalIn(1, 4))
  expect(door.resting()).toBeNull()
  expect(await pipelinesIn(database)).toHaveLength(5 + 3 + 27 + 20 + 2)
})

test('readiness rehearses a delivery in every table that deliveries change', async () => {
  await door.apply(arrivalIn(1, 1))
  await withClient(database.url ?? '', async (client) => {
    await client.query(`create function no_room() returns trigger language plpgsql as $$ begin
      raise exception using errcode = '53100', message = 'no room'; end $$`)
    const isFull = (table: string) =>
      client.query(`create trigger no_room before insert on ${table} execute function no_room()`)
    const isRoomy = (table: string) => client.query(`drop trigger no_room on ${table}`)
    await isFull('pipelines')
    await expect(door.apply(arrivalIn(1, 2))).rejects.toBeInstanceOf(Unavailable)
    await isRoomy('pipelines')
    for (const table of ['deliveries', 'repositories', 'pipelines', 'history', 'runs']) {
      await isFull(table)
      const reason = await whyNotReady(database, door.rehearse)
      expect([table, reason]).toEqual([table, 'deliveries cannot be stored (no room)'])
      await isRoomy(table)
    }
  })
  expect(await whyNotReady(database, door.rehearse)).toBeNull()
  expect(door.problem()).toMatch(/no room/)
  for (let count = 1; count < 20; count++) expect(await door.rehearse()).toBeNull()
  expect(door.problem()).toBeNull()
  // Nothing of it is left.
  expect(await pipelinesIn(database)).toHaveLength(1)
  expect(await deliveriesIn(database)).toHaveLength(1)
})

test('what a commit came to says whether the door is open; what can be read says nothing while every lane waits', async () => {
  for (const id of [1, 2]) await door.apply(arrivalIn(id, 1))
  const mayNotRead = () => Promise.reject(new Error('nobody reads'))
  expect(await door.whyClosed(mayNotRead)).toBeNull()
  await whileLocked('lock table deliveries in exclusive mode', async (letGo) => {
    const waiting = [door.apply(arrivalIn(1, 2)), door.apply(arrivalIn(2, 2))]
    await pause(700)
    let answer: string | null | undefined
    const asked = door
      .whyClosed(async () => null)
      .then((reason) => {
        answer = reason
      })
    await pause(100)
    expect(answer).toBeUndefined()
    await letGo()
    await Promise.all([...waiting, asked])
    expect(answer).toBeNull()
  })
})

test('what waits for a lock that is not let go is turned away in time, and then nothing is said to be locked', async () => {
  for (const id of [1, 2]) await door.apply(arrivalIn(id, 1))
  await whileLocked('select from pipelines where repository_id = 1 for update', async () => {
    const startedAt = performance.now()
    const turnedAway = door.apply(arrivalIn(1, 1, 'Another title')).catch((error: unknown) => error)
    await door.apply(arrivalIn(2, 2))
    await expect.poll(() => door.resting(), WITHIN).toMatch(/keeps a repository locked/)
    expect(await turnedAway).toBeInstanceOf(Unavailable)
    expect(performance.now() - startedAt).toBeLessThan(GITHUB_WAITS_MS)
    await expect.poll(() => door.resting(), WITHIN).toBeNull()
  })
})
