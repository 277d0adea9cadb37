// One definition: the board counts exactly what it lists, for every viewer, page by page.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Light } from '../../src/pipeline/model/pipeline.ts'
import {
  type BoardQuery,
  loadBoard,
  loadHistory,
  loadStoredPipeline,
  type StoredPipeline,
} from '../../src/store/board.ts'
import { InvalidCursor } from '../../src/store/cursor.ts'
import type { Database } from '../../src/store/database.ts'
import { findRepository } from '../../src/store/visible-repositories.ts'
import { openTestDatabase } from '../support/database.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'
import { loadWholeBoard } from '../support/whole-board.ts'
import { type PipelineRow, writePipelines, writeRepositories } from './support/pipeline-rows.ts'

const NOW = minutesAfterNine(60)
const LIGHTS: readonly Light[] = ['running', 'review', 'queued', 'failed', 'done', 'idle']
const COUNTED = ['running', 'review', 'queued', 'failed'] as const

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
  await writeRepositories(database, { 1: 'acme/widgets', 2: 'acme/gadgets', 3: 'zeta/secret' })
})

afterEach(async () => {
  await database.close()
})

async function page(query: Partial<BoardQuery> = {}, now = NOW) {
  return loadBoard(database, { visible: 'all', ...query }, now)
}

async function everyPage(query: Partial<BoardQuery>): Promise<readonly StoredPipeline[]> {
  return (await loadWholeBoard(database, { visible: 'all', ...query }, NOW)).rows
}

function issues(rows: readonly StoredPipeline[]): readonly number[] {
  return rows.map(({ pipeline }) => pipeline.issue.number)
}

function someRows(count: number): readonly PipelineRow[] {
  const chance = seededRandom(11)
  return Array.from({ length: count }, (_, index) => ({
    issueNumber: index + 1,
    repositoryId: 1 + chance.integer(3),
    light: chance.pick(LIGHTS),
    since: minutesAfterNine(chance.integer(5)),
    needsYouAt: chance.pick([null, minutesAfterNine(59), NOW, minutesAfterNine(61)]),
    held: chance.next() < 0.1,
  }))
}

test('every count equals the number of rows, for each light, viewer and repository, over all pages', async () => {
  await writePipelines(database, someRows(300))
  const viewers: readonly Partial<BoardQuery>[] = [
    {},
    { visible: [1] },
    { visible: [2, 3] },
    { visible: [] },
    { repository: 'Acme/Gadgets' },
    { visible: [1], repository: 'zeta/secret' },
  ]
  let compared = 0
  for (const viewer of viewers) {
    const { counts } = await page(viewer)
    for (const light of COUNTED) {
      const rows = await everyPage({ ...viewer, lights: [light], limit: 7 })
      expect(rows.every((row) => row.light === light)).toBe(true)
      expect(rows, `${light} of ${JSON.stringify(viewer)}`).toHaveLength(counts[light])
      compared += rows.length
    }
    const all = await everyPage({ ...viewer, lights: LIGHTS, limit: 40 })
    expect(all.filter(({ held }) => held)).toHaveLength(counts.held)
    const needing = all.filter(({ held, needsYouAt }) => held || (needsYouAt !== null && needsYouAt <= NOW))
    expect(needing).toHaveLength(counts.needsYou)
    expect(counts.open).toBe((await everyPage(viewer)).length)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  }
  console.log(`6 viewers, 300 pipelines: ${compared} rows counted and listed page by page on ${database.kind}`)
})

test('pages of any size contain the same rows in the same order', async () => {
  await writePipelines(database, someRows(120))
  const whole = issues((await page({ limit: 500 })).rows)
  for (const limit of [1, 2, 9, 120]) expect(issues(await everyPage({ limit }))).toEqual(whole)
})

test('what has ended is listed only when asked for, what is idle and needs a person now or later always is', async () => {
  await writePipelines(database, [
    ...LIGHTS.map((light, index) => ({ issueNumber: index + 1, light })),
    { issueNumber: 11, light: 'idle', needsYouAt: minutesAfterNine(59) },
    { issueNumber: 12, light: 'idle', needsYouAt: minutesAfterNine(61) },
  ])
  const listed = (await page()).rows.map(({ light }) => light)
  expect(listed[0]).toBe('idle')
  expect(listed.toSorted()).toEqual([...COUNTED, 'idle', 'idle'].sort())
  expect((await page({ lights: ['done'] })).rows.map(({ light }) => light)).toEqual(['done'])
})

test('pipelines that need a person come first, and older ones of a light before newer ones', async () => {
  await writePipelines(database, [
    { issueNumber: 1, light: 'running', since: minutesAfterNine(3) },
    { issueNumber: 2, light: 'running', since: minutesAfterNine(1) },
    { issueNumber: 3, light: 'running', since: minutesAfterNine(9), needsYouAt: NOW },
    { issueNumber: 4, light: 'failed', since: minutesAfterNine(5), needsYouAt: minutesAfterNine(5) },
    { issueNumber: 5, light: 'failed', since: minutesAfterNine(4), needsYouAt: minutesAfterNine(4) },
    { issueNumber: 6, light: 'running', since: minutesAfterNine(2), needsYouAt: minutesAfterNine(61) },
  ])
  expect(issues((await page()).rows)).toEqual([5, 4, 3, 2, 6, 1])
})

test('a person is needed from the stored time on, not before', async () => {
  await writePipelines(database, [{ issueNumber: 1, needsYouAt: minutesAfterNine(60) }])
  const before = new Date(Date.parse(NOW) - 1).toISOString()
  expect([(await page({}, before)).counts.needsYou, (await page({}, NOW)).counts.needsYou]).toEqual([0, 1])
})

test('a malformed cursor is refused', async () => {
  for (const after of ['', 'x', 'W10', Buffer.from('[0,1,"yesterday",3]').toString('base64url')]) {
    await expect(page({ after })).rejects.toThrow(InvalidCursor)
  }
})

test('pipelines of a deleted repository are neither listed, counted nor read', async () => {
  await writePipelines(database, [{ issueNumber: 1 }, { issueNumber: 2, repositoryId: 2 }])
  await database.kysely
    .updateTable('repositories')
    .set({ removedAt: minutesAfterNine(9) })
    .where('id', '=', 1)
    .execute()
  const { rows, counts } = await page()
  expect([issues(rows), counts.running]).toEqual([[2], 1])
  expect(await loadStoredPipeline(database, { visible: 'all', repository: 'acme/widgets' }, 1, NOW)).toBeNull()
  expect(await findRepository(database, 'all', 'acme/widgets')).toBeNull()
})

test('one issue is read by its repository, in any case, and its number', async () => {
  await writePipelines(database, [{ issueNumber: 7 }, { issueNumber: 7, repositoryId: 2 }])
  expect(await loadStoredPipeline(database, { visible: 'all', repository: 'ACME/gadgets' }, 7, NOW)).toMatchObject({
    repository: 'acme/gadgets',
    revision: 1,
  })
  expect(await loadStoredPipeline(database, { visible: 'all', repository: 'acme/gadgets' }, 8, NOW)).toBeNull()
})

test('of two repositories with one name the one delivered last has it', async () => {
  await writeRepositories(database, { 8: 'acme/reborn', 9: 'acme/reborn' })
  await writePipelines(database, [
    { issueNumber: 7, repositoryId: 8 },
    { issueNumber: 7, repositoryId: 9 },
  ])
  await database.kysely
    .updateTable('repositories')
    .set({ updatedAt: minutesAfterNine(9) })
    .where('id', '=', 9)
    .execute()
  expect(await findRepository(database, 'all', 'acme/reborn')).toMatchObject({ id: 9 })
  expect(
    (await loadStoredPipeline(database, { visible: 'all', repository: 'acme/reborn' }, 7, NOW))?.pipeline.repositoryId,
  ).toBe(9)
})

test('history is read newest first', async () => {
  await writePipelines(database, [{ issueNumber: 1 }])
  const { id } = (await loadStoredPipeline(database, { visible: 'all', repository: 'acme/widgets' }, 1, NOW))!
  const line = { pipelineId: id, revision: 1, type: 'stage.running', actor: null, evidence: null }
  for (let nth = 1; nth <= 5; nth++) {
    const detail = JSON.stringify({ kind: 'pull-request', number: nth, isLinked: true })
    await database.kysely
      .insertInto('history')
      .values({ ...line, at: minutesAfterNine(nth), detail })
      .execute()
  }
  expect((await loadHistory(database, id, 3)).map(({ change }) => change)).toEqual(
    [5, 4, 3].map((number) => ({ kind: 'pull-request', number, isLinked: true })),
  )
})

test('the board shows the last delivery, what failed, and what was finished today', async () => {
  expect(await page()).toMatchObject({ lastDeliveryAt: null, failedDeliveries: 0, doneToday: 0, asOf: NOW })
  const rest = { hookId: 1, name: 'issues', action: null, event: null, error: null, body: null }
  const envelope = { ...rest, repositoryId: null, installationId: null }
  await database.kysely
    .insertInto('deliveries')
    .values([
      { ...envelope, guid: 'a', receivedAt: minutesAfterNine(5), state: 'failed' },
      { ...envelope, guid: 'b', receivedAt: minutesAfterNine(7), state: 'ignored' },
    ])
    .execute()
  await writePipelines(database, [
    { issueNumber: 1, light: 'done', since: '2026-11-21T00:00:00.000Z' },
    { issueNumber: 2, light: 'done', since: '2026-11-20T23:59:59.999Z' },
  ])
  expect(await page()).toMatchObject({ lastDeliveryAt: minutesAfterNine(7), failedDeliveries: 1, doneToday: 1 })
})
