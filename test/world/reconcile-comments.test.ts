// What people do on GitHub to Andon's own comments, and a label that an issue on the line gets: found by reading where no
// delivery tells of it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadReconcileReport } from '../../src/store/reconciles.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { unsent } from '../support/undelivered.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, timeout: 4h }
  review: { pull_request: true }
checks: { before_pull_request: off }
comments: per-stage
`

vi.setConfig({ testTimeout: 60_000 })

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp({ configuration: CONFIGURATION })
})
afterEach(() => app.close())

const comments = () => app.github.comments(app.repository, 1)
const only = () => {
  const [comment, ...others] = comments()
  expect(others).toEqual([])
  return comment ?? { id: 0, body: 'none' }
}
const repaired = async () => (await loadReconcileReport(app.database)).repaired
const reads = () =>
  app.github.writes.requests.filter(({ method, path }) => method === 'GET' && /\/issues\/comments\/\d+$/.test(path))

const mostEditsWithOneText = () => {
  const edits = Map.groupBy(app.github.writes.ofKind('comment-edit'), ({ body }) => JSON.stringify(body))
  return Math.max(...[...edits.values()].map(({ length }) => length))
}

async function runs(): Promise<void> {
  await app.openLabeledIssue()
  await app.advance(60)
  app.github.runs[0]?.start()
  await app.advance(120)
}

test('a comment that a person edited or deleted without a delivery is as it was within six minutes, once', async () => {
  await runs()
  const { id, body } = only()
  await unsent(app.github, () => app.github.editComment(app.repository, id, 'Nothing to see here', 'linus'))
  await app.advance(360, { stride: 30 })
  expect(only()).toMatchObject({ id, body })
  expect(await repaired()).toBe(1)
  const before = reads().length
  await app.advance(1_200, { stride: 300 })
  expect(mostEditsWithOneText()).toBe(2)
  expect(await repaired()).toBe(1)
  expect(
    reads()
      .slice(before)
      .map(({ status }) => status),
  ).toContain(304)

  await unsent(app.github, () => app.github.deleteComment(app.repository, id, 'linus'))
  await app.advance(420, { stride: 30 })
  expect(only().body).toContain('**plan ● running**')
  expect(only().id).not.toBe(id)
  expect(await repaired()).toBe(2)
  await app.advance(600, { stride: 300 })
  only()
})

test('one answer that a comment is not there makes no second one', async () => {
  await runs()
  const { id } = only()
  let answers = 0
  app.github.chooseFaults(({ method, path }) => {
    if (method !== 'GET' || !path.endsWith(`/comments/${id}`)) return null
    answers += 1
    if (answers > 1) return null
    return { kind: 'refuse', status: 404, message: 'Not Found' }
  })
  await app.advance(900, { stride: 150 })
  expect(answers).toBeGreaterThan(1)
  expect(only().id).toBe(id)
})

test('a text that GitHub keeps in another form is written again once, and not for ever', async () => {
  await runs()
  const { id } = only()
  app.github.chooseFaults(({ method, path }) => {
    if (method !== 'GET' || !path.endsWith(`/comments/${id}`)) return null
    return {
      kind: 'altered',
      alter: (answer) => ({ ...answer, body: { ...(answer.body as object), body: 'in another form' } }),
    }
  })
  await app.advance(1_800, { stride: 150 })
  expect(mostEditsWithOneText()).toBe(2)
})

test('the start label on an issue that an agent’s branch had taken up starts it, though no delivery tells of it', async () => {
  const { github, repository } = app
  github.writeFile(repository, '.github/andon.yml', CONFIGURATION)
  await github.openIssue(repository, { title: 'Retry on flaky upload' })
  await github.createBranch(repository, 'andon/issue-1')
  await github.openPullRequest(repository, { branch: 'andon/issue-1', title: 'Fix', body: 'Fixes #1' })
  await app.advance(120)
  expect((await app.pipeline()).start).toMatchObject({ by: 'branch' })
  await unsent(github, () => github.label(repository, 1, 'andon'))
  await app.advance(420, { stride: 30 })
  const { start, startRequests } = await app.pipeline()
  expect(start).toMatchObject({ by: 'label', actor: 'ada', evidence: { kind: 'read', repairedAt: expect.any(String) } })
  expect(startRequests).toMatchObject([{ login: 'ada', permission: { granted: true } }])
  expect(await repaired()).toBe(1)
  await unsent(github, () => github.unlabel(repository, 1, 'andon'))
  await app.advance(420, { stride: 60 })
  expect(await repaired()).toBe(1)
})
