// A reply is written once. Here GitHub writes it without answering, or our process dies or freezes during the request.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { seededRandom } from '../../fake-github/random.ts'
import type { RecordedRequest } from '../../fake-github/write-log.ts'
import type { ReplyEffect } from '../../src/pipeline/model/effects.ts'
import { replyMarker } from '../../src/render/reply.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { type OutboxWorld, openOutboxWorld, START, stepWhileTimePasses } from './support/outbox-world.ts'

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

function replyOf(origin: number, over: Partial<ReplyEffect> = {}): ReplyEffect {
  const words = {
    text: '/andon retry',
    kind: 'impossible',
    issueNumber: null,
    answer: { kind: 'nothing-halted' },
  } as const
  const key = `reply/${origin}`
  return {
    type: 'reply',
    key,
    origin: String(origin),
    issueNumber: 42,
    login: 'ada',
    mayWrite: true,
    items: [words],
    ...over,
  }
}

function answersTo(origin: number): number {
  return world.comments().filter(({ body }) => body.includes(replyMarker(String(origin)))).length
}

function isReply({ method, path }: RecordedRequest): boolean {
  return method === 'POST' && path.endsWith('/comments')
}

function commentsPosted(): readonly number[] {
  return world.github.writes.all.filter(isReply).map(({ at }) => (at - Date.parse(START)) / 1000)
}

async function statesOfEffects(): Promise<readonly string[]> {
  const rows = await world.database.kysely.selectFrom('effects').select('state').orderBy('id').execute()
  return rows.map(({ state }) => state)
}

describe('a reply', () => {
  test('contains every answer that is due on the same issue', async () => {
    for (const origin of [900, 901, 902]) await world.insertEffect(replyOf(origin))
    await world.insertEffect(replyOf(903, { issueNumber: 43 }))
    await world.drain()
    expect(world.comments(42)).toHaveLength(1)
    expect(world.comments(43)).toHaveLength(1)
    expect([900, 901, 902, 903].map(answersTo)).toEqual([1, 1, 1, 1])
    expect(await statesOfEffects()).toEqual(['done', 'done', 'done', 'done'])
  })

  test.each<[string, Fault, readonly number[]]>([
    ['done and answered 502', { kind: '502-after' }, [0]],
    ['done and the connection reset', { kind: 'reset-after' }, [0]],
    ['done and never answered', { kind: 'hang-after' }, [0]],
    ['not done and answered 502', { kind: '502-before' }, [0, 60]],
    ['not sent at all', { kind: 'unreachable' }, [0, 5]],
    ['put off', { kind: 'refuse', status: 403, headers: { 'retry-after': '90' } }, [0, 90]],
  ])('that was %s is written once', async (_, fault, seconds) => {
    let faults = 0
    world.fault = (request) => (isReply(request) && faults++ === 0 ? fault : null)
    await world.insertEffect(replyOf(900))
    await world.insertEffect(replyOf(901))
    await world.drain([world.outbox, world.openAnotherOutbox()])
    expect([900, 901].map(answersTo)).toEqual([1, 1])
    expect(world.comments(42)).toHaveLength(1)
    expect(commentsPosted()).toEqual(seconds)
    expect(await statesOfEffects()).toEqual(['done', 'done'])
  })

  test.each([
    [404, [0, 5, 25, 105]],
    [410, [0, 5, 25, 105]],
    [422, [0]],
  ])('that GitHub refuses with %s is given up', async (status, seconds) => {
    world.fault = (request) => (isReply(request) ? { kind: 'refuse', status } : null)
    await world.insertEffect(replyOf(900))
    await world.drain()
    expect(commentsPosted()).toEqual(seconds)
    expect(await statesOfEffects()).toEqual(['refused'])
  })

  test.each(['crash-before', 'crash-after'] as const)(
    'of a process that dies while sending it (%s) is written once',
    async (kind) => {
      const death = Promise.withResolvers<void>()
      let deaths = 0
      world.fault = (request) => {
        if (!isReply(request) || deaths++ > 0) return null
        death.resolve()
        return { kind }
      }
      await world.insertEffect(replyOf(900))
      await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 10, until: death.promise })
      await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 150, stride: 10 })
      expect(answersTo(900)).toBe(1)
      expect(commentsPosted()).toHaveLength(kind === 'crash-before' ? 2 : 1)
      expect(await statesOfEffects()).toEqual(['done'])
    },
  )

  test('of a process that was frozen while sending it is deleted if others answered', async () => {
    const thaw = Promise.withResolvers<void>()
    const frozen = Promise.withResolvers<void>()
    let freezes = 0
    world.fault = (request) => {
      if (!isReply(request) || freezes++ > 0) return null
      frozen.resolve()
      return { kind: 'freeze', until: thaw.promise }
    }
    await world.insertEffect(replyOf(900))
    const { step } = await stepWhileTimePasses(world, world.openAnotherOutbox(), { seconds: 10, until: frozen.promise })
    await stepWhileTimePasses(world, world.outbox, { seconds: 150, stride: 10 })
    expect(answersTo(900)).toBe(1)
    thaw.resolve()
    await step
    expect(answersTo(900)).toBe(1)
    expect(await statesOfEffects()).toEqual(['done'])
  })
})

test('while a fifth of the replies of two processes succeed but seem to fail, each comment is answered once', async () => {
  const chance = seededRandom(randomSeed())
  const faults = { '502-after': 0, 'reset-after': 0, 'hang-after': 0, '502-before': 0 }
  world.fault = (request) => {
    if (!isReply(request) || chance.next() >= 0.2) return null
    const kind = chance.pick(['502-after', 'reset-after', 'hang-after', '502-before'] as const)
    faults[kind] += 1
    return { kind }
  }
  const origins = Array.from({ length: repetitions(30, 300) }, (_, index) => index + 1)
  const outboxes = [world.outbox, world.openAnotherOutbox()]
  for (const origin of origins) {
    await world.insertEffect(replyOf(origin, { issueNumber: 1 + chance.integer(origins.length / 2) }))
    if (chance.next() < 0.1) await Promise.all(outboxes.map((outbox) => outbox.step()))
  }
  await world.drain(outboxes)
  expect(origins.filter((origin) => answersTo(origin) !== 1)).toEqual([])
  recordMeasurements('replies', {
    faults: Object.values(faults).reduce((sum, count) => sum + count, 0),
    lost: 0,
    doubled: 0,
    comments: origins.length,
    replies: world.comments().length,
  })
  expect(new Set(await statesOfEffects())).toEqual(new Set(['done']))
}, 120_000)
