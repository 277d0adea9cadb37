// Priorities, when GitHub allows an installation one write a second.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { READER_QUOTA_PER_HOUR } from '../../src/outbox/reader-quota.ts'
import type { ReactEffect, ReplyEffect } from '../../src/pipeline/model/effects.ts'
import { pipelineOf } from '../support/pipeline-documents.ts'
import { RUNS } from '../support/reasons.ts'
import { type DispatchWorld, openDispatchWorld } from './support/dispatch-world.ts'
import { START } from './support/outbox-world.ts'

const WIDGETS = 'acme/widgets'

let line: DispatchWorld
beforeEach(async () => {
  line = await openDispatchWorld()
})
afterEach(() => line.world.close())

/** A reaction to a user's comment. */
async function reactionToComment(mayWrite = true): Promise<ReactEffect> {
  const { github } = line.world
  const issue = github.issue(WIDGETS, 1) ? 1 : await github.openIssue(WIDGETS, { title: 'Talk' })
  return reactionTo(await github.comment(WIDGETS, issue, '/andon why'), mayWrite)
}

function reactionTo(commentId: number, mayWrite: boolean): ReactEffect {
  return { type: 'react', key: `react/${commentId}/eyes`, issueNumber: 1, commentId, content: 'eyes', mayWrite }
}

function reply(origin: number, mayWrite = true): ReplyEffect {
  const items = [{ text: '/andon help', kind: 'help' }] as const
  return {
    type: 'reply',
    key: `reply/${origin}`,
    origin: String(origin),
    issueNumber: 42,
    login: 'ada',
    mayWrite,
    items,
  }
}

/** The kinds of writes, in order. */
function written(): readonly string[] {
  return line.world.github.writes.all.map(({ path }) => {
    const [, kind = path] = /\/(reactions|dispatches|cancel|check-runs|comments)$/.exec(path) ?? []
    return kind
  })
}

/** All reactions, oldest first. */
function reactions(): readonly string[] {
  return line.world.github.writes.ofKind('reaction').flatMap(({ path, body, done }) => {
    return done ? [`${path.split('/').at(-2)} ${(body as { content: string }).content}`] : []
  })
}

test('a reaction comes before a dispatch, then a cancellation, a check that has its turn, a reply and a comment', async () => {
  const { world } = line
  await world.savePipeline(pipelineOf({ plan: { status: 'running', since: START, reason: RUNS } }))
  await world.insertEffect(reply(900))
  await world.insertEffect({
    type: 'cancel',
    key: 'cancel/7',
    runId: 7,
    issueNumber: 43,
    attemptKey: null,
    force: false,
  })
  const published = world.database.kysely.updateTable('pipelines').set({ publishedRevision: 0 })
  await line.admit(43)
  await published.execute()
  await world.insertEffect(await reactionToComment())
  await world.drain([world.outbox, world.openAnotherOutbox()])
  expect(written().slice(0, 5)).toEqual(['reactions', 'dispatches', 'cancel', 'check-runs', 'comments'])
  expect(world.comments(42).map(({ body }) => /reply|\/plan/.exec(body)?.[0])).toEqual(['reply', '/plan'])
})

test('after twenty in a minute reactions wait behind dispatches and cancellations', async () => {
  const { world } = line
  for (let comment = 1; comment <= 24; comment += 1) await world.insertEffect(await reactionToComment())
  for (const issue of [43, 44]) await line.admit(issue)
  await world.drain()
  const order = written()
  expect(order.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'reactions'))
  expect(order.slice(20, 22)).toEqual(['dispatches', 'dispatches'])
  expect(order.slice(22)).toEqual(['reactions', 'reactions', 'reactions', 'reactions'])
}, 60_000)

test('a dispatch that waits for a release delays no other write', async () => {
  const { world } = line
  await line.admit(43)
  const word = { place: { kind: 'everything' }, by: 'root', reason: 'release', since: START, evidence: null }
  await world.database.kysely
    .updateTable('globalHold')
    .set({ holdOrRelease: JSON.stringify(word) })
    .execute()
  await world.insertEffect(reply(900))
  for (let second = 0; second < 5; second += 1) {
    await world.outbox.step()
    world.clock.advance(1)
  }
  expect(written()).toEqual(['comments'])
})

test('readers get a limited number of answers an hour, and writers are not affected', async () => {
  const { world } = line
  const { kysely } = world.database
  const before = Array.from({ length: READER_QUOTA_PER_HOUR }, (_, nth) => reactionTo(1_000 + nth, false))
  const row = {
    repositoryId: 1,
    type: 'react',
    state: 'done',
    dueAt: START,
    createdAt: START,
    updatedAt: START,
  } as const
  await kysely
    .insertInto('effects')
    .values(before.map((effect) => ({ ...row, key: effect.key, document: JSON.stringify(effect) })))
    .execute()
  const [reader, writer] = [await reactionToComment(false), await reactionToComment()]
  const comments = world.comments()
  for (const effect of [reader, writer, reply(1, false)]) await world.insertEffect(effect)
  await world.drain()
  expect(reactions()).toEqual([`${writer.commentId} eyes`])
  expect(world.comments()).toEqual(comments)
  world.clock.advance(3_601)
  const later = await reactionToComment(false)
  await world.insertEffect(later)
  await world.drain()
  expect(reactions()).toEqual([`${writer.commentId} eyes`, `${later.commentId} eyes`])
})

test('while a sender’s permission is asked, no other write takes the slot of the reaction', async () => {
  const { world } = line
  const questions = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  world.fault = ({ path }) => {
    if (!path.endsWith('/permission')) return null
    questions.resolve()
    return { kind: 'freeze', until: answered.promise }
  }
  const purpose = {
    kind: 'command',
    issueNumber: 42,
    onPullRequest: false,
    origin: { kind: 'comment', id: 900 },
  } as const
  const question = { about: 'permission', login: 'ada', purpose: { ...purpose, commands: [], at: START } } as const
  await world.insertEffect({ type: 'ask', key: 'permission/command/900', question })
  await world.savePipeline(pipelineOf({ plan: { status: 'running', since: START, reason: RUNS } }))
  const acknowledging = world.openAnotherOutbox().step()
  await questions.promise
  await world.outbox.step()
  expect(written()).toEqual([])
  answered.resolve()
  await acknowledging
  world.clock.advance(5)
  await world.outbox.step()
  expect(written()).not.toEqual([])
})

test('a reply waits behind reactions for half a minute, and no longer', async () => {
  const { world } = line
  await world.insertEffect(reply(900))
  for (let comment = 1; comment <= 40; comment += 1) await world.insertEffect(await reactionToComment())
  await world.drain()
  const index = written().indexOf('comments')
  // Thirty seconds are twenty-eight writes, 1,050 ms apart.
  expect(index).toBeGreaterThanOrEqual(28)
  expect(index).toBeLessThanOrEqual(30)
}, 60_000)
