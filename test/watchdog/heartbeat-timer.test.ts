import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { loadLoops, requestStop, upsertLoop } from '../../src/store/loops.ts'
import { heartbeatOf, type LoopProcess } from '../../src/watchdog/heartbeat.ts'
import { type HeartbeatTimer, identifySelf, startHeartbeat } from '../../src/watchdog/heartbeat-timer.ts'
import { startLoop } from '../../src/watchdog/loop.ts'
import { loadLoopsHealth } from '../../src/watchdog/loops-health.ts'
import { openTestDatabase } from '../support/database.ts'

const log = pino({ level: 'silent' })
const now = () => new Date().toISOString()
const SELDOM_MS = 2 ** 31 - 1

let database: Database
let dataDirectory: string
let self: LoopProcess
const beatings: HeartbeatTimer[] = []

beforeEach(async () => {
  database = await openTestDatabase()
  dataDirectory = mkdtempSync(join(tmpdir(), 'andon-beat-'))
  self = await identifySelf('worker')
})

afterEach(async () => {
  for (const beating of beatings.splice(0)) await beating.stop()
  await database.close()
  rmSync(dataDirectory, { recursive: true, force: true })
})

async function start(over: Partial<Parameters<typeof startHeartbeat>[0]> = {}): Promise<HeartbeatTimer> {
  const quiet = { loops: () => [], stopAsked: () => undefined, now, log, everyMs: SELDOM_MS }
  const beating = await startHeartbeat({ self, database, dataDirectory, ...quiet, ...over })
  beatings.push(beating)
  return beating
}

const path = () => join(dataDirectory, 'loops', `worker-${process.pid}.json`)
const inFile = () => JSON.parse(readFileSync(path(), 'utf8'))

test('the first beat is in the row and in the file before any work starts', async () => {
  await start()
  const [row] = await loadLoops(database)
  const { stopRequestedAt, ...heartbeat } = row ?? {}
  expect(heartbeat).toMatchObject({ ...self, id: `worker-${hostname()}-${process.pid}`, status: 'idle', iteration: 0 })
  expect(inFile()).toEqual(heartbeat)
  expect(stopRequestedAt).toBeNull()
  expect(readdirSync(join(dataDirectory, 'loops'))).toEqual([`worker-${process.pid}.json`])
})

test('an iteration that hangs does not delay the beat, which reports it', async () => {
  const hanging = Promise.withResolvers<number>()
  const loop = startLoop({ name: 'outbox', step: () => hanging.promise, everyMs: 1, now, log })
  const clock = countingClock()
  await start({ loops: () => [loop.state()], now: clock.now, everyMs: 1 })
  await clock.reaches(20)
  const [row] = await loadLoops(database)
  expect(row).toMatchObject({ status: 'running', iteration: 1, progressAt: null })
  expect(row?.inFlightSince).toBe(loop.state().inFlightSince)
  hanging.resolve(0)
  await loop.stop()
})

test('`stopping` is the last beat, and a loop that ends well leaves nothing', async () => {
  const clock = countingClock()
  const beating = await start({ now: clock.now, everyMs: 1 })
  await clock.reaches(10)
  await beating.stop()
  const beats = clock.count()
  expect(await loadLoops(database)).toMatchObject([{ status: 'stopping' }])
  expect(inFile().status).toBe('stopping')
  // Many turns of a timer that beats at each.
  const later = countingClock()
  const other = await start({ self: { ...self, role: 'all' }, now: later.now, everyMs: 1 })
  await later.reaches(20)
  await other.stop()
  expect(clock.count()).toBe(beats)
  expect((await loadLoops(database)).map(({ role, status }) => `${role} ${status}`).toSorted()).toEqual([
    'all stopping',
    'worker stopping',
  ])
  await beating.remove()
  await other.remove()
  expect(await loadLoops(database)).toEqual([])
  expect(readdirSync(join(dataDirectory, 'loops'))).toEqual([])
})

test('a beat reads the request to stop from the row', async () => {
  const stopAsked = Promise.withResolvers<void>()
  await start({ stopAsked: stopAsked.resolve, everyMs: 1 })
  expect(await requestStop(database, `worker-${hostname()}-${process.pid}`, now())).toBe(true)
  await stopAsked.promise
})

test('the files of a killed process on this machine are deleted, and nothing else', async () => {
  const at = now()
  const long = '2020-01-01T00:00:00.000Z'
  const reused = { ...self, role: 'all', startedAtTicks: '1' }
  const elsewhere = { ...self, host: 'elsewhere' }
  await upsertLoop(database, heartbeatOf(reused, [], at, false))
  await upsertLoop(database, heartbeatOf(elsewhere, [], long, false))
  const first = await start()
  writeFileSync(
    join(dataDirectory, 'loops', `all-${process.pid}.json`),
    JSON.stringify(heartbeatOf(reused, [], at, false)),
  )
  await first.stop()
  await start()
  const ids = (await loadLoops(database)).map(({ id }) => id).toSorted()
  expect(ids).toEqual([`worker-elsewhere-${process.pid}`, `worker-${hostname()}-${process.pid}`].toSorted())
  expect(readdirSync(join(dataDirectory, 'loops'))).toEqual([`worker-${process.pid}.json`])
})

test('with an unwritable folder the row still beats', async () => {
  await start({ dataDirectory: '/dev/null/andon' })
  expect(await loadLoops(database)).toHaveLength(1)
})

test('health names what is degraded: no worker, a stale one, one without progress', async () => {
  const health = () => loadLoopsHealth({ database, now })
  expect((await health()).degraded).toEqual(['no worker is alive: nothing is sent to GitHub'])
  await start()
  expect(await health()).toMatchObject({ degraded: [], loops: [{ state: 'alive', status: 'idle' }] })
  const elsewhere = { ...self, host: 'elsewhere' }
  const long = '2020-01-01T00:00:00.000Z'
  await upsertLoop(database, heartbeatOf(elsewhere, [], long, false))
  const stuck = { name: 'outbox', iteration: 1, progressAt: null, inFlightSince: long, lastError: null }
  await upsertLoop(database, heartbeatOf({ ...elsewhere, pid: 1 }, [stuck], now(), false))
  expect((await health()).degraded).toEqual([
    `worker-elsewhere-1 is alive and makes no progress: one iteration has been running since ${long}`,
    `worker-elsewhere-${process.pid} is stale: its last beat was at ${long}`,
  ])
})

/** A clock that counts its reads: one at every beat, for the row and the file. */
function countingClock() {
  const readings = new EventEmitter()
  let count = 0
  return {
    now() {
      count++
      readings.emit('reading')
      return now()
    },
    count: () => count,
    async reaches(wanted: number) {
      while (count < wanted) await once(readings, 'reading')
    },
  }
}
