// GitHub's answers are eventually consistent. What was just made may be missing from them for a while; that is no "no".
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ApiResponse } from '../../fake-github/api-request.ts'
import type { Run } from '../../fake-github/runs.ts'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { altering, notFound, repositoryIn } from './support/broken-answers.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml }
  review: { pull_request: true }
checks: { before_pull_request: off }
comments: off
`

let app: AndonApp
let run: Run | null
beforeEach(async () => {
  run = null
  app = await openAndonApp({ configuration: CONFIGURATION })
  app.github.onDispatch((dispatched) => {
    run = dispatched
  })
})
afterEach(() => app.close())

async function light(): Promise<string> {
  return (await app.database.kysely.selectFrom('pipelines').select('light').executeTakeFirstOrThrow()).light
}

/** Resolves to the pull request's number. */
async function openPullRequestAfterPlan(body: string): Promise<number> {
  await app.openLabeledIssue()
  await app.advance(20)
  run?.start()
  run?.succeed()
  await app.advance(10)
  await app.github.createBranch(app.repository, 'feature/login', 'linus')
  return await app.github.openPullRequest(app.repository, {
    branch: 'feature/login',
    title: 'Login',
    body,
    by: 'linus',
  })
}

/** Answers about links as they are after this change, until then. */
function linksUntil(until: () => boolean, closes: readonly number[] = []): void {
  const nodes = closes.map((number) => ({ number, repository: null }))
  app.github.chooseFaults(({ kind }) => {
    if (kind !== 'graphql' || until()) return null
    return { kind: 'altered', alter: (answer) => withLinks(answer, nodes) }
  })
}

function withLinks(answer: ApiResponse, nodes: readonly object[]): ApiResponse {
  const { pullRequest, issue } = repositoryIn(answer) as Record<string, Record<string, unknown> | undefined>
  if (pullRequest) pullRequest.closingIssuesReferences = { nodes }
  if (issue) issue.closedByPullRequestsReferences = { nodes: [] }
  return answer
}

function inSeconds(seconds: number): () => boolean {
  const at = Date.parse(app.clock.now()) + seconds * 1000
  return () => Date.parse(app.clock.now()) >= at
}

describe('a link that GitHub fills in', () => {
  const DELAYS = [3, 12, 45, ...Array.from({ length: repetitions(0, 20) }, (_, index) => 3 * index)]

  let seen = 0
  afterAll(() => recordMeasurements('not-yet', { faults: DELAYS.length, lost: DELAYS.length - seen }))

  test.each(DELAYS)('%i s after the pull request was opened is seen within a minute and a half', async (seconds) => {
    await openPullRequestAfterPlan('Closes #1')
    linksUntil(inSeconds(seconds))
    await app.advance(75, { stride: 5 })
    expect(await light()).toBe('review')
    seen += 1
  })

  test('after ten minutes is seen at the next review, or by the clock', async () => {
    const number = await openPullRequestAfterPlan('Closes #1')
    linksUntil(inSeconds(600))
    await app.advance(620)
    await app.github.review(app.repository, number, 'comment', { by: 'margaret' })
    await app.advance(30)
    expect(await light()).toBe('review')
  })

  test('when a draft is made ready is seen then', async () => {
    const number = await openPullRequestAfterPlan('Closes #1')
    linksUntil(inSeconds(125))
    await app.advance(130)
    await app.github.readyForReview(app.repository, number)
    await app.advance(30)
    expect(await light()).toBe('review')
  })

  test('by hand, which no webhook reports, is seen by the clock while the stage waits', async () => {
    const number = await openPullRequestAfterPlan('Part of the work')
    await app.advance(300)
    expect(await light()).toBe('idle')
    app.github.linkIssue(app.repository, number, 1)
    await app.advance(600)
    expect(await light()).toBe('review')
  })

  test('late, while it still answers with the former one, is seen as well', async () => {
    const { github, repository } = app
    await github.openIssue(repository, { title: 'Another', number: 9 })
    await openPullRequestAfterPlan('Closes #1')
    linksUntil(inSeconds(30), [9])
    await app.advance(75, { stride: 5 })
    expect(await light()).toBe('review')
  })

  test('and that it takes away for a moment keeps the pull request', async () => {
    const number = await openPullRequestAfterPlan('Closes #1')
    await app.advance(75)
    linksUntil(inSeconds(5))
    await app.github.push(app.repository, 'feature/login', { by: 'linus' })
    for (let seconds = 0; seconds < 75; seconds += 5) {
      await app.advance(5)
      expect([number, await light()]).toEqual([number, 'review'])
    }
  })
})

describe('what GitHub does not know yet', () => {
  test('a run that is not found twice goes on', async () => {
    await app.openLabeledIssue()
    await app.advance(20)
    run?.start()
    const readsRun = ({ method, path }: { method: string; path: string }) =>
      method === 'GET' && /actions\/runs\/\d+$/.test(path)
    app.github.chooseFaults(altering(readsRun, notFound, notFound))
    await app.advance(13 * 60)
    expect(await light()).toBe('running')
    expect(app.dispatched()).toEqual(['1/plan/1'])
  })

  test('a push is read although the branch’s head is listed late', async () => {
    await app.openLabeledIssue()
    await app.advance(20)
    const { github, repository } = app
    const old = await github.headSha(repository, 'main')
    const stale = (answer: ApiResponse): ApiResponse => {
      repositoryIn(answer).defaultBranchRef = { target: { oid: old } }
      return answer
    }
    const former = Buffer.from(CONFIGURATION).toString('base64')
    const formerFile = (answer: ApiResponse): ApiResponse => {
      const fields = { content: former, size: CONFIGURATION.length, sha: '01d' }
      return { ...answer, body: { ...(answer.body as object), ...fields } }
    }
    const isHead = altering(({ kind }) => kind === 'graphql', stale)
    const isFile = altering(({ path }) => path.includes('/contents/'), formerFile)
    github.chooseFaults((request) => isHead(request) ?? isFile(request))
    github.writeFile(repository, '.github/andon.yml', CONFIGURATION.replace('plan.yml', 'plan.yml, attempts: 7'))
    await app.advance(30)
    const row = await app.database.kysely.selectFrom('repositories').selectAll().executeTakeFirstOrThrow()
    expect(row.configuration?.stages[0]?.attempts).toBe(7)
  })

  test('the role of someone who was just added is asked at every command', async () => {
    await app.openLabeledIssue()
    await app.advance(20)
    await app.comment('/andon hold because', { by: 'trinity' })
    await app.advance(20)
    app.github.setPermission('trinity', 'write')
    await app.comment('/andon hold because', { by: 'trinity' })
    await app.advance(20)
    expect(await app.database.kysely.selectFrom('pipelines').select('held').executeTakeFirst()).toEqual({ held: true })
  })

  test('a comment that is listed 40 s after its creation is not created again', async () => {
    const { github, repository } = app
    const isListing = ({ method, path }: { method: string; path: string }) =>
      method === 'GET' && path.endsWith('/issues/1/comments')
    let creations = 0
    let until = () => false
    github.chooseFaults((request) => {
      if (request.kind === 'comment' && creations++ === 0) {
        until = inSeconds(40)
        return { kind: '502-after' }
      }
      return isListing(request) && !until() ? { kind: 'altered', alter: (a) => ({ ...a, body: [] }) } : null
    })
    await app.openLabeledIssue()
    await app.advance(20)
    await app.comment('/andon status')
    await app.advance(180, BY_SECONDS)
    expect((await app.replies()).length).toBe(1)
    expect(github.comments(repository, 1).length).toBe(2)
  })
})
