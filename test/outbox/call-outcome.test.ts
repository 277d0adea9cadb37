import { describe, expect, test } from 'vitest'
import { type FailureKind, GitHubFailure } from '../../src/github/failure.ts'
import { type CallTry, callOutcomeOf, MAX_TRIES } from '../../src/outbox/call-outcome.ts'

const NOW = '2026-11-21T14:00:00.000Z'
const UNTIL = '2026-11-21T15:00:00.000Z'

const after = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString()
const attemptOf = (intent: CallTry['intent'], tryNumber: number | null) => ({ intent, tryNumber, now: NOW })

const failure = (kind: FailureKind) => new GitHubFailure(kind, 'Not today', { until: UNTIL })
const ERRORS = {
  retryable: failure('retryable'),
  rate_limited: failure('rate_limited'),
  not_found: failure('not_found'),
  refused: failure('refused'),
  unconfirmed: failure('unconfirmed'),
  'an error of our own': new TypeError('Not today'),
}

const wait = { kind: 'wait', until: UNTIL }
const gone = { kind: 'gone' }
const refused = { kind: 'refused' }
const giveUp = { kind: 'give up' }
const lookFor = { kind: 'unconfirmed', recoverAt: after(5) }
const retryIn = (seconds: number) => ({ kind: 'retry', at: after(seconds) })

// The failure and the call; the outcome at the first try, at the last, and where tries are not counted.
test.each([
  ['retryable', 'read', retryIn(5), giveUp, retryIn(15)],
  ['retryable', 'change', retryIn(5), giveUp, retryIn(15)],
  ['retryable', 'create', retryIn(5), giveUp, retryIn(15)],
  ['rate_limited', 'read', wait, wait, wait],
  ['rate_limited', 'change', wait, wait, wait],
  ['rate_limited', 'create', wait, wait, wait],
  ['not_found', 'read', gone, gone, gone],
  ['not_found', 'change', gone, gone, gone],
  ['not_found', 'create', gone, gone, gone],
  ['refused', 'read', refused, refused, refused],
  ['refused', 'change', refused, refused, refused],
  ['refused', 'create', refused, refused, refused],
  ['unconfirmed', 'read', retryIn(5), giveUp, retryIn(15)],
  ['unconfirmed', 'change', retryIn(5), giveUp, retryIn(15)],
  ['unconfirmed', 'create', lookFor, lookFor, lookFor],
  ['an error of our own', 'read', retryIn(5), retryIn(3600), retryIn(15)],
  ['an error of our own', 'change', retryIn(5), retryIn(3600), retryIn(15)],
  ['an error of our own', 'create', lookFor, lookFor, lookFor],
] as const)('a %s during a %s is classified', (what, intent, first, last, uncounted) => {
  const next = (tryNumber: number | null) => callOutcomeOf(ERRORS[what], attemptOf(intent, tryNumber))
  expect(next(1)).toEqual({ ...first, words: 'Not today' })
  expect(next(MAX_TRIES)).toEqual({ ...last, words: 'Not today' })
  expect(next(MAX_TRIES + 1)).toEqual({ ...last, words: 'Not today' })
  expect(next(null)).toEqual({ ...uncounted, words: 'Not today' })
})

test('the backoff grows fourfold up to an hour', () => {
  const seconds = [1, 2, 3, 4, 5, 6, 7].map((tryNumber) => {
    const outcome = callOutcomeOf(ERRORS.retryable, attemptOf('read', tryNumber))
    return outcome.kind === 'retry' ? (Date.parse(outcome.at) - Date.parse(NOW)) / 1000 : null
  })
  expect(seconds).toEqual([5, 20, 80, 320, 1280, 3600, 3600])
})

test('a rate limit without an end lasts a minute', () => {
  const outcome = callOutcomeOf(new GitHubFailure('rate_limited', 'Wait'), attemptOf('read', 1))
  expect(outcome).toEqual({ kind: 'wait', until: after(60), words: 'Wait' })
})

describe('the reason', () => {
  const wordsOf = (message: string) => callOutcomeOf(new GitHubFailure('refused', message), attemptOf('read', 1)).words

  test('is GitHub’s message, in one line and without its documentation link', () => {
    expect(wordsOf('Invalid request.\n\n"ref" is missing - https://docs.github.com/rest/actions')).toBe(
      'Invalid request. "ref" is missing',
    )
  })

  test('is not longer than people read', () => {
    expect(wordsOf('x'.repeat(300))).toBe(`${'x'.repeat(199)}…`)
  })
})
