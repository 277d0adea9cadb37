import { expect, test } from 'vitest'
import {
  issueOfBranch,
  issueOfRun,
  issuesOfPullRequest,
  parseAttemptKey,
} from '../../../src/pipeline/facts/correlate.ts'
import { minutesAfterNine, pullRequestFact, runFact } from '../../support/pipeline-fixtures.ts'

test.each([
  ['claude/issue-42-20261121-0900', 42],
  ['claude/issue-42', 42],
  ['openhands-fix-issue-42', 42],
  ['openhands-fix-issue-42-try2', 42],
  ['andon/issue-42', 42],
  ['andon/issue-42-retry', 42],
  ['claude/issue-420-20261121-0900', 420],
])("the branch %s is an agent's for issue %i", (branch, issue) => {
  expect(issueOfBranch(branch)).toBe(issue)
})

test.each([
  'main',
  'issue-42',
  'fix-42',
  'claude/42',
  'claude/issue-042',
  'claude/issue-42x',
  'claude/issue-9999999999',
  'my/claude/issue-42',
  'eve:claude/issue-42',
  'copilot/fix-upload',
])('the branch %s names no issue', (branch) => {
  expect(issueOfBranch(branch)).toBeNull()
})

test('an attempt key is read as a whole token', () => {
  const key = { issueNumber: 42, stage: 'plan', attempt: 1, key: '42/plan/1-k3v9x' }
  expect(parseAttemptKey('andon 42/plan/1-k3v9x')).toEqual(key)
  expect(parseAttemptKey('42/plan/1-k3v9x')).toEqual(key)
  expect(parseAttemptKey('andon 42/plan/10-k3v9x')?.attempt).toBe(10)
})

test.each([
  'attempt 1',
  '42/plan/1',
  '42/plan/1-k3v9x/x',
  'x42/plan/1-k3v9x',
  '42/plan/1-k3v9x.',
  '42/Plan/1-k3v9x',
  '',
])('the title "%s" echoes no key', (title) => {
  expect(parseAttemptKey(title)).toBeNull()
})

test("a key in the title takes precedence over the branch's name", () => {
  expect(issueOfRun(runFact({ title: 'andon 7/code/1-k3v9x' }))).toBe(7)
  expect(issueOfRun(runFact())).toBe(42)
  expect(issueOfRun(runFact({ branch: null }))).toBeNull()
})

test('a pull request belongs to the issues it closes and to the one its branch names', () => {
  expect(
    issuesOfPullRequest(pullRequestFact({ closingIssues: [43, 7], closingIssuesAt: minutesAfterNine(1) })),
  ).toEqual([7, 42, 43])
  expect(issuesOfPullRequest(pullRequestFact({ branch: 'fix' }))).toEqual([])
})
