import { EventEmitter, once } from 'node:events'
import pino from 'pino'
import { expect, test } from 'vitest'
import { startLoop } from '../../src/watchdog/loop.ts'

const log = pino({ level: 'silent' })
const now = () => new Date().toISOString()
const NEVER_MS = 2 ** 31 - 1

test('a loop goes on without waiting while there is work', async () => {
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

test('a hint wakes a loop that waits', async () => {
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

test('a failed iteration is survived', async () => {
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

test('stopping waits for the step in hand and begins no other', async () => {
  const inHand = Promise.withResolvers<number>()
  const begun = new EventEmitter()
  let count = 0
  const step = () => {
    count++
    queueMicrotask(() => begun.emit('step'))
    return inHand.promise
  }
  const started = once(begun, 'step')
  const loop = startLoop({ name: 'test', step, everyMs: 1, now, log })
  await started
  const stopped = loop.stop()
  expect(loop.stop()).toBe(stopped)
  inHand.resolve(1)
  await stopped
  expect(count).toBe(1)
})
