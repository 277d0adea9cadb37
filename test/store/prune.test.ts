import type { KyselyPlugin } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Light } from '../../src/pipeline/model/pipeline.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import type { Database } from '../../src/store/database.ts'
import { prune, RETENTION_DAYS } from '../../src/store/prune.ts'
import { openTestDatabase } from '../support/database.ts'
import { writePipelines } from './support/pipeline-rows.ts'

const NOW = '2026-11-21T12:00:00.000Z'

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
})

afterEach(async () => {
  await database.close()
})

function daysAgo(days: number): Instant {
  return new Date(Date.parse(NOW) - days * 24 * 60 * 60 * 1000).toISOString()
}

async function writeDeliveries(state: 'applied' | 'failed', receivedAt: Instant, count = 1): Promise<void> {
  const rest = { hookId: 1, name: 'issues', action: null, repositoryId: null, installationId: null }
  const rows = Array.from({ length: count }, (_, nth) => ({
    ...rest,
    guid: `${state} ${receivedAt} ${nth}`,
    state,
    receivedAt,
    event: null,
    error: null,
    body: null,
  }))
  await database.kysely.insertInto('deliveries').values(rows).execute()
}

test('deliveries are pruned after their time, and failed ones are kept longer', async () => {
  const { deliveries, failedDeliveries } = RETENTION_DAYS
  for (const days of [1, deliveries + 1, failedDeliveries + 1]) {
    await writeDeliveries('applied', daysAgo(days))
    await writeDeliveries('failed', daysAgo(days))
  }
  expect(await prune(database, NOW)).toBe(3)
  const left = await database.kysely.selectFrom('deliveries').select(['state', 'receivedAt']).orderBy('id').execute()
  expect(left).toEqual([
    { state: 'applied', receivedAt: daysAgo(1) },
    { state: 'failed', receivedAt: daysAgo(1) },
    { state: 'failed', receivedAt: daysAgo(deliveries + 1) },
  ])
})

test('a live pipeline is never pruned, however old; a finished one is pruned with its history', async () => {
  const updatedAt = daysAgo(RETENTION_DAYS.pipelines + 1)
  const lights: readonly Light[] = ['running', 'review', 'queued', 'failed', 'done', 'idle']
  await writePipelines(database, [
    ...lights.map((light, index) => ({ issueNumber: index + 1, light, updatedAt })),
    { issueNumber: 7, light: 'done', updatedAt: daysAgo(1) },
  ])
  const pipelines = await database.kysely.selectFrom('pipelines').select('id').execute()
  const detail = JSON.stringify({ kind: 'issue', state: 'closed' })
  const line = { revision: 1, at: updatedAt, type: 'issue.closed', actor: null, detail, evidence: null }
  const history = pipelines.map(({ id }) => ({ ...line, pipelineId: id }))
  await database.kysely.insertInto('history').values(history).execute()
  expect(await prune(database, NOW)).toBe(2)
  const left = await database.kysely.selectFrom('pipelines').select(['light']).orderBy('issueNumber').execute()
  expect(left.map(({ light }) => light)).toEqual(['running', 'review', 'queued', 'failed', 'done'])
  expect(await database.kysely.selectFrom('history').select('id').execute()).toHaveLength(5)
})

test('a question about a run is dropped after a week without an answer; other questions wait', async () => {
  const asks = (key: string, question: object) => ({
    repositoryId: 1,
    key,
    document: JSON.stringify({ type: 'ask', key, question }),
    dueAt: daysAgo(RETENTION_DAYS.unansweredQuestions + 1),
    createdAt: daysAgo(RETENTION_DAYS.unansweredQuestions + 1),
    updatedAt: NOW,
  })
  await writePipelines(database, [{ issueNumber: 1 }])
  await database.kysely
    .insertInto('effects')
    .values([
      asks('run/7', { about: 'run', runId: 7, issueNumber: 1 }),
      asks('issue/1', { about: 'issue', issueNumber: 1 }),
    ])
    .execute()
  expect(await prune(database, NOW)).toBe(1)
  expect(await database.kysely.selectFrom('effects').select('key').execute()).toEqual([{ key: 'issue/1' }])
})

test('many old rows are all deleted, and no statement deletes more than a thousand of them, or fifty pipelines', async () => {
  await writeDeliveries('applied', daysAgo(RETENTION_DAYS.deliveries + 1), 2_500)
  const updatedAt = daysAgo(RETENTION_DAYS.pipelines + 1)
  await writePipelines(
    database,
    Array.from({ length: 120 }, (_, index) => ({ issueNumber: index + 1, light: 'done' as const, updatedAt })),
  )
  const deleted: number[] = []
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      deleted.push(Number(result.numAffectedRows ?? 0))
      return result
    },
  }
  expect(await prune({ ...database, kysely: database.kysely.withPlugin(counting) }, NOW)).toBe(2_620)
  expect(deleted.filter((count) => count > 0)).toEqual([1_000, 1_000, 500, 50, 50, 20])
  expect(await prune(database, NOW)).toBe(0)
})
