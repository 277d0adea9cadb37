// Signs of life: agents' and our own.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Beat, beatsOf, upsertBeat } from '../../src/store/beats.ts'
import type { Database } from '../../src/store/database.ts'
import { askToStop, beatLoop, forgetLoop, readLoops } from '../../src/store/loops.ts'
import { freshDatabase } from '../support/database.ts'
import { minute } from '../support/pipeline-fixtures.ts'
import { seeded } from '../support/seeded-random.ts'
import { writePipelines } from './support/pipeline-rows.ts'

let database: Database

beforeEach(async () => {
  database = await freshDatabase()
})

afterEach(() => database.close())

const KEY = '42/plan/1-k3v9x'

function beat(known: Partial<Beat> = {}): Beat {
  const silent = { progress: null, text: null, url: null }
  return { repositoryId: 1, issueNumber: 42, attemptKey: KEY, runId: 7, at: minute(0), ...silent, ...known }
}

test('a beat that says nothing is no news; one that says something is, until it is said again', async () => {
  expect(await upsertBeat(database, beat())).toBe(false)
  expect(await upsertBeat(database, beat({ progress: 40, at: minute(1) }))).toBe(true)
  expect(await upsertBeat(database, beat({ progress: 40, at: minute(2) }))).toBe(false)
  expect(await upsertBeat(database, beat({ at: minute(3) }))).toBe(false)
  expect(await upsertBeat(database, beat({ text: 'reading the code', at: minute(4) }))).toBe(true)
  expect(await upsertBeat(database, beat({ progress: 40, text: 'reading the code', at: minute(5) }))).toBe(false)
  expect(await upsertBeat(database, beat({ attemptKey: '42/plan/2-aaaaa', url: 'https://example.org' }))).toBe(true)
  const [first] = await database.kysely.selectFrom('beats').selectAll().orderBy('aliveAt', 'desc').execute()
  expect(first).toMatchObject({ aliveAt: minute(5), progress: 40, text: 'reading the code', url: null })
})

test('beats that arrive out of order never make an attempt look older than it is', async () => {
  const chance = seeded(3)
  const order = chance.shuffle(Array.from({ length: 30 }, (_, index) => index))
  for (const at of order) await upsertBeat(database, beat({ at: minute(at) }))
  expect(await database.kysely.selectFrom('beats').select('aliveAt').execute()).toEqual([{ aliveAt: minute(29) }])
})

test('the same key in two repositories is two attempts', async () => {
  await upsertBeat(database, beat({ repositoryId: 1, at: minute(1) }))
  await upsertBeat(database, beat({ repositoryId: 2, at: minute(2) }))
  expect(await database.kysely.selectFrom('beats').select('aliveAt').orderBy('repositoryId').execute()).toEqual([
    { aliveAt: minute(1) },
    { aliveAt: minute(2) },
  ])
})

test('the latest beats of a pipeline are read by attempt, and nobody else is', async () => {
  await writePipelines(database, [{ issueNumber: 42 }, { issueNumber: 420 }])
  const ids = (await database.kysely.selectFrom('pipelines').select('id').orderBy('issueNumber').execute()).map(
    ({ id }) => id,
  )
  await upsertBeat(database, beat({ at: minute(1) }))
  await upsertBeat(database, beat({ attemptKey: '42/code/1-bbbbb', at: minute(2) }))
  await upsertBeat(database, beat({ issueNumber: 420, attemptKey: '420/plan/1-ccccc', at: minute(3) }))
  await upsertBeat(database, beat({ repositoryId: 2, at: minute(4) }))
  const beats = await beatsOf(database, ids)
  expect(beats.get(ids[0]!)).toEqual({ [KEY]: minute(1), '42/code/1-bbbbb': minute(2) })
  expect(beats.get(ids[1]!)).toEqual({ '420/plan/1-ccccc': minute(3) })
})

const LOOP = {
  id: 'worker-host-12',
  host: 'host',
  pid: 12,
  startedAtTicks: '900',
  role: 'worker',
  status: 'running',
  iteration: 1,
  beatAt: minute(0),
  progressAt: null,
  inFlightSince: null,
  lastError: null,
} as const

test('a loop is one row however often it beats, and learns at its next beat that it was asked to stop', async () => {
  expect(await beatLoop(database, LOOP)).toBeNull()
  expect(await askToStop(database, LOOP.id, minute(1))).toBe(true)
  expect(await beatLoop(database, { ...LOOP, iteration: 2, beatAt: minute(2), status: 'idle' })).toBe(minute(1))
  expect(await readLoops(database)).toEqual([
    { ...LOOP, iteration: 2, beatAt: minute(2), status: 'idle', stopAskedAt: minute(1) },
  ])
  await forgetLoop(database, LOOP.id)
  expect(await readLoops(database)).toEqual([])
})

test('asking a loop that is not there says so, and a process that got its name later is not asked', async () => {
  expect(await askToStop(database, LOOP.id, minute(1))).toBe(false)
  await beatLoop(database, LOOP)
  await askToStop(database, LOOP.id, minute(1))
  expect(await beatLoop(database, { ...LOOP, startedAtTicks: '901' })).toBeNull()
  expect(await beatLoop(database, { ...LOOP, startedAtTicks: '901' })).toBeNull()
})
