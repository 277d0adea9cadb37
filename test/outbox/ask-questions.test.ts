import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import { type OutboxWorld, openOutboxWorld, START } from './support/outbox-world.ts'

const MAY_LINUS: Effect = {
  type: 'ask',
  key: 'permission/57/linus/5',
  question: { about: 'permission', login: 'linus', purpose: { kind: 'review', pullRequestNumber: 57 } },
}

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('a question is asked once, and its answer passes the door together with the effect that it completes', async () => {
  const id = await world.insertEffect(MAY_LINUS)
  await world.drain()
  expect(await world.outbox.step()).toBe(0)
  expect(world.arrivals).toEqual([
    {
      effect: { id, token: expect.any(String), state: 'done' },
      event: {
        type: 'question.answered',
        at: START,
        evidence: { kind: 'read', id: 'permission/57/linus/5', at: START },
        repository: { id: 1, fullName: 'acme/widgets', private: false, defaultBranch: 'main', installationId: 9 },
        question: MAY_LINUS.question,
        answer: { about: 'permission', role: 'write' },
      },
    },
  ])
  expect(world.github.writes.requests.map(({ path }) => path)).toEqual([
    '/repos/acme/widgets/collaborators/linus/permission',
  ])
})

test('a question is asked with growing backoff until GitHub answers, however long it is away', async () => {
  let calls = 0
  world.fault = () => (calls++ < 10 ? { kind: '502-before' } : null)
  await world.insertEffect(MAY_LINUS)
  await world.drain()
  const asked = world.github.writes.requests.map(({ at }) => (at - Date.parse(START)) / 1000)
  // A token that lapsed meanwhile makes one request two.
  expect([...new Set(asked)]).toMatchInlineSnapshot(`
    [
      0,
      5,
      25,
      105,
      425,
      1705,
      5305,
      8905,
      12505,
      16105,
      19705,
    ]
  `)
  expect(await effect()).toMatchObject({ state: 'done', tries: 8 })
})

test('a question survives an outage that ends', async () => {
  let calls = 0
  world.fault = () => (calls++ < 5 ? { kind: '502-before' } : null)
  await world.insertEffect(MAY_LINUS)
  await world.drain()
  expect(await effect()).toMatchObject({ state: 'done' })
})

test.each<[string, Fault]>([
  ['403 with retry-after', { kind: 'refuse', status: 403, headers: { 'retry-after': '90' } }],
  ['429', { kind: 'refuse', status: 429, headers: { 'retry-after': '90' } }],
  ['a secondary rate limit', { kind: 'refuse', status: 403, message: 'You have exceeded a secondary rate limit.' }],
  [
    'a spent limit',
    { kind: 'refuse', status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795270000' } },
  ],
])('%s makes the whole installation wait and spends no try', async (_, fault) => {
  let calls = 0
  world.fault = () => (calls++ < 20 ? fault : null)
  await world.insertEffect(MAY_LINUS)
  await world.insertEffect({ ...MAY_LINUS, key: 'permission/57/linus/6' })
  await world.drain([world.outbox, world.openAnotherOutbox()])
  const rows = await world.database.kysely.selectFrom('effects').select(['state', 'tries']).execute()
  expect(rows).toEqual([
    { state: 'done', tries: 1 },
    { state: 'done', tries: 1 },
  ])
  const gaps = world.github.writes.requests
    .slice(2)
    .map(({ at }, index) => at - (world.github.writes.requests[index]?.at ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000)
})

test('a refusal of access spends no try, and the question is asked until it is answered', async () => {
  let calls = 0
  const message = 'Resource not accessible by integration'
  world.fault = () => (calls++ < 9 ? { kind: 'refuse', status: 403, message } : null)
  await world.insertEffect(MAY_LINUS)
  await world.drain()
  const minutes = world.github.writes.requests.map(({ at }) => (at - Date.parse(START)) / 60_000)
  expect([...new Set(minutes)]).toEqual([0, 5, 15, 35, 75, 135, 195, 255, 315, 375])
  expect(await effect()).toMatchObject({ state: 'done', tries: 1 })
})

test.each([
  ['does not understand', 422, 'Validation Failed'],
  ['does not take', 400, 'Problems parsing JSON'],
])('a question that GitHub %s for a while is asked until it is answered', async (_, status, message) => {
  let calls = 0
  world.fault = () => (calls++ < 10 ? { kind: 'refuse', status, message } : null)
  await world.insertEffect(MAY_LINUS)
  await world.drain()
  const minutes = world.github.writes.requests.map(({ at }) => Math.floor((at - Date.parse(START)) / 60_000))
  expect([...new Set(minutes)]).toEqual([0, 1, 7, 28, 88, 148, 208, 268, 328])
  expect(await effect()).toMatchObject({ state: 'done' })
})

test('a user whom GitHub does not know twice has no permission', async () => {
  world.fault = () => ({ kind: 'refuse', status: 404, message: 'linus is not a user' })
  await world.insertEffect(MAY_LINUS)
  await world.outbox.step()
  expect(world.arrivals).toEqual([])
  await world.drain()
  expect(world.arrivals[0]?.event).toMatchObject({ answer: { about: 'permission', role: 'none' } })
})

test('another process performs the effect of a dead one, and an effect that kills each process is tried once an hour', async () => {
  await world.insertEffect(MAY_LINUS)
  let deaths = 0
  world.fault = () => {
    deaths += 1
    return { kind: 'crash-before' }
  }
  for (let process = 0; process < 12; process += 1) {
    const before = deaths
    const step = world.openAnotherOutbox().step()
    await Promise.race([step, until(() => deaths > before)])
    world.clock.advance(31)
  }
  expect(deaths).toBe(9)
  world.fault = () => null
  world.clock.advance(3_600)
  await world.openAnotherOutbox().step()
  expect(await effect()).toMatchObject({ state: 'done' })
})

test('a question whose answer the door refuses is asked again', async () => {
  await world.insertEffect(MAY_LINUS)
  const { onArrival } = world
  let arrivals = 0
  world.onArrival = async (arrival, door) => {
    if (arrivals++ === 0) throw new Error('the database is away')
    return await onArrival(arrival, door)
  }
  await world.drain()
  expect(world.arrivals).toHaveLength(2)
  expect(await effect()).toMatchObject({ state: 'done' })
})

test('two processes perform an effect once', async () => {
  for (let number = 0; number < 30; number += 1)
    await world.insertEffect({ ...MAY_LINUS, key: `permission/57/linus/${number}` })
  await world.drain([world.outbox, world.openAnotherOutbox(), world.openAnotherOutbox()])
  expect(world.github.writes.requests).toHaveLength(30)
  expect(new Set(world.arrivals.map(({ effect }) => effect?.id)).size).toBe(30)
})

async function effect() {
  return await world.database.kysely
    .selectFrom('effects')
    .select(['state', 'tries', 'error', 'claimToken'])
    .executeTakeFirstOrThrow()
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
