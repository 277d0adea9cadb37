import nock from 'nock'
import { expect, test } from 'vitest'
import { API, expectTokenRequest, failureOf, NOW, openTestClient, REPOSITORY, useNock } from './support/nock-github.ts'

useNock()

const COMMENTS = '/repos/acme/widgets/issues/42/comments'
const COMMENT = '/repos/acme/widgets/issues/comments/99'

test.each([
  // status, headers, message, kind for a creation, kind for a change, until
  [500, {}, 'Server Error', 'unconfirmed', 'retryable', null],
  [502, {}, 'Bad Gateway', 'unconfirmed', 'retryable', null],
  [503, { 'retry-after': '30' }, 'Unavailable', 'unconfirmed', 'retryable', null],
  [401, {}, 'Bad credentials', 'no_access', 'no_access', null],
  [404, {}, 'Not Found', 'not_found', 'not_found', null],
  [410, {}, 'Gone', 'not_found', 'not_found', null],
  [403, {}, 'Resource not accessible by integration', 'no_access', 'no_access', null],
  [422, {}, 'Validation Failed', 'refused', 'refused', null],
  [451, {}, 'Repository access blocked', 'no_access', 'no_access', null],
  [307, { location: 'https://elsewhere.test/repositories/1/issues' }, 'Moved', 'retryable', 'retryable', null],
  [429, { 'retry-after': '17' }, 'Too many', 'rate_limited', 'rate_limited', '2026-11-21T14:02:48.000Z'],
  [403, { 'retry-after': '60' }, 'Wait', 'rate_limited', 'rate_limited', '2026-11-21T14:03:31.000Z'],
  [
    403,
    { 'retry-after': 'Sat, 21 Nov 2026 14:10:00 GMT' },
    'Wait',
    'rate_limited',
    'rate_limited',
    '2026-11-21T14:10:00.000Z',
  ],
  [
    403,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795270200' },
    'API rate limit exceeded',
    'rate_limited',
    'rate_limited',
    '2026-11-21T14:10:00.000Z',
  ],
  [403, {}, 'You have exceeded a secondary rate limit', 'rate_limited', 'rate_limited', '2026-11-21T14:03:31.000Z'],
  [403, { 'retry-after': 'soon' }, 'Wait', 'rate_limited', 'rate_limited', '2026-11-21T14:03:31.000Z'],
] as const)(
  'GitHub answers %i %j "%s": a creation is %s, a change %s',
  async (status, headers, message, create, change, until) => {
    expectTokenRequest('ghs_one', status === 401 ? 4 : 2)
    const times = status === 401 ? 2 : 1
    nock(API).post(COMMENTS).times(times).reply(status, { message }, headers)
    nock(API).patch(COMMENT).times(times).reply(status, { message }, headers)
    const created = await failureOf(openTestClient().createComment(REPOSITORY, 42, 'body'))
    const changed = await failureOf(openTestClient().updateComment(REPOSITORY, 99, 'body'))
    expect([created.kind, changed.kind]).toEqual([create, change])
    expect([created.until ?? null, changed.until ?? null]).toEqual([until, until])
    if (status !== 307) expect(created.message).toContain(message)
  },
)

test.each([
  [502, '<html><head><title>502 Bad Gateway</title></head><script>alert(1)</script></html>', 'text/html'],
  [503, '<!DOCTYPE html><p>No server is currently available', 'text/html; charset=utf-8'],
  [500, 'upstream connect error or disconnect/reset before headers', 'text/plain'],
  [422, '<b>Unicorn!</b>', undefined],
] as const)('a page that a proxy answers with %i is not GitHub’s reason', async (status, page, type) => {
  expectTokenRequest()
  nock(API)
    .patch(COMMENT)
    .reply(status, page, type === undefined ? {} : { 'content-type': type })
  const failure = await failureOf(openTestClient().updateComment(REPOSITORY, 99, 'body'))
  expect(failure.message).toBe(`GitHub answered ${status} and gave no reason`)
})

test('a page about the secondary rate limit is still a limit', async () => {
  expectTokenRequest()
  const page = '<html>You have exceeded a secondary rate limit</html>'
  nock(API).patch(COMMENT).reply(403, page, { 'content-type': 'text/html' })
  expect((await failureOf(openTestClient().updateComment(REPOSITORY, 99, 'body'))).kind).toBe('rate_limited')
})

test('a connection that breaks leaves a creation unconfirmed', async () => {
  expectTokenRequest('ghs_one', 2)
  nock(API)
    .post(COMMENTS)
    .replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
  nock(API)
    .patch(COMMENT)
    .replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
  expect((await failureOf(openTestClient().createComment(REPOSITORY, 42, 'body'))).kind).toBe('unconfirmed')
  expect((await failureOf(openTestClient().updateComment(REPOSITORY, 99, 'body'))).kind).toBe('retryable')
})

test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])(
  'a creation without a connection (%s) can be sent again',
  async (code) => {
    expectTokenRequest()
    nock(API)
      .post(COMMENTS)
      .replyWithError(Object.assign(new Error('no connection'), { code }))
    expect((await failureOf(openTestClient().createComment(REPOSITORY, 42, 'body'))).kind).toBe('retryable')
  },
)

test('a request that GitHub does not answer times out', async () => {
  expectTokenRequest()
  const silent: typeof fetch = (input, init) => {
    if (String(input).endsWith('/access_tokens')) return fetch(input, init)
    return new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
  }
  const failure = await failureOf(
    openTestClient({ timeoutMs: 50, fetch: silent }).createComment(REPOSITORY, 42, 'body'),
  )
  expect(failure.kind).toBe('unconfirmed')
})

test('a creation whose answer is cut off is unconfirmed', async () => {
  expectTokenRequest()
  nock(API).post(COMMENTS).reply(201, '{"id": 12', { 'content-type': 'application/json' })
  expect((await failureOf(openTestClient().createComment(REPOSITORY, 42, 'body'))).kind).toBe('unconfirmed')
})

test('a list that is cut off is asked for again and does not count as empty', async () => {
  expectTokenRequest('ghs_one', 2)
  nock(API).get(COMMENTS).query(true).reply(200, '[{"id": 1', { 'content-type': 'application/json' })
  nock(API)
    .get(/check-runs/)
    .reply(200, {})
  expect((await failureOf(openTestClient().findComments(REPOSITORY, 42, 'marker', NOW))).kind).toBe('retryable')
  expect((await failureOf(openTestClient().findCheckRuns(REPOSITORY, 'c0de', '1/plan/c0de'))).kind).toBe('retryable')
})

test('a missing or suspended installation does not make comments count as missing', async () => {
  nock(API).post('/app/installations/7/access_tokens').reply(404, { message: 'Not Found' })
  const gone = await failureOf(openTestClient().updateComment(REPOSITORY, 99, 'body'))
  expect([gone.kind, gone.message]).toEqual(['no_access', expect.stringContaining('no token: Not Found')])
  nock(API).post('/app/installations/7/access_tokens').reply(403, { message: 'This installation has been suspended' })
  expect((await failureOf(openTestClient().updateComment(REPOSITORY, 99, 'body'))).kind).toBe('no_access')
})

test('a creation is not sent when there is no token', async () => {
  nock(API).post('/app/installations/7/access_tokens').reply(502)
  expect((await failureOf(openTestClient().createComment(REPOSITORY, 42, 'body'))).kind).toBe('retryable')
})
