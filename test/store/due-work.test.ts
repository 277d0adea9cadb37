// One query says which kinds of work are due, and another when the next will be; neither counts work that cannot be done.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { takeChore } from '../../src/store/chores.ts'
import type { Database } from '../../src/store/database.ts'
import { findDueWork, findNextDueAt } from '../../src/store/due-work.ts'
import { openTestDatabase } from '../support/database.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'
import { writePipelines, writeRepositories } from './support/pipeline-rows.ts'

const NOW = minutesAfterNine(10)
const TOKEN = '00000000-0000-4000-8000-000000000001'

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
  const installation = { id: 9, account: 'acme' }
  await database.kysely.insertInto('installations').values(installation).execute()
  await writeRepositories(database, { 1: 'acme/api' })
  await writePipelines(database, [{ issueNumber: 1 }])
  await database.kysely.updateTable('pipelines').set({ publishedRevision: 99, wakeAt: null }).execute()
})

afterEach(async () => {
  await database.close()
})

type EffectColumns = {
  key?: string
  type?: 'ask' | 'dispatch' | 'cancel' | 'react' | 'reply'
  state?: 'due' | 'sending' | 'unconfirmed' | 'done'
  dueAt?: Instant
  claimToken?: string
  claimedUntil?: Instant
}

async function writeEffect({ key = 'issue/1', type = 'ask', dueAt = NOW, ...rest }: EffectColumns): Promise<void> {
  const document = JSON.stringify({ type, key, stage: 'plan' })
  const row = { repositoryId: 1, key, type, document, dueAt, ...rest, createdAt: NOW, updatedAt: NOW }
  await database.kysely.insertInto('effects').values(row).execute()
}

async function writeBudget(columns: { nextWriteAt?: Instant; blockedUntil?: Instant }): Promise<void> {
  await database.kysely
    .insertInto('budgets')
    .values({ installationId: 9, ...columns, updatedAt: NOW })
    .execute()
}

const dueKinds = async () => (await findDueWork(database, NOW)).map(({ kind }) => kind).sort()
const nextDueAt = () => findNextDueAt(database, NOW)

test('nothing is due in an empty database', async () => {
  expect([await dueKinds(), await nextDueAt()]).toEqual([[], null])
})

test('each kind of work that is due is named once, however much of it waits', async () => {
  await writeEffect({ key: 'permission/command/7' })
  await writeEffect({ key: 'issue/1' })
  await writeEffect({ key: 'issue/2' })
  for (const type of ['dispatch', 'cancel', 'react', 'reply'] as const) await writeEffect({ key: type, type })
  await writeEffect({ key: 'dispatch/2', type: 'dispatch', state: 'sending' })
  await writeEffect({ key: 'reply/2', type: 'reply', state: 'unconfirmed' })
  await writeEffect({ key: 'reply/3', type: 'reply', state: 'done' })
  await database.kysely.updateTable('pipelines').set({ publishedRevision: 0 }).execute()
  expect(await dueKinds()).toEqual([
    ...['ask', 'ask permission', 'cancel', 'dispatch', 'publish', 'react'],
    ...['recover dispatch', 'recover reply', 'reply'],
  ])
  expect(await nextDueAt()).toBeNull()
})

test('work that is claimed, held or in the future is not due, and the earliest time among it is known', async () => {
  await writeEffect({ key: 'later', dueAt: minutesAfterNine(14) })
  await writeEffect({ key: 'claimed', claimToken: TOKEN, claimedUntil: minutesAfterNine(13) })
  await writeEffect({ key: 'held', type: 'dispatch' })
  const reason = JSON.stringify({ reason: 'a cord' })
  await database.kysely.updateTable('repositories').set({ holdOrRelease: reason }).execute()
  expect([await dueKinds(), await nextDueAt()]).toEqual([[], minutesAfterNine(13)])
})

test('during a rate limit nothing is due, and right after a write only reads are', async () => {
  await writeEffect({ key: 'issue/1' })
  await writeEffect({ key: 'react', type: 'react' })
  await writeBudget({ nextWriteAt: minutesAfterNine(11) })
  expect([await dueKinds(), await nextDueAt()]).toEqual([['ask'], minutesAfterNine(11)])
  await database.kysely
    .updateTable('budgets')
    .set({ blockedUntil: minutesAfterNine(12), nextWriteAt: NOW })
    .execute()
  expect([await dueKinds(), await nextDueAt()]).toEqual([[], minutesAfterNine(12)])
})

test('nothing is due in a repository that Andon was removed from', async () => {
  await writeEffect({ key: 'issue/1' })
  await database.kysely.updateTable('installations').set({ state: 'suspended' }).execute()
  expect(await dueKinds()).toEqual([])
})

test('wake-ups, waiting publications and chores each have a due time', async () => {
  await takeChore(database, 'prune', { now: NOW, next: minutesAfterNine(70) })
  expect(await nextDueAt()).toBe(minutesAfterNine(70))
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minutesAfterNine(30) })
    .execute()
  expect(await nextDueAt()).toBe(minutesAfterNine(30))
  const publish = { publishedRevision: 0, publishAfter: minutesAfterNine(20) }
  await database.kysely.updateTable('pipelines').set(publish).execute()
  expect([await dueKinds(), await nextDueAt()]).toEqual([[], minutesAfterNine(20)])
})
