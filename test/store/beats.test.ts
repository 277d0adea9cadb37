// Beats of agents and of our own loops.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { type Beat, loadBeats, upsertBeat } from '../../src/store/beats.ts'
import type { Database } from '../../src/store/database.ts'
import { deleteLoop, loadLoops, requestStop, upsertLoop } from '../../src/store/loops.ts'
import { openTestDatabase } from '../support/database.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'
import { writePipelines } from './support/pipeline-rows.ts'

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
})

afterEach(() => database.close())

const KEY = '42/plan/1-k3v9x'

function beat(known: Partial<Beat> = {}): Beat {
  const silent = { progress: null, text: null, url: null }
  return { repositoryId: 1, issueNumber: 42, attemptKey: KEY, runId: 7, at: minutesAfterNine(0), ...silent, ...known }
}

test('a beat is news only if its content differs from the previous one', async () => {
  expect(await upsertBeat(database, beat())).toBe(false)
  expect(await upsertBeat(database, beat({ progress: 40, at: minutesAfterNine(1) }))).toBe(true)
  expect(await upsertBeat(database, beat({ progress: 40, at: minutesAfterNine(2) }))).toBe(false)
  expect(await upsertBeat(database, beat({ at: minutesAfterNine(3) }))).toBe(false)
  expect(await upsertBeat(database, beat({ text: 'reading the code', at: minutesAfterNine(4) }))).toBe(true)
  expect(await upsertBeat(database, beat({ progress: 40, text: 'reading the code', at: minutesAfterNine(5) }))).toBe(
    false,
  )
  expect(await upsertBeat(database, beat({ attemptKey: '42/plan/2-aaaaa', url: 'https://example.org' }))).toBe(true)
  const [first] = await database.kysely.selectFrom('beats').selectAll().orderBy('aliveAt', 'desc').execute()
  expect(first).toMatchObject({ aliveAt: minutesAfterNine(5), progress: 40, text: 'reading the code', url: null })
})

test('beats that arrive out of order never make an attempt look older than it is', async () => {
  const chance = seededRandom(3)
  const order = chance.shuffle(Array.from({ length: 30 }, (_, index) => index))
  for (const at of order) await upsertBeat(database, beat({ at: minutesAfterNine(at) }))
  expect(await database.kysely.selectFrom('beats').select('aliveAt').execute()).toEqual([
    { aliveAt: minutesAfterNine(29) },
  ])
})

test('the same key in two repositories is two attempts', async () => {
  await upsertBeat(database, beat({ repositoryId: 1, at: minutesAfterNine(1) }))
  await upsertBeat(database, beat({ repositoryId: 2, at: minutesAfterNine(2) }))
  expect(await database.kysely.selectFrom('beats').select('aliveAt').orderBy('repositoryId').execute()).toEqual([
    { aliveAt: minutesAfterNine(1) },
    { aliveAt: minutesAfterNine(2) },
  ])
})

test('the latest beats are read by attempt, and only those of the pipeline', async () => {
  await writePipelines(database, [{ issueNumber: 42 }, { issueNumber: 420 }])
  const ids = (await database.kysely.selectFrom('pipelines').select('id').orderBy('issueNumber').execute()).map(
    ({ id }) => id,
  )
  await upsertBeat(database, beat({ at: minutesAfterNine(1) }))
  await upsertBeat(database, beat({ attemptKey: '42/code/1-bbbbb', at: minutesAfterNine(2) }))
  await upsertBeat(database, beat({ issueNumber: 420, attemptKey: '420/plan/1-ccccc', at: minutesAfterNine(3) }))
  await upsertBeat(database, beat({ repositoryId: 2, at: minutesAfterNine(4) }))
  const beats = await loadBeats(database, ids)
  expect(beats.get(ids[0]!)).toEqual({ [KEY]: minutesAfterNine(1), '42/code/1-bbbbb': minutesAfterNine(2) })
  expect(beats.get(ids[1]!)).toEqual({ '420/plan/1-ccccc': minutesAfterNine(3) })
})

const LOOP = {
  id: 'worker-host-12',
  host: 'host',
  pid: 12,
  startedAtTicks: '900',
  role: 'worker',
  status: 'running',
  iteration: 1,
  beatAt: minutesAfterNine(0),
  progressAt: null,
  inFlightSince: null,
  lastError: null,
} as const

test('a loop has one row however often it beats, and learns of a stop request at its next beat', async () => {
  expect(await upsertLoop(database, LOOP)).toBeNull()
  expect(await requestStop(database, LOOP.id, minutesAfterNine(1))).toBe(true)
  expect(await upsertLoop(database, { ...LOOP, iteration: 2, beatAt: minutesAfterNine(2), status: 'idle' })).toBe(
    minutesAfterNine(1),
  )
  expect(await loadLoops(database)).toEqual([
    { ...LOOP, iteration: 2, beatAt: minutesAfterNine(2), status: 'idle', stopRequestedAt: minutesAfterNine(1) },
  ])
  await deleteLoop(database, LOOP.id)
  expect(await loadLoops(database)).toEqual([])
})

test('asking an unknown loop to stop says so, and does not stop a later process of the same name', async () => {
  expect(await requestStop(database, LOOP.id, minutesAfterNine(1))).toBe(false)
  await upsertLoop(database, LOOP)
  await requestStop(database, LOOP.id, minutesAfterNine(1))
  expect(await upsertLoop(database, { ...LOOP, startedAtTicks: '901' })).toBeNull()
  expect(await upsertLoop(database, { ...LOOP, startedAtTicks: '901' })).toBeNull()
})
