// What only a real server can show: many writers in several pools, readers beside them, and a server that cuts connections.
import { sql } from 'kysely'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { Unavailable } from '../../src/apply/apply-request.ts'
import { openDoor } from '../../src/apply/door.ts'
import { loadBoard } from '../../src/store/board.ts'
import type { Database } from '../../src/store/database.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { openTestDatabase, postgresAdminUrl, type TestDatabase } from '../support/database.ts'
import { withClient } from '../support/database-template.ts'
import { forEachConcurrently } from '../support/http-load.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { issueChanged, issueLabeled, pullRequestChanged, runChanged } from '../support/pipeline-fixtures.ts'
import { arrivalOf, deliveriesIn, labelIssue, NOW, openTestDoor, pipelinesIn } from './support/arrivals.ts'

let database: TestDatabase
const pools: Database[] = []

beforeEach(async () => {
  database = await openTestDatabase('postgres')
})

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
  await database.close()
})

async function pool(): Promise<Database> {
  const opened = await openPostgresDatabase(database.url!)
  pools.push(opened)
  return opened
}

const ISSUES = repetitions(50, 200)
const DELIVERIES = repetitions(400, 1_500)
const LABELED_ISSUES = repetitions(200, 600)
const CONCURRENT_APPLIERS = 64

test('64 appliers in two pools begin one pipeline per issue, and disturb no reader', async () => {
  const chance = seededRandom(randomSeed(3))
  const [one, two] = [await pool(), await pool()]
  const doors = [openTestDoor(one), openTestDoor(two)]
  const arrivals = Array.from({ length: ISSUES }, (_, index) => index + 1).flatMap((number) => {
    const branch = `claude/issue-${number}-x`
    const events = [
      issueLabeled({ number }),
      issueChanged({ number }, 'opened'),
      runChanged({ id: number, workflow: 'code.yml', branch }),
      runChanged({ id: number, workflow: 'code.yml', branch, conclusion: 'success' }),
      pullRequestChanged({ number: 1000 + number, branch }),
    ]
    return events.flatMap((event) => Array.from({ length: 1 + chance.integer(3) }, () => arrivalOf(event)))
  })
  // Every delivery arrives at both processes, as redeliveries do.
  const sent = chance.shuffle([...arrivals, ...arrivals])
  let reading = true
  let reads = 0
  const readers = Array.from({ length: 8 }, async (_, index) => {
    while (reading) {
      const { counts, rows } = await loadBoard(index % 2 ? one : two, { visible: 'all', limit: 500 }, NOW)
      const { running, review, queued, failed } = counts
      expect(rows.filter(({ light }) => light !== 'idle')).toHaveLength(running + review + queued + failed)
      reads++
    }
  })
  const states = new Map<string, number>()
  await forEachConcurrently(CONCURRENT_APPLIERS, sent, async (arrival, index) => {
    const { state, duplicate } = await doors[index % 2]!.apply(arrival)
    const word = duplicate ? 'duplicate' : state
    states.set(word, (states.get(word) ?? 0) + 1)
  })
  reading = false
  await Promise.all(readers)
  expect(Object.fromEntries(states)).toEqual({ applied: arrivals.length, duplicate: arrivals.length })
  const pipelines = await pipelinesIn(database)
  expect(pipelines.map(({ issueNumber }) => issueNumber)).toEqual(Array.from({ length: ISSUES }, (_, n) => n + 1))
  expect(new Set(pipelines.map(({ light, stage }) => `${light} ${stage}`))).toEqual(new Set(['review review']))
  await Promise.all(doors.map((each) => each.close()))
  recordMeasurements('races', {
    faults: sent.length,
    doubled: 0,
    wrong: 0,
    appliers: CONCURRENT_APPLIERS,
    pipelines: ISSUES,
    'reads meanwhile': reads,
  })
}, 120_000)

test('groups over many repositories in any order never deadlock', async () => {
  const chance = seededRandom(randomSeed(5))
  const doors = [openTestDoor(await pool()), openTestDoor(await pool()), openTestDoor(await pool())]
  const arrivals = Array.from({ length: DELIVERIES }, (_, index) => {
    const id = 1 + chance.integer(40)
    const event = issueLabeled({ number: 1 + chance.integer(5), title: `${index}` })
    const repository = { ...event.repository, id, fullName: `acme/repository-${id}`, installationId: 1 + (id % 7) }
    return arrivalOf({ ...event, repository })
  })
  const deadlocks = () =>
    sql<{ deadlocks: number }>`select deadlocks from pg_stat_database where datname = current_database()`
  await forEachConcurrently(96, arrivals, async (arrival, index) => {
    expect(await doors[index % 3]!.apply(arrival)).toEqual({ duplicate: false, state: 'applied' })
  })
  await Promise.all(doors.map((each) => each.close()))
  await Promise.all(pools.splice(0).map((each) => each.close()))
  await sql`select pg_stat_force_next_flush()`.execute(database.kysely).catch(() => undefined)
  const { rows } = await deadlocks().execute(database.kysely)
  expect(rows[0]?.deadlocks).toBe(0)
  recordMeasurements('races', { faults: DELIVERIES, stuck: 0, doors: 3 })
}, 60_000)

test('a server that keeps cutting connections costs only 503s: acknowledged deliveries are stored', async () => {
  const opened = openTestDoor(await pool())
  const acknowledged = new Set<string>()
  let turnedAway = 0
  const name = new URL(database.url!).pathname.slice(1)
  const cut = () =>
    withClient(postgresAdminUrl(), (client) =>
      client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]),
    )
  const arrivals = Array.from({ length: LABELED_ISSUES }, (_, index) => arrivalOf(labelIssue(index + 1)))
  await forEachConcurrently(32, arrivals, async (arrival, index) => {
    if (index % 20 === 10) await cut()
    while (!acknowledged.has(arrival.delivery!.guid)) {
      try {
        await opened.apply(arrival)
        acknowledged.add(arrival.delivery!.guid)
      } catch (error) {
        expect(error).toBeInstanceOf(Unavailable)
        turnedAway++
      }
    }
  })
  await opened.close()
  const stored = await deliveriesIn(database)
  expect(new Set(stored.map(({ guid }) => guid))).toEqual(acknowledged)
  expect(stored.every(({ state }) => state === 'applied')).toBe(true)
  expect((await pipelinesIn(database)).map(({ revision }) => revision)).toEqual(arrivals.map(() => 1))
  expect(turnedAway).toBeGreaterThan(0)
  recordMeasurements('races', {
    faults: LABELED_ISSUES / 20,
    lost: 0,
    acknowledged: acknowledged.size,
    'turned away': turnedAway,
  })
}, 60_000)

test('without a database every request is refused, and nothing hangs', async () => {
  const nowhere = await openPostgresDatabase('postgres://postgres@127.0.0.1:9/nothing')
  const opened = openDoor({ database: nowhere, now: () => NOW, log: pino({ level: 'silent' }) })
  const outcomes = await Promise.allSettled([1, 2, 3].map((number) => opened.apply(arrivalOf(labelIssue(number)))))
  for (const outcome of outcomes) {
    expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(Unavailable)
  }
  await opened.close()
  await nowhere.close()
})
