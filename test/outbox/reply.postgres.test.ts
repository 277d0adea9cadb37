// A reply is written once. Here GitHub does what it is asked and then does not say so, or our process dies or freezes with
// the request on its way.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReplyEffect } from '../../src/pipeline/model/effects.ts'
import { replyMarker } from '../../src/render/reply.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { seeded } from '../support/seeded-random.ts'
import { live } from './support/dispatch-world.ts'
import type { Fault, Request } from './support/github-fetch-stub.ts'
import { openWorld, START, type World } from './support/outbox-world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

function replyOf(origin: number, over: Partial<ReplyEffect> = {}): ReplyEffect {
  const words = {
    text: '/andon retry',
    tells: 'impossible',
    issueNumber: null,
    words: 'nothing failed',
    next: [],
  } as const
  const key = `reply/${origin}`
  return {
    type: 'reply',
    key,
    origin: String(origin),
    issueNumber: 42,
    by: 'ada',
    mayWrite: true,
    lines: [words],
    ...over,
  }
}

function answersTo(origin: number): number {
  return world.github.allComments().filter(({ body }) => String(body).includes(replyMarker(String(origin)))).length
}

function isReply({ method, path }: Request): boolean {
  return method === 'POST' && path.endsWith('/comments')
}

function commentsPosted(): readonly number[] {
  return world.github.writes.filter(isReply).map(({ at }) => (Date.parse(at) - Date.parse(START)) / 1000)
}

async function statesOfEffects(): Promise<readonly string[]> {
  const rows = await world.database.kysely.selectFrom('effects').select('state').orderBy('id').execute()
  return rows.map(({ state }) => state)
}

describe('a reply', () => {
  test('goes out with everything that is to be said at the same issue', async () => {
    for (const origin of [900, 901, 902]) await world.ask(replyOf(origin))
    await world.ask(replyOf(903, { issueNumber: 43 }))
    await world.settle()
    expect(world.github.comments(42)).toHaveLength(1)
    expect(world.github.comments(43)).toHaveLength(1)
    expect([900, 901, 902, 903].map(answersTo)).toEqual([1, 1, 1, 1])
    expect(await statesOfEffects()).toEqual(['done', 'done', 'done', 'done'])
  })

  test.each<[string, Fault, readonly number[]]>([
    ['done and answered 502', { how: '502-after' }, [0]],
    ['done and the connection reset', { how: 'reset-after' }, [0]],
    ['done and never answered', { how: 'hang-after' }, [0]],
    ['not done and answered 502', { how: '502-before' }, [0, 60]],
    ['not sent at all', { how: 'unreachable' }, [0, 5]],
    ['put off', { how: 'refuse', status: 403, headers: { 'retry-after': '90' } }, [0, 90]],
  ])('that was %s is there once', async (_, fault, seconds) => {
    let faults = 0
    world.github.fault = (request) => (isReply(request) && faults++ === 0 ? fault : null)
    await world.ask(replyOf(900))
    await world.ask(replyOf(901))
    await world.settle([world.outbox, world.another()])
    expect([900, 901].map(answersTo)).toEqual([1, 1])
    expect(world.github.comments(42)).toHaveLength(1)
    expect(commentsPosted()).toEqual(seconds)
    expect(await statesOfEffects()).toEqual(['done', 'done'])
  })

  test.each([404, 410, 403, 422])('that GitHub refuses with %s is not sent again', async (status) => {
    world.github.fault = (request) => (isReply(request) ? { how: 'refuse', status } : null)
    await world.ask(replyOf(900))
    await world.settle()
    expect(commentsPosted()).toEqual([0])
    expect(await statesOfEffects()).toEqual(['refused'])
  })

  test.each(['crash-before', 'crash-after'] as const)(
    'of a process that dies with it on its way (%s) is there once',
    async (how) => {
      const death = Promise.withResolvers<void>()
      let deaths = 0
      world.github.fault = (request) => {
        if (!isReply(request) || deaths++ > 0) return null
        death.resolve()
        return { how }
      }
      await world.ask(replyOf(900))
      await live(world, world.another(), { seconds: 10, until: death.promise })
      await live(world, world.another(), { seconds: 150, stride: 10 })
      expect(answersTo(900)).toBe(1)
      expect(commentsPosted()).toHaveLength(how === 'crash-before' ? 2 : 1)
      expect(await statesOfEffects()).toEqual(['done'])
    },
  )

  test('of a process that was frozen with it on its way, while others answered, is taken back', async () => {
    const thaw = Promise.withResolvers<void>()
    const frozen = Promise.withResolvers<void>()
    let freezes = 0
    world.github.fault = (request) => {
      if (!isReply(request) || freezes++ > 0) return null
      frozen.resolve()
      return { how: 'freeze', until: thaw.promise }
    }
    await world.ask(replyOf(900))
    const { step } = await live(world, world.another(), { seconds: 10, until: frozen.promise })
    await live(world, world.outbox, { seconds: 150, stride: 10 })
    expect(answersTo(900)).toBe(1)
    thaw.resolve()
    await step
    expect(answersTo(900)).toBe(1)
    expect(await statesOfEffects()).toEqual(['done'])
  })
})

test('a fifth of the replies are written and then seem to fail, by two processes: each comment is answered once', async () => {
  const chance = seeded(runSeed())
  const faults = { '502-after': 0, 'reset-after': 0, 'hang-after': 0, '502-before': 0 }
  world.github.fault = (request) => {
    if (!isReply(request) || chance.next() >= 0.2) return null
    const how = chance.pick(['502-after', 'reset-after', 'hang-after', '502-before'] as const)
    faults[how] += 1
    return { how }
  }
  const origins = Array.from({ length: howMany(30, 300) }, (_, index) => index + 1)
  const outboxes = [world.outbox, world.another()]
  for (const origin of origins) {
    await world.ask(replyOf(origin, { issueNumber: 1 + chance.integer(origins.length / 2) }))
    if (chance.next() < 0.1) await Promise.all(outboxes.map((outbox) => outbox.step()))
  }
  await world.settle(outboxes)
  record('replies', { comments: origins.length, replies: world.github.allComments().length, ...faults })
  expect(origins.filter((origin) => answersTo(origin) !== 1)).toEqual([])
  expect(new Set(await statesOfEffects())).toEqual(new Set(['done']))
}, 120_000)
