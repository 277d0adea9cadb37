// Calls that are in progress when the database fails must not crash the process.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PerformContext } from '../../src/outbox/claim-effects.ts'
import { performEffects } from '../../src/outbox/perform-effects.ts'
import { type OutboxWorld, openOutboxWorld, START } from './support/outbox-world.ts'

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('a step that cannot claim more still awaits the calls it has started, whatever their results', async () => {
  const origin = { origin: '900', issueNumber: 42, login: 'ada', mayWrite: true, items: [] }
  await world.insertEffect({ type: 'reply', key: 'reply/900', ...origin })
  const { kysely } = world.database
  let claims = 0
  const failing = new Proxy(kysely, {
    get(target, name) {
      if (name === 'transaction' && claims++ > 0) throw new Error('the database is away')
      return Reflect.get(target, name)
    },
  })
  const o = { database: { ...world.database, kysely: failing }, now: () => START, token: randomUUID }
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', onUnhandled)
  const ended = Promise.withResolvers<void>()
  const performed = performEffects(o as unknown as PerformContext, { type: 'reply', write: 'create' }, async () => {
    await ended.promise
    throw new Error('nobody can be told what came of it')
  })
  setImmediate(ended.resolve)
  await expect(performed).rejects.toThrow('the database is away')
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})
