// One attempt, one run: with lost answers, processes that die at every boundary, and processes that are frozen past
// their claim. Figures of the full counts are in docs/faults.md.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { Unavailable } from '../../src/apply/apply-request.ts'
import type { Door } from '../../src/apply/door.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { type DispatchWorld, openDispatchWorld } from './support/dispatch-world.ts'
import { stepWhileTimePasses } from './support/outbox-world.ts'

vi.setConfig({ testTimeout: repetitions(120_000, 3_600_000) })

let line: DispatchWorld
beforeEach(async () => {
  line = await openDispatchWorld()
})
afterEach(() => line.world.close())

// The most that a file may allow at once.
const MOST_RUNNING = 100

test('while a fifth of the dispatches lose their answers, every attempt gets one run', async () => {
  const chance = seededRandom(randomSeed())
  const lost = { '502-after': 0, 'reset-after': 0, 'hang-after': 0, '502-before': 0 }
  line.world.fault = ({ method, path }) => {
    if (method !== 'POST' || !path.endsWith('/dispatches') || chance.next() >= 0.23) return null
    const kind = chance.next() < 0.13 ? '502-before' : chance.pick(['502-after', 'reset-after', 'hang-after'] as const)
    lost[kind] += 1
    return { kind }
  }
  const attempts = repetitions(44, 500)
  const outboxes = [line.world.outbox, line.world.openAnotherOutbox()]
  const keys: string[] = []
  while (keys.length < attempts) {
    keys.push(await line.admit(keys.length + 1))
    if (chance.next() < 0.05) await Promise.all(outboxes.map((outbox) => outbox.step()))
    if (keys.length % MOST_RUNNING > 0) continue
    await line.world.drain(outboxes)
    await line.finishRuns()
  }
  await line.world.drain(outboxes)
  const bound = await Promise.all(keys.map(async (key) => (await line.control(key))?.runId ?? null))
  recordMeasurements('single-dispatch', {
    faults: Object.values(lost).reduce((sum, count) => sum + count, 0),
    attempts,
    POSTs: postsOf().length,
    doubled: line.runs.length - new Set(line.runs.map(line.keyOf)).size,
    lost: bound.filter((runId) => runId === null).length,
    stuck: (await unfinished()).length,
  })
  expect(Math.min(...Object.values(lost))).toBeGreaterThan(0)
  expect(line.runs.map(line.keyOf).sort()).toEqual([...keys].sort())
  expect(await unfinished()).toEqual([])
  for (const [index, key] of keys.entries())
    expect(line.lastResult(key)).toMatchObject({ state: 'confirmed', runId: bound[index] })
})

describe('a process that dies', () => {
  const BOUNDARIES = ['claimed', 'sent off', 'not arrived', 'arrived', 'answered', 'applied'] as const

  test.each(BOUNDARIES)('(%s) leaves the attempt with one run', async (boundary) => {
    const deaths = repetitions(1, 25)
    for (let issue = 1; issue <= deaths; issue += 1) {
      const death = Promise.withResolvers<void>()
      const key = await line.admit(issue)
      await stepWhileTimePasses(line.world, dying(boundary, death), { seconds: 60, until: death.promise })
      line.world.fault = () => null
      await line.world.drain([line.world.openAnotherOutbox()])
      expect(line.liveRuns(key)).toHaveLength(1)
    }
    expect(line.runs).toHaveLength(deaths)
    expect(await unfinished()).toEqual([])
    recordMeasurements(`dispatch-deaths`, { faults: deaths, doubled: 0, boundary })
  })

  /** A process that dies at the boundary: its next call never returns. */
  function dying(boundary: (typeof BOUNDARIES)[number], death: PromiseWithResolvers<void>) {
    function die(): Promise<never> {
      death.resolve()
      return new Promise(() => undefined)
    }
    line.world.fault = ({ method }) => {
      if (method !== 'POST' || (boundary !== 'arrived' && boundary !== 'not arrived')) return null
      death.resolve()
      return { kind: boundary === 'arrived' ? 'crash-after' : 'crash-before' }
    }
    const [state, isAfter] = (
      {
        claimed: ['sending', false],
        'sent off': ['sending', true],
        answered: ['confirmed', false],
        applied: ['confirmed', true],
        'not arrived': [null, false],
        arrived: [null, false],
      } as const
    )[boundary]
    return line.world.openAnotherOutbox((door) => ({
      ...door,
      async apply(arrival) {
        const isHere = arrival.event?.type === 'dispatch.updated' && arrival.event.outcome.state === state
        if (isHere && !isAfter) return await die()
        const outcome = await door.apply(arrival)
        return isHere ? await die() : outcome
      },
    }))
  }
})

describe('a process that is frozen past its claim', () => {
  test('during its dispatch leaves one live run, a minute after it resumes', async () => {
    const chance = seededRandom(randomSeed())
    const freezes = repetitions(2, 100)
    let duplicates = 0
    for (let issue = 1; issue <= freezes; issue += 1) {
      const seconds = issue === 1 ? 45 : issue === 2 ? 240 : 31 + chance.integer(400)
      const { key, sleeper, thaw } = await frozenInCall(issue, seconds)
      thaw()
      await sleeper
      await stepWhileTimePasses(line.world, line.world.openAnotherOutbox(), { seconds: 60, stride: 3 })
      expect(line.liveRuns(key)).toHaveLength(1)
      duplicates += line.runs.filter((run) => line.keyOf(run) === key).length - 1
    }
    expect(duplicates).toBeGreaterThan(0)
    expect(await unfinished()).toEqual([])
    recordMeasurements('frozen-dispatch', { faults: freezes, doubled: 0, 'twins cancelled': duplicates })
  })

  test('before its dispatch is sent never sends it', async () => {
    const freezes = repetitions(2, 100)
    for (let issue = 1; issue <= freezes; issue += 1) {
      const thaw = Promise.withResolvers<void>()
      const frozen = Promise.withResolvers<void>()
      const key = await line.admit(issue)
      const process = line.world.openAnotherOutbox((door) => frozenBehind(door, frozen, thaw.promise))
      const { step } = await stepWhileTimePasses(line.world, process, { seconds: 60, until: frozen.promise })
      await stepWhileTimePasses(line.world, line.world.openAnotherOutbox(), { seconds: 31 + issue * 3, stride: 3 })
      thaw.resolve()
      await step
      await line.world.drain([line.world.openAnotherOutbox()])
      expect(line.runs.filter((run) => line.keyOf(run) === key)).toHaveLength(1)
    }
    recordMeasurements('frozen-before-dispatch', { faults: freezes, doubled: 0, runs: line.runs.length })
  })

  test('still names its run where the workflow does not echo the key', async () => {
    line.echoKey(false)
    const { key, sleeper, thaw } = await frozenInCall(1, 240)
    expect(line.lastResult(key)).toMatchObject({ state: 'unconfirmed', needsPerson: true })
    thaw()
    await sleeper
    expect(line.lastResult(key)).toMatchObject({ state: 'confirmed', runId: line.runs[0]?.id })
    expect(line.runs).toHaveLength(1)
  })

  async function frozenInCall(issue: number, seconds: number) {
    const thaw = Promise.withResolvers<void>()
    const frozen = Promise.withResolvers<void>()
    let posts = 0
    line.world.fault = ({ method, path }): Fault | null => {
      if (method !== 'POST' || !path.endsWith('/dispatches') || posts++ > 0) return null
      frozen.resolve()
      return { kind: 'freeze', until: thaw.promise }
    }
    const key = await line.admit(issue)
    const sleeper = await stepWhileTimePasses(line.world, line.world.openAnotherOutbox(), {
      seconds: 60,
      until: frozen.promise,
    })
    await stepWhileTimePasses(line.world, line.world.openAnotherOutbox(), { seconds, stride: 3 })
    return { key, sleeper: sleeper.step, thaw: thaw.resolve }
  }

  function frozenBehind(door: Door, frozen: PromiseWithResolvers<void>, thaw: Promise<void>): Door {
    return {
      ...door,
      async apply(arrival) {
        const outcome = await door.apply(arrival)
        if (arrival.event?.type === 'dispatch.updated' && arrival.event.outcome.state === 'sending') {
          frozen.resolve()
          await thaw
        }
        return outcome
      },
    }
  }
})

describe('a database that is down when GitHub answers', () => {
  test('gets the answer in a later step, even where the workflow does not echo the key', async () => {
    line.echoKey(false)
    let away = repetitions(3, 200)
    const times = away
    const outbox = line.world.openAnotherOutbox((door) => ({
      ...door,
      async apply(arrival) {
        const isAnswer = arrival.event?.type === 'dispatch.updated' && arrival.event.outcome.state !== 'sending'
        if (isAnswer && away-- > 0) throw new Unavailable('the database is away')
        return await door.apply(arrival)
      },
    }))
    const keys = [await line.admit(1), await line.admit(2)]
    await stepWhileTimePasses(line.world, outbox, { seconds: times + 20 })
    expect(line.runs.map(line.keyOf).sort()).toEqual(keys)
    expect(keys.map((key) => line.lastResult(key)?.state)).toEqual(['confirmed', 'confirmed'])
    expect(await unfinished()).toEqual([])
    recordMeasurements('database-away-after-dispatch', {
      faults: times,
      doubled: 0,
      dispatches: keys.length,
    })
  })
})

function postsOf() {
  return line.world.github.writes.all.filter(({ path }) => path.endsWith('dispatches'))
}

async function unfinished() {
  const over = ['done', 'refused', 'buried']
  return (await line.effects()).filter(({ state }) => !over.includes(state))
}
