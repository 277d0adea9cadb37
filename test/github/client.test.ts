import nock from 'nock'
import { expect, test } from 'vitest'
import type { CheckRunParameters } from '../../src/github/check-runs.ts'
import {
  API,
  APP_ID,
  expectTokenRequest,
  failureOf,
  openTestClient,
  REPOSITORY,
  useNock,
} from './support/nock-github.ts'

useNock()

const SHA = 'c0de000000000000000000000000000000000000'
const CHECK: CheckRunParameters = {
  name: 'andon / plan',
  head_sha: SHA,
  external_id: `1/plan/${SHA}`,
  details_url: 'https://andon.example/acme/widgets/issues/42',
  status: 'in_progress',
  output: { title: 'running', summary: 'plan ●' },
}

test('a creation is sent once, whatever the answer is', async () => {
  expectTokenRequest()
  let posts = 0
  nock(API)
    .post('/repos/acme/widgets/issues/42/comments')
    .times(4)
    .reply(() => {
      posts += 1
      return [502, 'Bad Gateway']
    })
  await failureOf(openTestClient().createComment(REPOSITORY, 42, 'body'))
  expect(posts).toBe(1)
  nock.cleanAll()
})

test('comments and check runs are created, changed and deleted at their addresses, with the version of the API', async () => {
  expectTokenRequest()
  const headers = { reqheaders: { authorization: 'token ghs_one', 'x-github-api-version': '2022-11-28' } }
  const { head_sha: _, ...changes } = CHECK
  nock(API, headers).post('/repos/acme/widgets/issues/42/comments', { body: 'one' }).reply(201, { id: 11 })
  nock(API, headers).patch('/repos/acme/widgets/issues/comments/11', { body: 'two' }).reply(200, { id: 11 })
  nock(API, headers).delete('/repos/acme/widgets/issues/comments/11').reply(204)
  nock(API, headers).delete('/repos/acme/widgets/issues/comments/12').reply(404, { message: 'Not Found' })
  nock(API, headers)
    .post('/repos/acme/widgets/check-runs', { ...CHECK })
    .reply(201, { id: 21 })
  nock(API, headers)
    .patch('/repos/acme/widgets/check-runs/21', { ...changes })
    .reply(200, { id: 21 })
  const github = openTestClient()
  expect(await github.createComment(REPOSITORY, 42, 'one')).toBe(11)
  await github.updateComment(REPOSITORY, 11, 'two')
  await github.deleteComment(REPOSITORY, 11)
  await github.deleteComment(REPOSITORY, 12)
  expect(await github.createCheckRun(REPOSITORY, CHECK)).toBe(21)
  await github.updateCheckRun(REPOSITORY, 21, changes)
})

test('a token that GitHub no longer accepts is renewed once, even for a creation', async () => {
  expectTokenRequest('ghs_old')
  nock(API).post('/repos/acme/widgets/issues/42/comments').reply(401, { message: 'Bad credentials' })
  expectTokenRequest('ghs_new')
  nock(API, { reqheaders: { authorization: 'token ghs_new' } })
    .post('/repos/acme/widgets/issues/42/comments')
    .reply(201, { id: 11 })
  expect(await openTestClient().createComment(REPOSITORY, 42, 'body')).toBe(11)
})

test('a marker is trusted only in a comment that our App wrote', async () => {
  expectTokenRequest()
  const body = '<!-- andon:v1 1/plan -->\nplan'
  const app = (id: number) => ({ performed_via_github_app: { id } })
  nock(API)
    .get('/repos/acme/widgets/issues/42/comments')
    .query({ since: '2026-11-21T13:52:31.000Z', per_page: '100', page: '1' })
    .reply(
      200,
      [
        { id: 5, body, user: { login: 'mallory', type: 'User' }, performed_via_github_app: null },
        { id: 9, body, user: { login: 'andon[bot]', type: 'Bot' }, ...app(APP_ID) },
        { id: 8, body, user: { login: 'other[bot]', type: 'Bot' }, ...app(1) },
        { id: 7, body: 'plan', user: { login: 'andon[bot]', type: 'Bot' }, ...app(APP_ID) },
        { id: 6, body, user: { login: 'andon[bot]', type: 'User' }, performed_via_github_app: null },
      ],
      { link: `<${API}/next>; rel="next"` },
    )
  nock(API)
    .get('/repos/acme/widgets/issues/42/comments')
    .query({ since: '2026-11-21T13:52:31.000Z', per_page: '100', page: '2' })
    .reply(200, [{ id: 4, body: `x ${body}`, user: { login: 'andon[bot]', type: 'Bot' } }])
  nock(API).get('/app').reply(200, { slug: 'andon' })
  const found = await openTestClient().findComments(
    REPOSITORY,
    42,
    '<!-- andon:v1 1/plan -->',
    '2026-11-21T13:52:31.000Z',
  )
  expect(found).toEqual([{ id: 4 }, { id: 9 }])
})

test('our check runs are found by their external id, duplicates included', async () => {
  expectTokenRequest()
  const [app, external_id] = [{ id: APP_ID }, `1/plan/${SHA}`]
  nock(API)
    .get(`/repos/acme/widgets/commits/${SHA}/check-runs`)
    .query({ filter: 'all', app_id: String(APP_ID), per_page: '100', page: '1' })
    .reply(200, {
      total_count: 4,
      check_runs: [
        { id: 24, external_id, app },
        { id: 21, external_id, app },
        { id: 22, external_id, app: { id: 1 } },
        { id: 23, external_id: `2/plan/${SHA}`, app },
      ],
    })
  expect(await openTestClient().findCheckRuns(REPOSITORY, SHA, external_id)).toEqual([{ id: 21 }, { id: 24 }])
})

test.each([
  ['admin', 'admin', 'admin'],
  ['write', 'maintain', 'maintain'],
  ['write', 'write', 'write'],
  ['read', 'triage', 'triage'],
  ['read', 'read', 'read'],
  ['none', 'none', 'none'],
  // An organisation may name its roles freely: the coarse permission counts.
  ['write', 'security champion', 'write'],
  ['read', 'admin', 'read'],
  ['none', 'write', 'none'],
  ['owner', 'admin', 'none'],
])('a user with the permission %s and the role name %s has the role %s', async (permission, role_name, role) => {
  expectTokenRequest()
  nock(API).get('/repos/acme/widgets/collaborators/alice/permission').reply(200, { permission, role_name })
  expect(await openTestClient().readRole(REPOSITORY, 'alice')).toBe(role)
})

test('only a clear answer gives a role', async () => {
  expectTokenRequest('ghs_one', 3)
  const path = '/repos/acme/widgets/collaborators/ghost/permission'
  nock(API).get(path).reply(404, { message: 'ghost is not a user' })
  expect(await openTestClient().readRole(REPOSITORY, 'ghost')).toBe(null)
  nock(API).get(path).reply(403, { message: 'Resource not accessible by integration' })
  expect((await failureOf(openTestClient().readRole(REPOSITORY, 'ghost'))).kind).toBe('no_access')
  nock(API).get(path).reply(200, '{"permi', { 'content-type': 'application/json' })
  expect((await failureOf(openTestClient().readRole(REPOSITORY, 'ghost'))).kind).toBe('retryable')
})
