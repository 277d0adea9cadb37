import { expect, test } from 'vitest'
import { WATCHED_LINE } from '../../src/line/line.ts'
import { begin, withLine } from '../../src/pipeline/begin.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import {
  AGENT_BRANCH,
  closing,
  ISSUE,
  issueGone,
  issueIs,
  jobIs,
  labelled,
  minute,
  pipelineAfter,
  pullRequestIs,
  reviewed,
  runIs,
  statuses,
} from '../support/pipeline-fixtures.ts'
import { allowed, comment, runningLine } from '../support/pipeline-harness.ts'

const taken = (event: Event, issue = ISSUE) => begin(event, issue, WATCHED_LINE)

test('the start label takes an issue up, and GitHub is asked about it', () => {
  const reduction = taken(labelled())
  expect(reduction?.pipeline.begun).toMatchObject({ by: 'label', actor: 'olga', at: minute(0) })
  expect(reduction?.effects).toEqual([
    { type: 'ask', key: `issue/42/${minute(0)}`, question: { about: 'issue', issueNumber: ISSUE } },
  ])
  expect(reduction?.entries.map(({ text }) => text)).toEqual(['taken up: the issue was labelled'])
})

test('the start label is the same label in any case', () => {
  expect(taken(labelled({ label: 'Andon' }))).not.toBeNull()
})

test.each([
  ['a run of one of its stages', runIs()],
  ['a pull request', pullRequestIs()],
  ['a review of its pull request', reviewed()],
])("%s on an agent's branch takes an issue up", (_, event) => {
  expect(taken(event)?.pipeline.begun.by).toBe('branch')
})

test.each<[string, Event]>([
  ['an unrelated label', labelled({ label: 'bug' })],
  ['a label that only contains the start label', labelled({ label: 'andon-later' })],
  ['opening an issue', issueIs({}, 'opened')],
  ['deleting an issue', issueGone('deleted')],
  ["a person's pull request", pullRequestIs({ branch: 'fix-42', title: 'Fix #42' })],
  [
    "a pull request from a fork whose branch is named like an agent's",
    pullRequestIs({ branch: `eve:${AGENT_BRANCH}` }),
  ],
  ['a pull request that only closes the issue', pullRequestIs({ branch: 'fix', closes: [ISSUE], closesAt: minute(5) })],
  ['an ordinary CI run', runIs({ workflow: 'ci.yml', branch: 'main' })],
  ["an ordinary CI run on an agent's branch", runIs({ workflow: 'ci.yml' })],
  ['CodeQL', runIs({ workflow: 'codeql.yml', branch: 'main' })],
  ['a run of a stage on a branch that names no issue', runIs({ branch: 'main' })],
  ['a run that only echoes a key', runIs({ branch: 'main', title: 'andon 42/plan/1-k3v9x' })],
  ["a run on an agent's branch that echoes another issue's key", runIs({ title: 'andon 41/code/1-k3v9x' })],
  ['a job', jobIs()],
  ['an answer', closing([ISSUE])],
])('%s takes nothing up', (_, event) => {
  expect(taken(event)).toBeNull()
})

test('what takes one issue up takes no other up', () => {
  expect(taken(labelled(), 41)).toBeNull()
  expect(taken(runIs(), 4)).toBeNull()
})

test.each<[string, Event]>([
  ['a second label', labelled()],
  ['an unrelated label', labelled({ label: 'bug' })],
  ['an event of another repository', { ...runIs(), repository: { ...runIs().repository, id: 2 } }],
  ["another issue's label", { ...labelled(), issue: { ...labelled().issue, number: 41 } }],
  ["another issue's run", runIs({ branch: 'claude/issue-4-20261121-0900' })],
  ["another issue's key", runIs({ title: 'andon 41/code/1-k3v9x' })],
  ['a run of no stage', runIs({ workflow: 'ci.yml' })],
  ["somebody's run on the default branch", runIs({ branch: 'main' })],
  ['a job of an unknown run', jobIs({ runId: 999 })],
  ['a pull request of no issue', pullRequestIs({ branch: 'fix' })],
  ['an answer about an unknown pull request', closing([41], minute(6), 99)],
  ["another issue's deletion", { ...issueGone('deleted'), issue: { ...issueGone('deleted').issue, number: 41 } }],
  ['a comment removed', { ...labelled(), type: 'comment.deleted', issueNumber: ISSUE, commentId: 1 }],
  ['a renamed repository', { ...labelled(), type: 'repository.changed' }],
  ['a removed repository', { ...labelled(), type: 'repository.removed' }],
  [
    'the clock',
    { type: 'woken', at: minute(9), evidence: { kind: 'clock', id: 'wake', at: minute(9) }, pipelineId: 1 },
  ],
])('%s changes nothing: the very same pipeline, no effects, no history', (_, event) => {
  const before = pipelineAfter(labelled())
  const reduction = reduce(before, event)
  expect(reduction.pipeline).toBe(before)
  expect(reduction).toEqual({ pipeline: before, effects: [], entries: [] })
})

test('a run on the default branch does not belong to the issue whose pull request comes from there', () => {
  const release = pullRequestIs({ branch: 'main', closes: [ISSUE], closesAt: minute(5) })
  const before = pipelineAfter(labelled(), release)
  expect(before.pullRequests).toHaveLength(1)
  expect(reduce(before, runIs({ branch: 'main' })).pipeline).toBe(before)
})

test('an order that was given before the file was read stands on the line that the file says', () => {
  const given = comment('/andon start\n/andon skip plan', { at: minute(0) })
  const begun = begin(given, ISSUE, WATCHED_LINE, false)
  if (begun === null) throw new Error('nothing was begun')
  const ordered = reduce(begun.pipeline, allowed(given)).pipeline
  const { pipeline } = withLine(ordered, runningLine(), given)
  expect(statuses(pipeline).join(' ')).toBe('skipped queued idle idle')
})
