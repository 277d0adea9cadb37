import { expect, test } from 'vitest'
import { openCorrectedClock } from '../../src/watchdog/clock.ts'

const NOON = Date.parse('2026-11-21T12:00:00.000Z')
const at = (seconds: number) => new Date(NOON + seconds * 1000).toISOString()

/** A machine whose clock may be set, beside one that is steady. */
function machine() {
  const state = { machine: 0, steady: 0, jumps: 0 }
  const clock = openCorrectedClock({
    machine: () => at(state.machine),
    steadyMs: () => state.steady * 1000,
    onJump: () => {
      state.jumps += 1
    },
  })
  return {
    clock,
    state,
    pass(seconds: number) {
      state.machine += seconds
      state.steady += seconds
    },
  }
}

test('a clock that is set keeps its course, and GitHub is to be asked', () => {
  const { clock, state, pass } = machine()
  pass(60)
  state.machine += 7 * 3_600
  expect(clock.now()).toBe(at(60))
  state.machine -= 8 * 3_600
  expect(clock.now()).toBe(at(60))
  expect(state.jumps).toBe(2)
})

test('after a sleep, GitHub’s date says that it was one', () => {
  const { clock, state } = machine()
  state.machine += 3_600
  expect(clock.now()).toBe(at(0))
  for (let answers = 0; answers < 2; answers += 1) clock.observe(new Date(NOON + 3_600_000).toUTCString(), clock.now())
  expect(clock.now()).toBe(at(3_600))
})

test('one odd date is a proxy’s; two that agree count', () => {
  const { clock, pass } = machine()
  const odd = new Date(NOON - 300_000).toUTCString()
  clock.observe(odd, at(0))
  expect(clock.now()).toBe(at(0))
  clock.observe(new Date(NOON).toUTCString(), at(0))
  clock.observe(odd, at(0))
  expect(clock.now()).toBe(at(0))
  pass(2)
  clock.observe(new Date(NOON - 298_000).toUTCString(), at(2))
  expect(clock.now()).toBe(at(-298))
})

test('the time that a request takes is no skew', () => {
  const { clock, pass } = machine()
  pass(120)
  for (let answers = 0; answers < 3; answers += 1) clock.observe(new Date(NOON + 1_000).toUTCString(), at(0))
  expect(clock.now()).toBe(at(120))
})

test('who looks after the machine is told of GitHub’s clock as the machine sees it', () => {
  const { clock } = machine()
  const readings: object[] = []
  const { clock: overhear } = clock.observing({
    quota: () => undefined,
    clock: (reading) => void readings.push(reading),
  })
  for (let answers = 0; answers < 3; answers += 1)
    overhear({ theirs: at(-600), sentAt: clock.now(), receivedAt: clock.now() })
  expect(clock.now()).toBe(at(-600))
  expect(readings).toEqual(Array(3).fill({ theirs: at(-600), sentAt: at(0), receivedAt: at(0) }))
})
