// GitHub answers in part, not at all, or without an end. What was answered is used; what is no answer is asked again, and
// never taken for "no".
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ApiResponse } from '../../fake-github/api-request.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { unsent } from '../support/undelivered.ts'
import {
  altering,
  BROKEN_ANSWERS,
  BROKEN_FILES,
  notFound,
  readsAndonYml,
  repositoryIn,
} from './support/broken-answers.ts'

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

/** The App was installed long ago: no webhook has told of the file. */
async function labelUnknownIssue(): Promise<void> {
  const { github } = app
  await unsent(github, async () => {
    await app.openLabeledIssue()
    // Else it would be found: GitHub lists it.
    await github.unlabel(app.repository, 1, 'andon')
  })
  await github.openIssue(app.repository, { title: 'Retry', labels: ['andon'] })
}

async function lineIsInForce(): Promise<boolean> {
  const { configuration } = await app.database.kysely
    .selectFrom('repositories')
    .select('configuration')
    .executeTakeFirstOrThrow()
  return configuration !== null
}

describe('what GraphQL answers in part is used', () => {
  const LINKS = ['repository', 'issue', 'closedByPullRequestsReferences']
  const forbidden = (path: readonly (string | number)[]) => [{ type: 'FORBIDDEN', path, message: 'not accessible' }]
  const issueIn = (answer: ApiResponse) => repositoryIn(answer).issue as Record<string, unknown>

  test.each<[string, (answer: ApiResponse) => readonly object[]]>([
    [
      'a pull request that the App may not see',
      (answer) => {
        issueIn(answer).closedByPullRequestsReferences = { nodes: [null] }
        return forbidden([...LINKS, 'nodes', 0])
      },
    ],
    [
      'no pull request at all',
      (answer) => {
        issueIn(answer).closedByPullRequestsReferences = null
        return forbidden(LINKS)
      },
    ],
    [
      'a pull request without its head',
      (answer) => {
        issueIn(answer).closedByPullRequestsReferences = { nodes: [{ number: 9, headRefOid: null }] }
        return forbidden([...LINKS, 'nodes', 0, 'headRefOid'])
      },
    ],
    [
      'an issue that the App may not see',
      (answer) => {
        repositoryIn(answer).issue = null
        return forbidden(['repository', 'issue'])
      },
    ],
    [
      'links that take too long',
      (answer) => {
        issueIn(answer).closedByPullRequestsReferences = null
        return [{ message: 'Something went wrong while executing your query. This may be the result of a timeout' }]
      },
    ],
    [
      'links that fail',
      (answer) => {
        issueIn(answer).closedByPullRequestsReferences = { nodes: [null, null] }
        return [{ type: 'SOMETHING_WENT_WRONG', path: [...LINKS, 'nodes', 1], message: 'Something went wrong' }]
      },
    ],
  ])('%s keeps nobody waiting', async (_, takeAway) => {
    const take = (answer: ApiResponse): ApiResponse => {
      const errors = takeAway(answer)
      return { ...answer, body: { ...(answer.body as object), errors } }
    }
    const isAboutIssue = (body: unknown) => String((body as { query?: string } | null)?.query).includes('issue(number')
    app.github.chooseFaults(({ kind, body }) =>
      kind === 'graphql' && isAboutIssue(body) ? { kind: 'altered', alter: take } : null,
    )
    await labelUnknownIssue()
    await app.advance(20)
    expect(app.dispatched()).toEqual(['2/plan/1'])
  })
})

const ALL_BROKEN = { ...BROKEN_ANSWERS, ...BROKEN_FILES }
/** Under `npm run faults` all of them, else some. */
const SOME_BROKEN = Object.keys(ALL_BROKEN).filter((_, index) => index % repetitions(4, 1) === 0)
let kept = 0
afterAll(() => recordMeasurements('partial-answers', { faults: SOME_BROKEN.length, lost: SOME_BROKEN.length - kept }))

test.each(SOME_BROKEN)('%s in place of the file keeps the line in force, and is asked again', async (name) => {
  await app.openLabeledIssue()
  await app.advance(20)
  const alter = ALL_BROKEN[name] ?? notFound
  app.github.chooseFaults(altering(readsAndonYml, alter, alter))
  app.github.writeFile(app.repository, '.github/andon.yml', 'stages: { plan: { workflow: plan.yml, attempts: 2 } }')
  await app.github.openIssue(app.repository, { title: 'Another', labels: ['andon'] })
  for (let seconds = 0; seconds < 60; seconds += 10) {
    await app.advance(10)
    expect(await lineIsInForce()).toBe(true)
  }
  expect(app.dispatched()).toEqual(['1/plan/1', '2/plan/1'])
  const { configuration } = await app.database.kysely.selectFrom('repositories').selectAll().executeTakeFirstOrThrow()
  expect(configuration?.stages[0]?.attempts).toBe(2)
  kept += 1
})

describe('a file that is not found once', () => {
  test('while an issue is taken up is asked for again', async () => {
    app.github.chooseFaults(altering(readsAndonYml, notFound))
    await labelUnknownIssue()
    await app.advance(30)
    expect(app.dispatched()).toEqual(['2/plan/1'])
  })

  test('does not hand the repository to its organisation’s file', async () => {
    const { github } = app
    await app.openLabeledIssue()
    await app.advance(20)
    github.chooseFaults(altering(readsAndonYml, notFound, () => file('stages: { plan: { workflow: theirs.yml } }')))
    github.writeFile(app.repository, '.github/andon.yml', 'stages: { plan: { workflow: plan.yml, attempts: 2 } }')
    await app.advance(20)
    const row = await app.database.kysely.selectFrom('repositories').selectAll().executeTakeFirstOrThrow()
    expect([row.configurationSource, row.configuration?.stages[0]?.attempts]).toEqual(['repository', 2])
  })

  test('because the default branch has no head yet is asked for again', async () => {
    const noHead = (answer: ApiResponse): ApiResponse => {
      repositoryIn(answer).defaultBranchRef = null
      return answer
    }
    app.github.chooseFaults(altering(({ kind }) => kind === 'graphql', noHead, noHead))
    await labelUnknownIssue()
    await app.advance(30)
    expect(app.dispatched()).toEqual(['2/plan/1'])
  })

  test('but twice is not there, and /andon start looks once more', async () => {
    app.github.chooseFaults(altering(readsAndonYml, ...Array(4).fill(notFound)))
    await labelUnknownIssue()
    await app.advance(60)
    expect(app.dispatched()).toEqual([])
    await app.comment('/andon start', { on: 2 })
    await app.advance(30)
    expect(app.dispatched()).toEqual(['2/plan/1'])
  })
})

describe('a list without an end', () => {
  const CHECKED =
    'stages: { plan: { workflow: plan.yml } }\nchecks: { before_pull_request: neutral }\ncomments: per-stage\n'
  const lost = (answer: ApiResponse): ApiResponse => ({ ...answer, status: 200, body: '' })

  test.each<[string, RegExp, Record<string, string>, 'check' | 'comment']>([
    ['check runs, page after page', /check-runs$/, { link: '<https://x.test/?page=2>; rel="next"' }, 'check'],
    ['comments, page after page', /issues\/1\/comments$/, { link: '<https://x.test/?page=2>; rel="next"' }, 'comment'],
    [
      'comments, and the next page is elsewhere',
      /issues\/1\/comments$/,
      { link: '<http://evil.test/>; rel="next"' },
      'comment',
    ],
  ])('(%s) is read up to a bound, sends nothing again, and is found in the end', async (_, path, headers, kind) => {
    const { github, repository } = app
    let isEndless = true
    let creations = 0
    github.chooseFaults((request) => {
      if (request.kind === kind && creations++ === 0) return { kind: 'altered', alter: lost }
      if (!isEndless || request.method !== 'GET' || !path.test(request.path)) return null
      return { kind: 'altered', alter: (answer) => ({ ...answer, body: withoutOurs(request), headers }) }
    })
    await app.openLabeledIssue()
    github.writeFile(repository, '.github/andon.yml', CHECKED)
    await app.advance(240, { stride: 4 })
    const reads = github.writes.requests.filter((request) => request.method === 'GET' && path.test(request.path))
    expect(reads.length).toBeGreaterThan(1)
    expect(reads.length).toBeLessThanOrEqual(100)
    isEndless = false
    await app.advance(240)
    const created = github.writes.ofKind(kind).filter((request) => request.path.endsWith('s') && request.done)
    const ours = created.filter(({ body }) => JSON.stringify(body).includes('plan'))
    expect(ours.length).toBe(1)
  })

  function withoutOurs({ path }: { readonly path: string }): unknown {
    return path.endsWith('check-runs')
      ? { total_count: 5000, check_runs: [{ id: ++filler }] }
      : [{ id: ++filler, body: '' }]
  }
  let filler = 0
})

test('a broken answer about a permission is not "no": the command is carried out once GitHub answers', async () => {
  await app.openLabeledIssue()
  await app.advance(20)
  const isPermission = ({ kind }: { kind: string }) => kind === 'permission'
  app.github.chooseFaults(altering(isPermission, ...Object.values(BROKEN_ANSWERS).slice(0, 3)))
  await app.comment('/andon hold because')
  await app.advance(180)
  expect((await app.replies()).join()).not.toContain('permission')
  expect(await app.database.kysely.selectFrom('pipelines').select('held').executeTakeFirst()).toEqual({ held: true })
})

function file(text: string): ApiResponse {
  const bytes = Buffer.from(text)
  const fields = {
    type: 'file',
    encoding: 'base64',
    size: bytes.length,
    sha: 'f11e',
    content: bytes.toString('base64'),
  }
  return { status: 200, body: fields }
}
