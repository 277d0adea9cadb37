// Silent live runs are asked about, and pipelines that asked to be woken are, with the beats of their agents.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { upsertBeat } from '../../src/store/beats.ts'
import type { Database } from '../../src/store/database.ts'
import { wakeDuePipelines } from '../../src/watchdog/wake.ts'
import { arrivalOf, openTestDoor, pipelinesIn } from '../apply/support/arrivals.ts'
import { openTestDatabase } from '../support/database.ts'
import { ISSUE, issueLabeled, minutesAfterNine, REPOSITORY, runChanged, runFact } from '../support/pipeline-fixtures.ts'
import { runAnswered } from '../support/pipeline-harness.ts'

let database: Database
let opened: Door
let now: Instant

beforeEach(async () => {
  database = await openTestDatabase()
  now = minutesAfterNine(2)
  opened = openTestDoor(database, { now: () => now })
})

afterEach(async () => {
  await opened.close()
  await database.close()
})

async function applyEvents(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await opened.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

/** The first questions about runs so far. */
async function askTimes(at: Instant): Promise<readonly string[]> {
  now = at
  await wakeDuePipelines({ database, door: opened, now: () => now })
  const rows = await database.kysely.selectFrom('effects').select('key').where('key', 'like', 'run/%').execute()
  return rows.map(({ key }) => key)
}

test('GitHub is asked about a live run after ten minutes without news, and again only after ten more and an answer', async () => {
  const live = runChanged({ id: 7, at: minutesAfterNine(2) })
  await applyEvents(issueLabeled(), live)
  expect(await askTimes(minutesAfterNine(11))).toEqual([])
  expect(await askTimes(minutesAfterNine(12))).toEqual([`run/7/${minutesAfterNine(12)}`])
  expect(await askTimes(minutesAfterNine(21))).toHaveLength(1)
  expect(await askTimes(minutesAfterNine(22))).toHaveLength(1)
  await applyEvents(runAnswered(7, live.run, minutesAfterNine(23)))
  expect(await askTimes(minutesAfterNine(31))).toHaveLength(1)
  expect(await askTimes(minutesAfterNine(32))).toHaveLength(2)
})

test('news of a run postpone the question, and a completed run is not asked about', async () => {
  await applyEvents(issueLabeled(), runChanged({ id: 7, at: minutesAfterNine(2) }))
  await applyEvents(runChanged({ id: 7, at: minutesAfterNine(9) }))
  expect(await askTimes(minutesAfterNine(18))).toEqual([])
  await applyEvents(runChanged({ id: 7, at: minutesAfterNine(18), conclusion: 'success' }))
  expect(await askTimes(minutesAfterNine(59))).toEqual([])
})

test('other news of the issue do not postpone the question about its silent run', async () => {
  await applyEvents(
    issueLabeled(),
    runChanged({ id: 7, at: minutesAfterNine(2) }),
    issueLabeled({ at: minutesAfterNine(11), title: 'Another title' }),
  )
  expect(await askTimes(minutesAfterNine(12))).toHaveLength(1)
})

test('nothing is asked about a deleted issue', async () => {
  await applyEvents(issueLabeled(), runChanged({ id: 7, at: minutesAfterNine(2) }))
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minutesAfterNine(1) })
    .execute()
  const { document } = (await pipelinesIn(database))[0]!
  const gone = JSON.stringify({ ...document, removed: { why: 'deleted', at: minutesAfterNine(3) } })
  await database.kysely.updateTable('pipelines').set({ document: gone }).execute()
  expect(await askTimes(minutesAfterNine(30))).toEqual([])
})

test('nothing is asked in a repository that Andon was removed from, and the question follows when it is back', async () => {
  await applyEvents(issueLabeled(), runChanged({ id: 7, at: minutesAfterNine(2) }))
  const { kysely } = database
  await kysely.updateTable('installations').set({ state: 'suspended' }).execute()
  expect(await askTimes(minutesAfterNine(30))).toEqual([])
  await kysely.updateTable('installations').set({ state: 'active' }).execute()
  expect(await askTimes(minutesAfterNine(31))).toHaveLength(1)
})

test('the answer is applied like any event: a completion that was never delivered is adopted', async () => {
  await applyEvents(issueLabeled(), runChanged({ id: 7, workflow: 'code.yml', at: minutesAfterNine(2) }))
  expect(await askTimes(minutesAfterNine(30))).toHaveLength(1)
  const run = runFact({ id: 7, workflow: 'code.yml', at: minutesAfterNine(15), conclusion: 'success' })
  await applyEvents({
    type: 'question.answered',
    at: minutesAfterNine(30),
    evidence: { kind: 'read', id: `run/7/${minutesAfterNine(30)}`, at: minutesAfterNine(30) },
    repository: REPOSITORY,
    question: { about: 'run', runId: 7, issueNumber: ISSUE },
    answer: { about: 'run', run: { ...run, evidence: { kind: 'read', id: 'run/7', at: minutesAfterNine(30) } } },
  })
  const stored = await database.kysely.selectFrom('runs').select('document').executeTakeFirstOrThrow()
  expect(stored.document.status).toBe('completed')
})

test('several workers that reconcile at once ask once', async () => {
  await applyEvents(...[1, 2, 3, 4, 5].map((number) => issueLabeled({ number })))
  for (const number of [1, 2, 3, 4, 5])
    await applyEvents(runChanged({ id: number, branch: `claude/issue-${number}-x` }))
  now = minutesAfterNine(40)
  const doors = [1, 2, 3].map(() => openTestDoor(database, { now: () => now }))
  await Promise.all(doors.map((door) => wakeDuePipelines({ database, door, now: () => now })))
  for (const door of doors) await door.close()
  const rows = await database.kysely.selectFrom('effects').select('key').where('key', 'like', 'run/%').execute()
  expect(rows).toHaveLength(5)
})

test('a wake-up carries the latest beat of each attempt, and comes only to pipelines that are due', async () => {
  await applyEvents(issueLabeled({ number: 1 }), issueLabeled({ number: 2 }))
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minutesAfterNine(5) })
    .where('issueNumber', '=', 1)
    .execute()
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minutesAfterNine(7) })
    .where('issueNumber', '=', 2)
    .execute()
  const silent = { progress: null, text: null, url: null }
  const beat = { repositoryId: REPOSITORY.id, attemptKey: '1/code/1-k3v9x', runId: 7, ...silent }
  await upsertBeat(database, { ...beat, issueNumber: 1, at: minutesAfterNine(4) })
  const woken: Event[] = []
  const listening: Door = {
    ...opened,
    apply: async ({ event }) => {
      if (event !== null) woken.push(event)
      return { duplicate: false, state: 'applied' }
    },
  }
  expect(await wakeDuePipelines({ database, door: listening, now: () => minutesAfterNine(6) })).toBe(1)
  const [first] = await pipelinesIn(database)
  expect(woken).toMatchObject([
    { type: 'pipeline.woken', pipelineId: first?.id, heartbeats: { '1/code/1-k3v9x': minutesAfterNine(4) } },
  ])
})

test('a pipeline that cannot be woken does not keep the loop busy', async () => {
  await applyEvents(issueLabeled())
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minutesAfterNine(5) })
    .execute()
  const failing: Door = { ...opened, apply: async () => ({ duplicate: false, state: 'failed' }) }
  expect(await wakeDuePipelines({ database, door: failing, now: () => minutesAfterNine(6) })).toBe(0)
})
