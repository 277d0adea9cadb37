import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contestedAt } from '../../../src/pipeline/facts/correlate.ts'
import { mergeIssue, mergeJob, mergePullRequest, mergeReview, mergeRun } from '../../../src/pipeline/facts/merge.ts'
import type {
  CancelExplanation,
  Conclusion,
  EnvironmentWait,
  IssueFact,
  JobFact,
  PullRequestFact,
  ReviewFact,
  RunFact,
} from '../../../src/pipeline/model/facts.ts'
import { secondsAfter } from '../../../src/pipeline/model/time.ts'
import {
  deliveryEvidence,
  issueFact,
  jobFact,
  minutesAfterNine,
  pullRequestFact,
  reviewFact,
  runFact,
} from '../../support/pipeline-fixtures.ts'

const CASES = { numRuns: 2_000, seed: 20261121 }
const CONCLUSIONS: readonly Conclusion[] = ['success', 'failure', 'cancelled', 'skipped', 'action_required']

// Few times, people and commits, so that ties are frequent: the laws are about ties.
const at = fc.integer({ min: 0, max: 2 }).map(minutesAfterNine)
const evidence = fc
  .tuple(at, fc.constantFrom('a', 'b', 'c'), fc.constantFrom('delivery', 'read'))
  .map(([at, id, kind]) => ({ ...deliveryEvidence(at, id), kind }))
const cancellation: fc.Arbitrary<CancelExplanation> = fc.oneof(
  fc.constantFrom<CancelExplanation>(
    { kind: 'person', login: 'ada' },
    { kind: 'bot', login: 'helper[bot]' },
    { kind: 'replaced', job: 'build' },
    { kind: 'runner-lost', job: 'build' },
  ),
  fc.tuple(at, at).map(([since, until]) => ({ kind: 'unexplained', since, until }) as const),
)
const environmentWait: fc.Arbitrary<EnvironmentWait> = fc
  .tuple(fc.constantFrom('reviewers', 'timer'), at)
  .map(([kind, readAt]) => ({ kind, environments: ['production'], readAt }) as const)
const sha = fc.constantFrom('s1', 's2', 's3')
const conclusion = fc.option(fc.constantFrom(...CONCLUSIONS))

const issue: fc.Arbitrary<IssueFact> = fc
  .record({
    title: fc.constantFrom(null, 'One', 'Two'),
    state: fc.constantFrom('open', 'closed'),
    stateReason: fc.constantFrom(null, 'completed', 'reopened'),
    assignees: fc.constantFrom([], ['ada'], ['ada', 'linus']),
    updatedAt: at,
    evidence,
  })
  .map((known) => issueFact(known))

const job: fc.Arbitrary<JobFact> = fc
  .record({
    id: fc.integer({ min: 1, max: 2 }),
    runAttempt: fc.integer({ min: 1, max: 2 }),
    status: fc.constantFrom('requested', 'queued', 'pending', 'waiting', 'in_progress', 'completed'),
    conclusion,
    stepsCompleted: fc.integer({ min: 0, max: 2 }),
    at,
    evidence,
  })
  .map((known) => jobFact(known))

const run: fc.Arbitrary<RunFact> = fc
  .record({
    runAttempt: fc.integer({ min: 1, max: 2 }),
    status: fc.constantFrom('requested', 'queued', 'pending', 'waiting', 'in_progress', 'completed'),
    conclusion,
    branch: fc.constantFrom('one', 'two'),
    startedAt: at,
    updatedAt: at,
    evidence,
    jobs: fc.uniqueArray(job, { selector: ({ id }) => id, maxLength: 2 }),
    causes: fc.record({ cancellation, environmentWait }, { requiredKeys: [] }),
  })
  .map(({ causes, ...known }) => mergeRun(null, runFact({ ...known, ...causes })))

const stub: fc.Arbitrary<RunFact> = job.map((known) => mergeJob(null, known))

const review: fc.Arbitrary<ReviewFact> = fc
  .record({
    id: fc.integer({ min: 1, max: 2 }),
    state: fc.constantFrom('approved', 'changes_requested', 'commented', 'dismissed'),
    commitSha: sha,
    submittedAt: at,
    evidence,
  })
  .map((known) => reviewFact(known))

const pullRequest: fc.Arbitrary<PullRequestFact> = fc
  .record({
    title: fc.constantFrom('One', 'Two'),
    state: fc.constantFrom('open', 'closed', 'merged'),
    draft: fc.boolean(),
    headSha: sha,
    replacedShas: fc.uniqueArray(sha, { maxLength: 2 }),
    closingIssues: fc.constantFrom([], [42], [42, 43]),
    closingIssuesAt: at,
    reviews: fc.uniqueArray(review, { selector: ({ id }) => id, maxLength: 2 }),
    writePermissions: fc.dictionary(fc.constantFrom('mara', 'noor'), fc.record({ granted: fc.boolean(), at })),
    updatedAt: at,
    evidence,
  })
  .map((known) => mergePullRequest(null, pullRequestFact(known)))

describe.each<{ fact: string; arbitrary: fc.Arbitrary<unknown>; merge: (a: never, b: never) => unknown }>([
  { fact: 'an issue', arbitrary: issue, merge: mergeIssue },
  { fact: 'a run', arbitrary: fc.oneof(run, stub), merge: mergeRun },
  { fact: 'a pull request', arbitrary: pullRequest, merge: mergePullRequest },
])('merging $fact', ({ arbitrary, merge }) => {
  const join = merge as (a: unknown, b: unknown) => unknown

  test('does not depend on which was delivered first', () => {
    always([arbitrary, arbitrary], ([a, b]) => [join(a, b), join(b, a)])
  })

  test('does not depend on which were merged first', () => {
    always([arbitrary, arbitrary, arbitrary], ([a, b, c]) => [join(join(a, b), c), join(a, join(b, c))])
  })

  test('does not depend on how often it was delivered', () => {
    always([arbitrary], ([a]) => [join(a, a), a])
    always([arbitrary, arbitrary], ([a, b]) => [join(join(a, b), b), join(a, b)])
  })

  test('does not depend on the key order that a database returns', () => {
    always([arbitrary, arbitrary], ([a, b]) => [join(reordered(a), reordered(b)), join(a, b)])
  })
})

test('a job changes a run the same before and after the run itself is delivered', () => {
  always([run, job], ([a, one]) => [mergeJob(a, one), mergeRun(mergeJob(null, one), a)])
})

test('a review changes a pull request the same whenever it is delivered', () => {
  always([pullRequest, review, review], ([a, one, other]) => [
    mergeReview(mergeReview(a, one), other),
    mergeReview(mergeReview(a, other), one),
  ])
})

test('a job that was seen waiting is waiting until it starts, or until GitHub is asked', () => {
  const [queued, waiting] = [jobFact({ status: 'queued' }), jobFact({ status: 'waiting' })]
  for (const order of [
    [queued, waiting, queued],
    [queued, queued, waiting],
    [waiting, queued, queued],
  ])
    expect(order.reduce(mergeJob, runFact()).jobs).toMatchObject([{ status: 'waiting' }])
  const read = { kind: 'read', id: 'run/100', at: minutesAfterNine(3) } as const
  const asked = { ...queued, evidence: read }
  for (const order of [
    [queued, waiting, asked],
    [asked, waiting, queued],
  ])
    expect(order.reduce(mergeJob, runFact()).jobs).toMatchObject([{ status: 'queued' }])
})

test('of two versions of a job in one second the one with more completed steps is kept', () => {
  const [more, fewer] = [jobFact({ stepsCompleted: 2, step: 'a' }), jobFact({ stepsCompleted: 1, step: 'b' })]
  expect(mergeJob(mergeJob(null, more), fewer).jobs).toEqual([more])
})

describe('an issue open and closed within one second', () => {
  const closed = issueFact({ state: 'closed', stateReason: 'completed', title: 'A' })
  const reopened = issueFact({ stateReason: 'reopened', title: 'Z' })
  const readAt = (seconds: number, fact: IssueFact): IssueFact => {
    return { ...fact, evidence: { kind: 'read', id: 'issue/42', at: secondsAfter(fact.updatedAt, seconds) } }
  }

  test('is contested, and counts as closed', () => {
    expect(mergeIssue(closed, reopened)).toEqual({ ...closed, isContested: true })
    expect(mergeIssue(reopened, closed)).toEqual({ ...closed, isContested: true })
  })

  test.each([
    ['open', 4, false],
    ['open', 3, true],
  ] as const)('and read as %s %d s later is contested: %s', (state, seconds, isContested) => {
    const read = readAt(seconds, reopened)
    for (const [a, b, c] of [
      [closed, reopened, read],
      [read, closed, reopened],
      [closed, read, reopened],
    ] as const) {
      const merged = mergeIssue(mergeIssue(a, b), c)
      expect(mergeIssue(a, mergeIssue(b, c))).toEqual(merged)
      expect([merged.state, merged.isContested ?? false]).toEqual([isContested ? 'closed' : state, isContested])
    }
  })

  test('is contested no more once anything newer is known', () => {
    const later = issueFact({ at: minutesAfterNine(1) })
    expect(mergeIssue(mergeIssue(closed, later), reopened)).toEqual(later)
  })
})

test('an issue assigned to different people within one second is asked about, until anything newer is known', () => {
  const [one, other] = [issueFact({ assignees: ['ada'] }), issueFact({ assignees: ['linus'] })]
  expect(mergeIssue(one, other)).toEqual(mergeIssue(other, one))
  expect(mergeIssue(one, other)).toMatchObject({ state: 'open', areAssigneesContested: true })
  const later = issueFact({ at: minutesAfterNine(1), assignees: ['linus'] })
  expect(mergeIssue(mergeIssue(one, later), other)).toEqual(later)
  expect(mergeIssue(one, issueFact({ assignees: ['ada'], title: 'Z' }))).not.toHaveProperty('areAssigneesContested')
})

test('a pull request drafted and readied within one second counts as a draft', () => {
  const [draft, ready] = [pullRequestFact({ draft: true }), pullRequestFact()]
  expect(mergePullRequest(draft, ready).draft).toBe(true)
  expect(contestedAt(mergePullRequest(draft, ready))).toBe(draft.updatedAt)
  const read = pullRequestFact({
    evidence: { kind: 'read', id: 'issue/42', at: secondsAfter(ready.updatedAt, 4) },
  })
  expect(mergePullRequest(mergePullRequest(draft, read), ready)).toMatchObject({ draft: false })
  expect(contestedAt(mergePullRequest(mergePullRequest(draft, read), ready))).toBeNull()
})

test('a completed run keeps the time at which it was first known to be completed', () => {
  const over = runFact({ at: minutesAfterNine(4), conclusion: 'success' })
  const read = runFact({ at: minutesAfterNine(9), conclusion: 'success' })
  expect(mergeRun(read, over).updatedAt).toBe(minutesAfterNine(4))
})

test('a push within one second is recognized by the head that it replaced', () => {
  const pushes = ['c', 'b', 'a'].map((headSha, nth, all) =>
    pullRequestFact({ headSha, replacedShas: all.slice(Math.max(0, nth - 1), nth) }),
  )
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const merged = order.reduce<PullRequestFact | null>((known, nth) => mergePullRequest(known, pushes[nth]!), null)
    expect(merged?.headSha).toBe('a')
  }
})

test('a newer answer about closing issues replaces the older one', () => {
  const older = pullRequestFact({ closingIssues: [41, 42], closingIssuesAt: minutesAfterNine(5) })
  const newer = pullRequestFact({ closingIssues: [42], closingIssuesAt: minutesAfterNine(6) })
  expect(mergePullRequest(newer, older).closingIssues).toEqual([42])
})

test('of two answers about a permission at the same time the refusal counts', () => {
  const granted = pullRequestFact({ writePermissions: { mara: { granted: true, at: minutesAfterNine(5) } } })
  const refused = pullRequestFact({ writePermissions: { mara: { granted: false, at: minutesAfterNine(5) } } })
  expect(mergePullRequest(granted, refused).writePermissions.mara?.granted).toBe(false)
})

/** The law holds for all generated facts. */
function always<Facts extends unknown[]>(
  facts: { [Index in keyof Facts]: fc.Arbitrary<Facts[Index]> },
  sides: (facts: Facts) => readonly [unknown, unknown],
): void {
  const equal = (drawn: Facts) => {
    const [left, right] = sides(drawn)
    expect(left).toEqual(right)
  }
  fc.assert(fc.property(fc.tuple<Facts>(...facts), equal), CASES)
}

function reordered<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reordered) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, part]) => [key, reordered(part)]),
  ) as T
}
