// A heartbeat is evidence: a corpus of bad ones, none of which ever counts as a living loop.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { identifyProcess, type ProcessIdentity, readStartTicks } from '../../src/process/process-identity.ts'
import type { LoopRow } from '../../src/store/loops.ts'
import { type Heartbeat, heartbeatOf, isProgressing } from '../../src/watchdog/heartbeat.ts'
import { readHeartbeatFiles } from '../../src/watchdog/heartbeat-files.ts'
import type { LoopState } from '../../src/watchdog/loop.ts'
import { listRegisteredLoops } from '../../src/watchdog/loop-registry.ts'
import { whyNotHealthy } from '../../src/watchdog/loops-health.ts'
import { recordMeasurements } from '../support/measurements.ts'
import { BAD_HEARTBEATS, GOOD, HOST, NOW } from './support/bad-heartbeats.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'andon-heartbeats-'))
  mkdirSync(join(directory, 'loops'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function put(name: string, text: string): void {
  writeFileSync(join(directory, 'loops', name), text)
}

async function registry(rows: readonly LoopRow[] = [], identity: ProcessIdentity = 'same') {
  const files = await readHeartbeatFiles(directory)
  return listRegisteredLoops({ rows, files, now: NOW, host: HOST, identify: async () => identity })
}

function rowOf(over: Partial<LoopRow>): LoopRow {
  const row = { ...GOOD, stopRequestedAt: null, ...over }
  return { ...row, id: over.id ?? `${row.role}-${row.host}-${row.pid}` }
}

test('a good heartbeat is alive and proven', async () => {
  put('worker-4711.json', JSON.stringify(GOOD))
  expect(await registry()).toMatchObject([{ id: GOOD.id, state: 'alive', isProven: true, isProgressing: true }])
})

describe('a bad heartbeat is never alive', () => {
  test.each(BAD_HEARTBEATS)('$name', async ({ text, identity, state, reason }) => {
    put('worker-4711.json', text)
    const [known, ...others] = await registry([], identity)
    expect(others).toEqual([])
    expect(known).toMatchObject({ state, isProgressing: false })
    expect(known?.reason).toMatch(reason)
  })

  test('in a row or in a file', async () => {
    const bad = [
      rowOf({ pid: -1 }),
      rowOf({ pid: 2, beatAt: '2026-11-21T14:59:00.000Z' }),
      rowOf({ pid: 3, beatAt: '2026-11-21T14:01:29.999Z' }),
      rowOf({ pid: 4, id: 'worker-here-5' }),
      rowOf({ pid: 5, host: '' }),
    ]
    const states = (await registry(bad)).map(({ state }) => state)
    expect(states.toSorted()).toEqual(['stale', 'untrusted', 'untrusted', 'untrusted', 'untrusted'])
    recordMeasurements('bad-heartbeats', { faults: BAD_HEARTBEATS.length + bad.length, wrong: 0 })
  })
})

test('a missing file is no loop', async () => {
  expect(await registry()).toEqual([])
  rmSync(join(directory, 'loops'), { recursive: true })
  expect(await registry()).toEqual([])
})

test('a row of another machine is alive as long as it beats, and never proven', async () => {
  expect(await registry([rowOf({ host: 'elsewhere' })], 'other')).toMatchObject([{ state: 'alive', isProven: false }])
})

test('of a row and a file about one loop the later beat counts, and the request to stop is kept', async () => {
  put('worker-4711.json', JSON.stringify(GOOD))
  const older = rowOf({ beatAt: '2026-11-21T13:00:00.000Z', stopRequestedAt: '2026-11-21T13:00:01.000Z' })
  expect(await registry([older])).toMatchObject([{ state: 'alive', stopRequestedAt: '2026-11-21T13:00:01.000Z' }])
  put('worker-4711.json', '{"id":')
  expect((await registry([rowOf({})])).map(({ id, state }) => `${id} ${state}`)).toEqual([
    'worker-4711.json untrusted',
    'worker-here-4711 alive',
  ])
})

test('a pid is proven by the start of its process alone', async () => {
  const ownRow = await readStartTicks(process.pid)
  expect(ownRow).toMatch(/^\d+$/)
  expect(await identifyProcess(process.pid, ownRow)).toBe('same')
  expect(await identifyProcess(process.pid, `${Number(ownRow) + 1}`)).toBe('other')
  expect(await identifyProcess(process.pid, null)).toBe('unknown')
  expect(await identifyProcess(2 ** 22 + 1, ownRow)).toBe('gone')
})

const SELF = { role: 'worker', host: HOST, pid: 4711, startedAtTicks: '99' }

function loop(over: Partial<LoopState>): LoopState {
  return { name: 'outbox', iteration: 1, progressAt: NOW, inFlightSince: null, lastError: null, ...over }
}

test('three hours of beats prove no progress', async () => {
  const since = '2026-11-21T11:02:30.000Z'
  const hanging = loop({ progressAt: null, inFlightSince: since })
  const healthy = (at: string) => loop({ name: 'watchdog', iteration: 7, progressAt: at })
  let beats = 0
  for (let ms = Date.parse(since) + 125_000; ms <= Date.parse(NOW); ms += 15_000) {
    const at = new Date(ms).toISOString()
    const row = { ...heartbeatOf(SELF, [hanging, healthy(at)], at, false), stopRequestedAt: null }
    const [known] = await listRegisteredLoops({
      rows: [row],
      files: [],
      now: at,
      host: HOST,
      identify: async () => 'same',
    })
    expect(known).toMatchObject({ state: 'alive', isProgressing: false })
    expect(known && whyNotHealthy(known)).toBe(
      `worker-here-4711 is alive and makes no progress: one iteration has been running since ${since}`,
    )
    beats++
  }
  expect(beats).toBe(712)
  recordMeasurements('bad-heartbeats', { faults: beats, wrong: 0 })
})

test('the progress of a process is that of its slowest loop', () => {
  const early = '2026-11-21T14:00:00.000Z'
  const heartbeatWith = (loops: readonly LoopState[], isStopping = false): Heartbeat =>
    heartbeatOf(SELF, loops, NOW, isStopping)
  expect(heartbeatWith([])).toMatchObject({ status: 'idle', iteration: 0, progressAt: null, inFlightSince: null })
  expect(heartbeatWith([loop({}), loop({ progressAt: early })])).toMatchObject({ progressAt: early, iteration: 2 })
  expect(heartbeatWith([loop({}), loop({ progressAt: null })])).toMatchObject({ progressAt: null })
  expect(heartbeatWith([loop({}), loop({ inFlightSince: early })])).toMatchObject({
    status: 'running',
    inFlightSince: early,
  })
  expect(heartbeatWith([loop({ inFlightSince: early })], true).status).toBe('stopping')
})

test('a loop whose every iteration fails makes no progress, and its reason has no control characters', () => {
  const failing = loop({ progressAt: null, lastError: { at: NOW, message: `no\u0000\u001b[31m${'x'.repeat(1000)}` } })
  const heartbeat = heartbeatOf(SELF, [failing], NOW, false)
  expect(isProgressing(heartbeat, NOW)).toBe(false)
  expect(heartbeat.lastError).toMatch(/^outbox at 2026-11-21T14:02:30\.000Z: no \[31mx+$/)
  expect(heartbeat.lastError).toHaveLength(300)
})
