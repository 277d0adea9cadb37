// A light that nothing has confirmed for a quarter of an hour says that it is unknown, and since when, wherever it is shown;
// once GitHub can be read again it is right without a person.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { formatMinute } from '../../src/render/labels.ts'
import type { BoardJson } from '../../src/web/stream-formats.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import { readBadge, readHead, readMetric, readRows } from '../support/read-pages.ts'
import { unsent } from '../support/undelivered.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, timeout: 4h, limit: 12h }
  review: { pull_request: true }
checks: { before_pull_request: neutral }
comments: per-stage
`

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: CONFIGURATION })
  await app.openLabeledIssue()
  await app.advance(60)
  app.github.runs[0]?.start()
  await app.advance(30)
})
afterEach(() => app.close())

const read = async (path: string) => await (await fetch(`${app.url}${path}`)).text()
const board = async () => JSON.parse(await read('/api/pipelines')) as BoardJson
const row = async () => (await board()).pipelines[0]
const everywhere = () => expectConsistent({ database: app.database, now: app.clock.now(), place: { url: app.url } })
const comment = () => app.github.comments(app.repository, 1).find(({ body }) => body.includes('**plan'))?.body
const unreachable = (): Fault => ({ kind: 'unreachable' })

test('a run goes on while GitHub cannot be reached: its light is unknown with its age everywhere, and right again once it can', async () => {
  await app.advance(1_500, { stride: 300 })
  expect(await row()).toMatchObject({ light: 'running', health: 'ok', lastKnownAt: null })
  await everywhere()
  const lostAt = app.clock.now()
  app.github.chooseFaults(unreachable)
  await app.advance(300, { stride: 100 })
  expect(await row()).toMatchObject({ light: 'running', health: 'ok' })
  await app.advance(3_000, { stride: 300 })
  const outdated = await row()
  const lastKnownAt = outdated?.lastKnownAt ?? ''
  expect(outdated).toMatchObject({ light: 'running', health: 'unknown', needsYou: false })
  expect(Date.parse(lostAt) - Date.parse(lastKnownAt)).toBeLessThanOrEqual(600_000)
  expect(outdated?.reason).toContain(`not confirmed since ${formatMinute(lastKnownAt)}`)
  expect(await board()).toMatchObject({ verdict: 'cannot-know', counts: { running: 1, unknown: 1, moving: 0 } })
  const page = await read('/')
  expect(readHead(page).verdict).toBe('cannot-know')
  expect(readRows(page)).toMatchObject([{ light: 'running', health: 'unknown' }])
  const issue = await read(`/${app.repository}/issues/1`)
  expect(issue).toContain('not confirmed since')
  expect(issue).toContain(`datetime="${lastKnownAt}"`)
  expect(readBadge(await read(`/badge/${app.repository}.svg`))).toBe('cannot know')
  expect(readMetric(await read('/metrics'), 'andon_unhealthy{health="unknown"}')).toBe(1)
  await everywhere()

  app.github.clearFaults()
  await app.advance(600, { stride: 60 })
  expect(await row()).toMatchObject({ light: 'running', health: 'ok', lastKnownAt: null })
  expect(await board()).toMatchObject({ verdict: 'running', counts: { unknown: 0, moving: 1 } })
  await everywhere()
})

test('what can still be written says so on GitHub, and takes it back', async () => {
  const isReadOfRun = ({ method, path }: { method: string; path: string }) =>
    method === 'GET' && path.includes('/actions/runs')
  app.github.chooseFaults((request) => (isReadOfRun(request) ? { kind: '502-before' } : null))
  await app.advance(3_600, { stride: 300 })
  const since = `unknown since ${formatMinute((await row())?.lastKnownAt ?? '')}`
  expect(comment()).toContain(`running, ${since}`)
  const [check] = app.github.checkRuns(app.repository)
  expect(check?.output.title).toContain('unknown')
  await everywhere()
  app.github.clearFaults()
  await app.advance(1_200, { stride: 100 })
  expect(comment()).toContain('**plan ● running**')
})

/** The run succeeds, and its pull request waits for a review. */
async function reviewBegins(): Promise<void> {
  const { github, repository } = app
  github.runs[0]?.succeed()
  await github.createBranch(repository, 'andon/issue-1')
  await github.openPullRequest(repository, { branch: 'andon/issue-1', title: 'Fix', body: 'Fixes #1' })
  await app.advance(60)
}

test('a review that GitHub refused to show is read at once when an event gives access', async () => {
  const { github } = app
  await reviewBegins()
  const message = 'Resource not accessible by integration'
  github.chooseFaults(({ method, path }) =>
    method === 'GET' && path.includes('/pulls/') ? { kind: 'refuse', status: 403, message } : null,
  )
  await app.advance(5_400, { stride: 300 })
  expect(await row()).toMatchObject({ light: 'review', health: 'unknown' })
  github.clearFaults()
  github.acceptPermissions()
  await app.advance(30, { stride: 10 })
  expect(await row()).toMatchObject({ light: 'review', health: 'ok' })
})

test('what ended unheard while GitHub was away is unknown until GitHub is read, and then what it is', async () => {
  app.github.chooseFaults(unreachable)
  await unsent(app.github, () => app.github.runs[0]?.succeed())
  await app.advance(3_600, { stride: 300 })
  expect(await row()).toMatchObject({ light: 'running', health: 'unknown' })
  app.github.clearFaults()
  await app.advance(600, { stride: 60 })
  expect((await app.pipeline()).stages[0]?.status).toBe('done')
  await everywhere()
})

test('a review is unknown after as long, and what waits for nobody at GitHub never is', async () => {
  const { github, repository } = app
  await reviewBegins()
  await app.comment('/andon hold repository nobody is here')
  await github.openIssue(repository, { title: 'Held', labels: ['andon'] })
  await app.advance(60)
  github.chooseFaults(unreachable)
  await app.advance(1_800, { stride: 300 })
  const shown = new Map((await board()).pipelines.map(({ issue, light, health }) => [issue, { light, health }]))
  expect(shown.get(1)).toEqual({ light: 'review', health: 'unknown' })
  expect(shown.get(3)).toEqual({ light: 'queued', health: 'ok' })
  await everywhere()
})
