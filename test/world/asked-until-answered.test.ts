// Somebody waits for the answer to every question that Andon asks: it is asked until it is answered, once at a time, and one
// "not found" is no answer.
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { ApiResponse } from '../../fake-github/api-request.ts'
import type { Fault } from '../../fake-github/faults.ts'
import type { RecordedRequest } from '../../fake-github/write-log.ts'
import { type AndonApp, BY_SECONDS, openAndonApp, PLAN } from '../support/andon-app.ts'
import { altering, notFound } from './support/broken-answers.ts'
import { readBoard, readIssue } from './support/issue-pages.ts'

let app: AndonApp
afterEach(() => app.close())

const asks = (words: string) => (request: RecordedRequest) =>
  request.kind === 'graphql' && JSON.stringify(request.body).includes(words)
const noRepository = (answer: ApiResponse): ApiResponse => {
  const errors = [{ type: 'NOT_FOUND', path: ['repository'], message: 'Could not resolve to a Repository' }]
  return { ...answer, body: { data: { repository: null }, errors } }
}
const noNode = (answer: ApiResponse): ApiResponse => {
  const errors = [{ type: 'NOT_FOUND', path: ['node'], message: 'Could not resolve to a node' }]
  return { ...answer, body: { data: { node: null }, errors } }
}

test('a question of several slow calls is asked once, also beside another process', async () => {
  app = await openAndonApp({ configuration: PLAN })
  await app.openLabeledIssue()
  await app.advance(90)
  const another = await app.startAnother()
  const isRead = ({ kind, path }: RecordedRequest) => kind === 'graphql' || path.includes('/contents/')
  async function nineSeconds(): Promise<void> {
    app.clock.advance(9)
    void another.steps.outbox()
    await wait(20)
  }
  const asked = () => app.github.writes.requests.filter(asks('issue(number')).length
  const before = asked()
  app.github.chooseFaults((request) => (isRead(request) ? { kind: 'freeze', until: nineSeconds() } : null))
  await app.github.openIssue(app.repository, { title: 'Another', labels: ['andon'] })
  await app.advance(10)
  await another.drain()
  await app.advance(30)
  expect(asked() - before).toBe(1)
  expect(app.dispatched()).toContain('2/plan/1')
})

describe.each<[string, Fault]>([
  ['does not know the repository', { kind: 'altered', alter: noRepository }],
  ['cannot read the query', { kind: 'refuse', status: 400, message: 'Problems parsing JSON' }],
  ['answers 404 to the query', { kind: 'refuse', status: 404, message: 'Not Found' }],
  ['answers 422', { kind: 'refuse', status: 422, message: 'Validation Failed' }],
])('while GitHub %s', (_, fault) => {
  test('an issue is not taken up and says why, a person is called, and it starts once GitHub answers', async () => {
    app = await openAndonApp({ configuration: PLAN })
    const until = Date.parse(app.clock.now()) + 3_600_000
    app.github.chooseFaults(({ kind, at }) => (kind === 'graphql' && at < until ? fault : null))
    await app.openLabeledIssue()
    await app.advance(60)
    expect(await readIssue(app)).toMatchObject({
      light: 'queued',
      reason: 'asks GitHub about the issue, and for andon.yml',
      waiting: { for: "GitHub's answer about the issue" },
    })
    expect((await readBoard(app)).counts.needsYou).toBe(0)
    await app.advance(3_540, { stride: 60 })
    expect(app.dispatched()).toEqual([])
    expect((await readBoard(app)).counts.needsYou).toBe(1)
    await app.advance(3_600, { stride: 60 })
    expect(app.dispatched()[0]).toBe('1/plan/1')
  })
})

test('while GitHub does not say what a user may do, a person is needed, and the issue starts once it does', async () => {
  app = await openAndonApp({ configuration: PLAN })
  const until = Date.parse(app.clock.now()) + 3_600_000
  app.github.chooseFaults(({ kind, at }) =>
    kind === 'permission' && at < until ? { kind: 'refuse', status: 422, message: 'Validation Failed' } : null,
  )
  await app.openLabeledIssue()
  await app.advance(60)
  expect((await readBoard(app)).counts.needsYou).toBe(0)
  await app.advance(3_000, { stride: 60 })
  expect(await readIssue(app)).toMatchObject({ light: 'queued', reason: 'asks GitHub whether @ada may start this' })
  expect(await readBoard(app)).toMatchObject({ counts: { needsYou: 1 }, issues: [1] })
  await app.advance(3_600, { stride: 60 })
  expect(app.dispatched()[0]).toBe('1/plan/1')
})

test.each<[string, Fault]>([
  ['is refused', { kind: 'refuse', status: 403, message: 'Resource not accessible by integration' }],
  ['fails', { kind: 'refuse', status: 500, message: 'Server Error' }],
])(
  'while reading runs %s, one question about a silent run waits, and its answer is adopted',
  async (_, fault) => {
    app = await openAndonApp({ configuration: 'stages: { plan: { workflow: plan.yml, limit: 20h } }' })
    await app.openLabeledIssue()
    await app.advance(30)
    const [run] = app.github.runs
    if (run === undefined) throw new Error('nothing was dispatched')
    run.start()
    await app.advance(30)
    const until = Date.parse(app.clock.now()) + 2 * 3_600_000
    const isReading = ({ method, path }: RecordedRequest) =>
      method === 'GET' && path.includes(`/actions/runs/${run.id}`)
    app.github.chooseFaults((request) => (isReading(request) && request.at < until ? fault : null))
    await app.advance(2 * 3_600 - 120, { stride: 120 })
    expect(await openQuestionsAboutRuns()).toBe(1)
    const asked = app.github.writes.requests.filter(isReading).length
    expect(asked).toBeGreaterThan(2)
    // The question every five to eight minutes, and beside it the reading of what is under way, ever more seldom.
    expect(asked).toBeLessThan(40)
    await app.advance(3_600, { stride: 120 })
    expect(await openQuestionsAboutRuns()).toBe(0)
    const before = app.github.writes.requests.filter(isReading).length
    await app.advance(1_500, { stride: 60 })
    expect(app.github.writes.requests.filter(isReading).length).toBeGreaterThan(before)
  },
  60_000,
)

async function openQuestionsAboutRuns(): Promise<number> {
  const { kysely } = app.database
  const rows = await kysely.selectFrom('effects').select('key').where('state', '=', 'due').execute()
  return rows.filter(({ key }) => key.startsWith('run/')).length
}

describe('what GitHub does not find once', () => {
  test('is asked for again before a user may not start', async () => {
    app = await openAndonApp({ configuration: PLAN })
    app.github.chooseFaults(altering(({ kind }) => kind === 'permission', notFound))
    await app.openLabeledIssue()
    await app.advance(30, BY_SECONDS)
    expect(app.dispatched()).toEqual(['1/plan/1'])
    expect((await readBoard(app)).counts.needsYou).toBe(0)
  })

  test('is asked for again before a user’s command is refused', async () => {
    app = await openAndonApp({ configuration: PLAN })
    await app.openLabeledIssue()
    await app.advance(30)
    app.github.chooseFaults(altering(({ kind }) => kind === 'permission', notFound))
    const command = await app.comment('/andon hold no staff')
    await app.advance(30)
    expect(app.reactions(command)).toEqual(['rocket'])
    expect((await app.pipeline()).holdsAndReleases).toMatchObject([{ reason: 'no staff' }])
  })

  test('is asked for again before a comment counts as one that came by e-mail', async () => {
    app = await openAndonApp({ configuration: PLAN })
    await app.openLabeledIssue()
    await app.advance(30)
    app.github.chooseFaults(altering(asks('createdViaEmail'), noNode))
    const command = await app.comment('We have nobody today.\n\n/andon hold no staff')
    await app.advance(30)
    expect(app.reactions(command)).toEqual(['rocket'])
    expect(await app.replies()).toEqual([])
    expect((await app.pipeline()).holdsAndReleases).toMatchObject([{ reason: 'no staff' }])
  })

  test('is asked for again before a workflow is missing', async () => {
    app = await openAndonApp({ configuration: PLAN })
    const missesOnce = altering(({ method, path }) => method === 'GET' && /contents\/.*plan\.yml/.test(path), notFound)
    let isRefused = false
    app.github.chooseFaults((request) => {
      if (request.kind === 'dispatch' && !isRefused) {
        isRefused = true
        return { kind: 'refuse', status: 404, message: 'Not Found' }
      }
      return missesOnce(request)
    })
    await app.openLabeledIssue()
    for (let passed = 0; passed < 40; passed += 1) {
      await app.advance(1, BY_SECONDS)
      expect((await readBoard(app)).counts).toMatchObject({ needsYou: 0, failed: 0 })
    }
    expect(app.dispatched()).toEqual(['1/plan/1', '1/plan/2'])
    expect(app.github.runs).toHaveLength(1)
  })
})

test('while andon.yml has only ever had mistakes, an issue says so and calls a person, and it starts after the repair', async () => {
  app = await openAndonApp({ configuration: 'stages: 7' })
  await app.openLabeledIssue()
  await app.advance(60)
  expect(await readIssue(app)).toMatchObject({
    light: 'queued',
    reason: 'waits for a version of andon.yml without mistakes',
  })
  // One need: the file is counted with the issue that waits for it.
  expect((await readBoard(app)).counts.needsYou).toBe(1)
  app.github.writeFile(app.repository, '.github/andon.yml', PLAN)
  await app.advance(60)
  expect(app.dispatched()).toEqual(['1/plan/1'])
})
