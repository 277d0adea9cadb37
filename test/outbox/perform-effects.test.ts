// What is in hand when the database goes away must not bring the process down.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Performer } from '../../src/outbox/claim-effects.ts'
import { carryOut } from '../../src/outbox/perform-effects.ts'
import { openWorld, START, type World } from './support/outbox-world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

test('when nothing more can be claimed, what is in hand is awaited, whatever comes of it', async () => {
  const origin = { origin: '900', issueNumber: 42, by: 'ada', mayWrite: true, lines: [] }
  await world.ask({ type: 'reply', key: 'reply/900', ...origin })
  const { kysely } = world.database
  let claims = 0
  const failing = new Proxy(kysely, {
    get(target, name) {
      if (name === 'transaction' && claims++ > 0) throw new Error('the database is away')
      return Reflect.get(target, name)
    },
  })
  const o = { database: { ...world.database, kysely: failing }, now: () => START, token: randomUUID }
  const unheard: unknown[] = []
  const hear = (reason: unknown) => unheard.push(reason)
  process.on('unhandledRejection', hear)
  const ended = Promise.withResolvers<void>()
  const carried = carryOut(o as unknown as Performer, { type: 'reply', write: 'creation' }, async () => {
    await ended.promise
    throw new Error('nobody can be told what came of it')
  })
  setImmediate(ended.resolve)
  await expect(carried).rejects.toThrow('the database is away')
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', hear)
  expect(unheard).toEqual([])
})
