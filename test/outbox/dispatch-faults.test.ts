// One attempt, one run: with answers that are lost, processes that die at every boundary, and processes that are frozen
// past their claim. Figures of the full counts are in docs/faults.md.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Unavailable } from '../../src/apply/apply-request.ts'
import type { Door } from '../../src/apply/door.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { seeded } from '../support/seeded-random.ts'
import { type Line, live, openLine } from './support/dispatch-world.ts'
import type { Fault } from './support/github-fetch-stub.ts'

vi.setConfig({ testTimeout: howMany(60_000, 1_200_000) })

let line: Line
beforeEach(async () => {
  line = await openLine()
})
afterEach(() => line.world.close())

test('a fifth of the dispatches are accepted and the answer is lost: every attempt has one run', async () => {
  const chance = seeded(runSeed())
  const lost = { '502-after': 0, 'reset-after': 0, 'hang-after': 0, '502-before': 0 }
  line.world.github.fault = ({ method, path }) => {
    if (method !== 'POST' || !path.endsWith('/dispatches') || chance.next() >= 0.23) return null
    const how = chance.next() < 0.13 ? '502-before' : chance.pick(['502-after', 'reset-after', 'hang-after'] as const)
    lost[how] += 1
    return { how }
  }
  const attempts = howMany(44, 500)
  const outboxes = [line.world.outbox, line.world.another()]
  const keys: string[] = []
  while (keys.length < attempts) {
    keys.push(await line.admit(keys.length + 1))
    if (chance.next() < 0.05) await Promise.all(outboxes.map((outbox) => outbox.step()))
  }
  await line.world.settle(outboxes)
  record('single-dispatch', {
    attempts,
    POSTs: postsOf().length,
    ...lost,
    runs: line.runs.all.length,
    duplicates: line.runs.all.length - new Set(line.runs.all.map(({ key }) => key)).size,
    'without a run': keys.filter((key) => !line.bound.has(key)).length,
    stuck: (await unsettled()).length,
  })
  expect(Math.min(...Object.values(lost))).toBeGreaterThan(0)
  expect(line.runs.all.map(({ key }) => key).sort()).toEqual([...keys].sort())
  expect(await unsettled()).toEqual([])
  for (const key of keys) expect(line.lastTold(key)).toMatchObject({ state: 'confirmed', runId: line.bound.get(key) })
})

describe('a process that dies', () => {
  const BOUNDARIES = ['claimed', 'sent off', 'not arrived', 'arrived', 'answered', 'told'] as const

  test.each(BOUNDARIES)('(%s) leaves an attempt with one run behind', async (boundary) => {
    const deaths = howMany(1, 25)
    for (let issue = 1; issue <= deaths; issue += 1) {
      const death = Promise.withResolvers<void>()
      const key = await line.admit(issue)
      await live(line.world, dying(boundary, death), { seconds: 60, until: death.promise })
      line.world.github.fault = () => null
      await line.world.settle([line.world.another()])
      expect(line.runs.live(key)).toHaveLength(1)
    }
    expect(line.runs.all).toHaveLength(deaths)
    expect(await unsettled()).toEqual([])
    record(`dispatch-deaths`, { boundary, deaths, runs: line.runs.all.length })
  })

  /** A process that dies at the boundary: what it waits for then never comes. */
  function dying(boundary: (typeof BOUNDARIES)[number], death: PromiseWithResolvers<void>) {
    function die(): Promise<never> {
      death.resolve()
      return new Promise(() => undefined)
    }
    line.world.github.fault = ({ method }) => {
      if (method !== 'POST' || (boundary !== 'arrived' && boundary !== 'not arrived')) return null
      death.resolve()
      return { how: boundary === 'arrived' ? 'crash-after' : 'crash-before' }
    }
    const [state, isAfter] = (
      {
        claimed: ['sending', false],
        'sent off': ['sending', true],
        answered: ['confirmed', false],
        told: ['confirmed', true],
        'not arrived': [null, false],
        arrived: [null, false],
      } as const
    )[boundary]
    return line.world.another((door) => ({
      ...door,
      async apply(arrival) {
        const isHere = arrival.event?.type === 'dispatch.told' && arrival.event.told.state === state
        if (isHere && !isAfter) return await die()
        const outcome = await door.apply(arrival)
        return isHere ? await die() : outcome
      },
    }))
  }
})

describe('a process that is frozen past its claim', () => {
  test('with its dispatch on the way leaves one live run, a minute after it is let go', async () => {
    const chance = seeded(runSeed())
    const freezes = howMany(2, 100)
    let twins = 0
    for (let issue = 1; issue <= freezes; issue += 1) {
      const seconds = issue === 1 ? 45 : issue === 2 ? 240 : 31 + chance.integer(400)
      const { key, sleeper, thaw } = await frozenInCall(issue, seconds)
      thaw()
      await sleeper
      await live(line.world, line.world.another(), { seconds: 60, stride: 3 })
      expect(line.runs.live(key)).toHaveLength(1)
      twins += line.runs.all.filter((run) => run.key === key).length - 1
    }
    expect(twins).toBeGreaterThan(0)
    expect(await unsettled()).toEqual([])
    record('frozen-dispatch', { freezes, 'twins cancelled': twins, 'two live a minute later': 0 })
  })

  test('before its dispatch is on the way never sends it', async () => {
    const freezes = howMany(2, 100)
    for (let issue = 1; issue <= freezes; issue += 1) {
      const thaw = Promise.withResolvers<void>()
      const frozen = Promise.withResolvers<void>()
      const key = await line.admit(issue)
      const process = line.world.another((door) => frozenBehind(door, frozen, thaw.promise))
      const { step } = await live(line.world, process, { seconds: 60, until: frozen.promise })
      await live(line.world, line.world.another(), { seconds: 31 + issue * 3, stride: 3 })
      thaw.resolve()
      await step
      await line.world.settle([line.world.another()])
      expect(line.runs.all.filter((run) => run.key === key)).toHaveLength(1)
    }
    record('frozen-before-dispatch', { freezes, runs: line.runs.all.length, twins: 0 })
  })

  test('is believed about its run where the workflow does not echo the key', async () => {
    line.runs.echoes = false
    const { key, sleeper, thaw } = await frozenInCall(1, 240)
    expect(line.lastTold(key)).toMatchObject({ state: 'unconfirmed', needsPerson: true })
    thaw()
    await sleeper
    expect(line.lastTold(key)).toMatchObject({ state: 'confirmed', runId: 9000 })
    expect(line.runs.all).toHaveLength(1)
  })

  async function frozenInCall(issue: number, seconds: number) {
    const thaw = Promise.withResolvers<void>()
    const frozen = Promise.withResolvers<void>()
    let posts = 0
    line.world.github.fault = ({ method, path }): Fault | null => {
      if (method !== 'POST' || !path.endsWith('/dispatches') || posts++ > 0) return null
      frozen.resolve()
      return { how: 'freeze', until: thaw.promise }
    }
    const key = await line.admit(issue)
    const sleeper = await live(line.world, line.world.another(), { seconds: 60, until: frozen.promise })
    await live(line.world, line.world.another(), { seconds, stride: 3 })
    return { key, sleeper: sleeper.step, thaw: thaw.resolve }
  }

  function frozenBehind(door: Door, frozen: PromiseWithResolvers<void>, thaw: Promise<void>): Door {
    return {
      ...door,
      async apply(arrival) {
        const outcome = await door.apply(arrival)
        if (arrival.event?.type === 'dispatch.told' && arrival.event.told.state === 'sending') {
          frozen.resolve()
          await thaw
        }
        return outcome
      },
    }
  }
})

describe('a database that is away when GitHub has answered', () => {
  test('hears the answer in a later step, also where the workflow does not echo the key', async () => {
    line.runs.echoes = false
    let away = howMany(3, 200)
    const times = away
    const outbox = line.world.another((door) => ({
      ...door,
      async apply(arrival) {
        const isAnswer = arrival.event?.type === 'dispatch.told' && arrival.event.told.state !== 'sending'
        if (isAnswer && away-- > 0) throw new Unavailable('the database is away')
        return await door.apply(arrival)
      },
    }))
    const keys = [await line.admit(1), await line.admit(2)]
    await live(line.world, outbox, { seconds: times + 20 })
    expect(line.runs.all.map(({ key }) => key).sort()).toEqual(keys)
    expect(keys.map((key) => line.lastTold(key)?.state)).toEqual(['confirmed', 'confirmed'])
    expect(await unsettled()).toEqual([])
    record('database-away-after-dispatch', { 'times away': times, dispatches: keys.length, runs: line.runs.all.length })
  })
})

function postsOf() {
  return line.world.github.writes.filter(({ path }) => path.endsWith('dispatches'))
}

async function unsettled() {
  const over = ['done', 'refused', 'buried']
  return (await line.effects()).filter(({ state }) => !over.includes(state))
}
