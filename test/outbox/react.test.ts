import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OutboxWorld, openOutboxWorld } from './support/outbox-world.ts'

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
  await world.insertEffect({
    type: 'react',
    key: 'react/900/eyes',
    issueNumber: 1,
    commentId: 900,
    content: 'eyes',
    mayWrite: true,
  })
})
afterEach(() => world.close())

test('a reaction to a comment that stays missing is given up', async () => {
  world.fault = () => ({ kind: 'refuse', status: 404, message: 'Not Found' })
  await world.drain()
  expect(await reaction()).toEqual({ state: 'refused', tries: 4, error: 'Not Found' })
})

test('a reaction that GitHub never accepts is buried after eight tries', async () => {
  world.fault = () => ({ kind: '502-before' })
  await world.drain()
  expect(await reaction()).toEqual({ state: 'buried', tries: 8, error: 'GitHub answered 502 and gave no reason' })
})

test('a reaction that kills every process is buried', async () => {
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
  expect(deaths).toBe(8)
  expect(await reaction()).toMatchObject({ state: 'buried', error: 'every try ended without a result' })
})

async function reaction() {
  const effects = world.database.kysely.selectFrom('effects').select(['state', 'tries', 'error'])
  return await effects.executeTakeFirstOrThrow()
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
