// Who has met a limit sends nothing before the time that GitHub gives, whatever else was about to be sent.
import nock from 'nock'
import { expect, test } from 'vitest'
import { GitHubFailure } from '../../src/github/failure.ts'
import { openQuietPeriods } from '../../src/github/quiet.ts'
import { manualClock } from '../support/manual-clock.ts'
import {
  API,
  expectTokenRequest,
  failureOf,
  NOW,
  openTestClient,
  RECEIPT,
  REPOSITORY,
  useNock,
} from './support/nock-github.ts'

useNock()

const COMMENTS = '/repos/acme/widgets/issues/42/comments'
const LIMITED = { kind: 'rate_limited', until: '2026-11-21T14:10:00.000Z' }
const EXHAUSTED = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795270200' }

test.each([
  [
    'a read by GraphQL',
    () =>
      nock(API)
        .post('/graphql')
        .reply(200, { errors: [{ type: 'RATE_LIMITED' }] }, EXHAUSTED),
  ],
  ['a read by REST', () => nock(API).post('/graphql').reply(403, { message: 'API rate limit exceeded' }, EXHAUSTED)],
])('after a limit of %s nothing of the installation is sent until then', async (_, limit) => {
  const clock = manualClock(NOW)
  const github = openTestClient({ now: clock.now })
  expectTokenRequest()
  limit()
  expect(await failureOf(github.readIssue(REPOSITORY, 42, RECEIPT))).toMatchObject(LIMITED)
  expect(await failureOf(github.createComment(REPOSITORY, 42, 'body'))).toMatchObject(LIMITED)

  clock.advance((Date.parse(LIMITED.until) - Date.parse(NOW)) / 1000 - 1)
  expect(await failureOf(github.createComment(REPOSITORY, 42, 'body'))).toMatchObject(LIMITED)
  clock.advance(1)
  nock(API).post(COMMENTS).reply(201, { id: 11 })
  expect(await github.createComment(REPOSITORY, 42, 'body')).toBe(11)
})

test('a clock that is set back does not make it longer', async () => {
  const clock = manualClock(NOW)
  const github = openTestClient({ now: clock.now })
  expectTokenRequest()
  nock(API).post(COMMENTS).reply(429, { message: 'Too many' }, { 'retry-after': '60' })
  expect((await failureOf(github.createComment(REPOSITORY, 42, 'body'))).kind).toBe('rate_limited')
  clock.advance(-3_600)
  nock(API).post(COMMENTS).reply(201, { id: 11 })
  expect(await github.createComment(REPOSITORY, 42, 'body')).toBe(11)
})

test('a shorter limit of a call that was on its way does not end a longer one', () => {
  const clock = manualClock(NOW)
  const quiet = openQuietPeriods(clock.now)
  for (const until of [LIMITED.until, '2026-11-21T14:06:00.000Z'])
    quiet.begin(1, new GitHubFailure('rate_limited', 'Too many', { until }))
  clock.advance((Date.parse(LIMITED.until) - Date.parse(NOW)) / 1000 - 1)
  expect(() => quiet.expectNone(1)).toThrow('Too many')
  clock.advance(1)
  quiet.expectNone(1)
})
