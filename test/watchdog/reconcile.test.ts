// What is live and was not heard of is asked about; whatever wants the clock gets it, with the beats of its agents.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Door } from '../../src/apply/door.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { upsertBeat } from '../../src/store/beats.ts'
import type { Database } from '../../src/store/database.ts'
import { reconcile } from '../../src/watchdog/reconcile.ts'
import { wake } from '../../src/watchdog/wake.ts'
import { arrivalOf, door, pipelinesIn } from '../apply/support/arrivals.ts'
import { freshDatabase } from '../support/database.ts'
import { ISSUE, labelled, minute, REPOSITORY, runFact, runIs } from '../support/pipeline-fixtures.ts'

let database: Database
let opened: Door
let now: Instant

beforeEach(async () => {
  database = await freshDatabase()
  now = minute(2)
  opened = door(database, { now: () => now })
})

afterEach(async () => {
  await opened.close()
  await database.close()
})

async function tell(...events: readonly Event[]): Promise<void> {
  for (const event of events) expect(await opened.apply(arrivalOf(event))).toMatchObject({ state: 'applied' })
}

/** The questions about runs that were asked for the first time by now. */
async function askedAt(at: Instant): Promise<readonly string[]> {
  now = at
  await reconcile({ database, now: () => now })
  const rows = await database.kysely.selectFrom('effects').select('key').where('key', 'like', 'run/%').execute()
  return rows.map(({ key }) => key)
}

test('GitHub is asked about a live run after ten minutes without news, and again only after ten more', async () => {
  await tell(labelled(), runIs({ id: 7, at: minute(2) }))
  expect(await askedAt(minute(11))).toEqual([])
  expect(await askedAt(minute(12))).toEqual([`run/7/${minute(12)}`])
  expect(await askedAt(minute(21))).toHaveLength(1)
  expect(await askedAt(minute(22))).toHaveLength(2)
})

test('news put the question off, and a run that is over is not asked about', async () => {
  await tell(labelled(), runIs({ id: 7, at: minute(2) }))
  await tell(runIs({ id: 7, at: minute(9) }))
  expect(await askedAt(minute(18))).toEqual([])
  await tell(runIs({ id: 7, at: minute(18), conclusion: 'success' }))
  expect(await askedAt(minute(59))).toEqual([])
})

test('other news of the issue do not put off the question about its silent run', async () => {
  await tell(labelled(), runIs({ id: 7, at: minute(2) }), labelled({ at: minute(11), title: 'Another title' }))
  expect(await askedAt(minute(12))).toHaveLength(1)
})

test('nothing is asked about an issue that is gone', async () => {
  await tell(labelled(), runIs({ id: 7, at: minute(2) }))
  await database.kysely
    .updateTable('pipelines')
    .set({ reconcileAt: minute(1) })
    .execute()
  const { document } = (await pipelinesIn(database))[0]!
  const gone = JSON.stringify({ ...document, gone: { why: 'deleted', at: minute(3) } })
  await database.kysely.updateTable('pipelines').set({ document: gone }).execute()
  expect(await askedAt(minute(30))).toEqual([])
})

test('nothing is asked in a repository that Andon was taken off, and the question follows once it is back', async () => {
  await tell(labelled(), runIs({ id: 7, at: minute(2) }))
  const { kysely } = database
  await kysely.updateTable('installations').set({ state: 'suspended' }).execute()
  expect(await askedAt(minute(30))).toEqual([])
  await kysely.updateTable('installations').set({ state: 'active' }).execute()
  expect(await askedAt(minute(31))).toHaveLength(1)
})

test('the answer is an event like any other: a completion that was never delivered is adopted', async () => {
  await tell(labelled(), runIs({ id: 7, workflow: 'code.yml', at: minute(2) }))
  expect(await askedAt(minute(30))).toHaveLength(1)
  const run = runFact({ id: 7, workflow: 'code.yml', at: minute(15), conclusion: 'success' })
  await tell({
    type: 'answered',
    at: minute(30),
    evidence: { kind: 'read', id: `run/7/${minute(30)}`, at: minute(30) },
    repository: REPOSITORY,
    question: { about: 'run', runId: 7, issueNumber: ISSUE },
    answer: { about: 'run', run: { ...run, evidence: { kind: 'read', id: 'run/7', at: minute(30) } } },
  })
  const kept = await database.kysely.selectFrom('runs').select('document').executeTakeFirstOrThrow()
  expect(kept.document.status).toBe('completed')
})

test('several workers that reconcile at once ask once', async () => {
  await tell(...[1, 2, 3, 4, 5].map((number) => labelled({ number })))
  for (const number of [1, 2, 3, 4, 5]) await tell(runIs({ id: number, branch: `claude/issue-${number}-x` }))
  now = minute(40)
  const asked = await Promise.all([1, 2, 3].map(() => reconcile({ database, now: () => now })))
  expect(asked.reduce((a, b) => a + b)).toBe(5)
  const rows = await database.kysely.selectFrom('effects').select('key').where('key', 'like', 'run/%').execute()
  expect(rows).toHaveLength(5)
})

test('the clock comes with the latest beat of each attempt, to those whose moment has come', async () => {
  await tell(labelled({ number: 1 }), labelled({ number: 2 }))
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minute(5) })
    .where('issueNumber', '=', 1)
    .execute()
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minute(7) })
    .where('issueNumber', '=', 2)
    .execute()
  const silent = { progress: null, text: null, url: null }
  const beat = { repositoryId: REPOSITORY.id, attemptKey: '1/code/1-k3v9x', runId: 7, ...silent }
  await upsertBeat(database, { ...beat, issueNumber: 1, at: minute(4) })
  const woken: Event[] = []
  const listening: Door = {
    ...opened,
    apply: async ({ event }) => {
      if (event !== null) woken.push(event)
      return { duplicate: false, state: 'applied' }
    },
  }
  expect(await wake({ database, door: listening, now: () => minute(6) })).toBe(1)
  const [first] = await pipelinesIn(database)
  expect(woken).toMatchObject([{ type: 'woken', pipelineId: first?.id, beats: { '1/code/1-k3v9x': minute(4) } }])
})

test('a pipeline that cannot be woken does not keep the loop from resting', async () => {
  await tell(labelled())
  await database.kysely
    .updateTable('pipelines')
    .set({ wakeAt: minute(5) })
    .execute()
  const failing: Door = { ...opened, apply: async () => ({ duplicate: false, state: 'failed' }) }
  expect(await wake({ database, door: failing, now: () => minute(6) })).toBe(0)
})
