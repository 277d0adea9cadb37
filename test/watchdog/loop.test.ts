import { EventEmitter, once } from 'node:events'
import pino from 'pino'
import { expect, test } from 'vitest'
import { startLoop } from '../../src/watchdog/loop.ts'

const log = pino({ level: 'silent' })
const now = () => new Date().toISOString()
const NEVER_MS = 2 ** 31 - 1

test('a loop continues without a pause while there is work', async () => {
  const quiet = new EventEmitter()
  let left = 5
  const step = async () => {
    if (left === 0) quiet.emit('reached')
    return left > 0 ? left-- : 0
  }
  const reached = once(quiet, 'reached')
  const loop = startLoop({ name: 'test', step, everyMs: NEVER_MS, now, log })
  await reached
  await loop.stop()
  expect(left).toBe(0)
})

test('a notification wakes a waiting loop', async () => {
  const calls = new EventEmitter()
  let count = 0
  const step = async () => {
    count++
    calls.emit(`call ${count}`)
    return 0
  }
  const first = once(calls, 'call 1')
  const second = once(calls, 'call 2')
  const loop = startLoop({ name: 'test', step, everyMs: NEVER_MS, now, log })
  await first
  loop.hint()
  await second
  await loop.stop()
  expect(count).toBe(2)
})

test('a loop waits until something is due by the clock', async () => {
  const calls = new EventEmitter()
  let count = 0
  const step = async () => {
    count++
    calls.emit(`call ${count}`)
    return 0
  }
  let clock = '2026-11-21T09:00:00.000Z'
  const asked: string[] = []
  const nextDueAt = async (since: string) => {
    asked.push(since)
    calls.emit('asked')
    return asked.length === 1 ? '2026-11-21T10:00:00.000Z' : null
  }
  const [first, second, isAsked] = [once(calls, 'call 1'), once(calls, 'call 2'), once(calls, 'asked')]
  const loop = startLoop({ name: 'test', step, everyMs: NEVER_MS, nextDueAt, now: () => clock, log })
  await first
  await isAsked
  // The machine was asleep for an hour: no timer has fired, and the time has come.
  clock = '2026-11-21T10:00:01.000Z'
  await second
  await loop.stop()
  expect([count, asked[0]]).toEqual([2, '2026-11-21T09:00:00.000Z'])
})

test('a notification that arrives while the next due time is read is not lost', async () => {
  const calls = new EventEmitter()
  let count = 0
  const step = async () => {
    count++
    calls.emit(`call ${count}`)
    return 0
  }
  const second = once(calls, 'call 2')
  const lookup = Promise.withResolvers<null>()
  const isAsked = Promise.withResolvers<void>()
  const nextDueAt = () => {
    isAsked.resolve()
    return lookup.promise
  }
  const loop = startLoop({ name: 'test', step, everyMs: NEVER_MS, nextDueAt, now, log })
  await isAsked.promise
  loop.hint()
  lookup.resolve(null)
  await second
  await loop.stop()
  expect(count).toBe(2)
})

test('a loop that cannot read the next due time waits no longer than its interval', async () => {
  const calls = new EventEmitter()
  let count = 0
  const step = async () => {
    count++
    calls.emit(`call ${count}`)
    return 0
  }
  const second = once(calls, 'call 2')
  const nextDueAt = () => Promise.reject(new Error('the database is away'))
  const loop = startLoop({ name: 'test', step, everyMs: 1, nextDueAt, now, log })
  await second
  await loop.stop()
  expect(count).toBeGreaterThanOrEqual(2)
})

test('a loop survives a failed iteration', async () => {
  const calls = new EventEmitter()
  let count = 0
  const step = async () => {
    count++
    calls.emit(`call ${count}`)
    if (count === 1) throw new Error('once')
    return 0
  }
  const second = once(calls, 'call 2')
  const loop = startLoop({ name: 'test', step, everyMs: 1, now, log })
  await second
  await loop.stop()
  expect(count).toBeGreaterThanOrEqual(2)
})

test('stopping awaits the current step and starts no other', async () => {
  const inHand = Promise.withResolvers<number>()
  const stepStarted = new EventEmitter()
  let count = 0
  const step = () => {
    count++
    queueMicrotask(() => stepStarted.emit('step'))
    return inHand.promise
  }
  const started = once(stepStarted, 'step')
  const loop = startLoop({ name: 'test', step, everyMs: 1, now, log })
  await started
  const stopped = loop.stop()
  expect(loop.stop()).toBe(stopped)
  inHand.resolve(1)
  await stopped
  expect(count).toBe(1)
})

test('a bounded loop ends by itself after its iterations, failed ones included', async () => {
  let count = 0
  const step = async () => {
    count++
    if (count === 2) throw new Error('once')
    return 1
  }
  await startLoop({ name: 'test', step, everyMs: 1, now, log, iterations: 3 }).ended
  expect(count).toBe(3)
})

test('a step learns when to stop claiming', async () => {
  const stepStarted = Promise.withResolvers<AbortSignal>()
  const inHand = Promise.withResolvers<number>()
  const step = (stopping: AbortSignal) => {
    stepStarted.resolve(stopping)
    return inHand.promise
  }
  const loop = startLoop({ name: 'test', step, everyMs: 1, now, log })
  const stopping = await stepStarted.promise
  expect(stopping.aborted).toBe(false)
  const stopped = loop.stop()
  expect(stopping.aborted).toBe(true)
  inHand.resolve(1)
  await stopped
})

test('a loop reports its last progress, its current work and its last failure', async () => {
  const dueTimes = ['09:00', '09:01', '09:02', '09:03'].map((time) => `2026-11-21T${time}:00.000Z`)
  const clock = dueTimes.values()
  const inHand = Promise.withResolvers<number>()
  const options = { name: 'test', step: () => inHand.promise, everyMs: 1, now: () => clock.next().value ?? '', log }
  const loop = startLoop({ ...options, iterations: 1 })
  expect(loop.state()).toEqual({
    name: 'test',
    iteration: 1,
    progressAt: null,
    inFlightSince: dueTimes[0],
    lastError: null,
  })
  inHand.resolve(0)
  await loop.ended
  expect(loop.state()).toMatchObject({ progressAt: dueTimes[1], inFlightSince: null })
  const failing = startLoop({ ...options, step: () => Promise.reject(new Error('no')), iterations: 1 })
  await failing.ended
  expect(failing.state()).toMatchObject({ progressAt: null, lastError: { at: dueTimes[3], message: 'no' } })
})
