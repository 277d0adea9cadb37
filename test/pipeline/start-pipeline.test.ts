import { expect, test } from 'vitest'
import { adoptLine, startPipeline } from '../../src/advance/advance-pipeline.ts'
import { OBSERVE_ONLY_LINE } from '../../src/line/line.ts'
import { contextOf } from '../../src/pipeline/commands/authorized-commands.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import { reduce } from '../../src/pipeline/reduce.ts'
import { entryInWords } from '../support/in-words.ts'
import {
  AGENT_BRANCH,
  closesIssues,
  ISSUE,
  issueChanged,
  issueGone,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  runChanged,
  stageStatuses,
} from '../support/pipeline-fixtures.ts'
import { commandPermission, commentCreated, lineWith } from '../support/pipeline-harness.ts'

const taken = (event: Event, issue = ISSUE) => startPipeline(event, issue, OBSERVE_ONLY_LINE)

test('the start label begins a pipeline, and GitHub is asked about the issue', () => {
  const reduction = taken(issueLabeled())
  expect(reduction?.pipeline.start).toMatchObject({ by: 'label', actor: 'olga', at: minutesAfterNine(0) })
  expect(reduction?.effects).toEqual([
    { type: 'ask', key: `issue/42/${minutesAfterNine(0)}`, question: { about: 'issue', issueNumber: ISSUE } },
  ])
  expect(reduction?.entries.map((entry) => entryInWords(entry).text)).toEqual(['taken up: the issue was labelled'])
})

test('the start label matches in upper and lower case', () => {
  expect(taken(issueLabeled({ label: 'Andon' }))).not.toBeNull()
})

test.each([
  ['a run of one of its stages', runChanged()],
  ['a pull request', pullRequestChanged()],
  ['a review of its pull request', reviewChanged()],
])("%s on an agent's branch begins a pipeline", (_, event) => {
  expect(taken(event)?.pipeline.start.by).toBe('branch')
})

test.each<[string, Event]>([
  ['an unrelated label', issueLabeled({ label: 'bug' })],
  ['a label that only contains the start label', issueLabeled({ label: 'andon-later' })],
  ['opening an issue', issueChanged({}, 'opened')],
  ['deleting an issue', issueGone('deleted')],
  ["a person's pull request", pullRequestChanged({ branch: 'fix-42', title: 'Fix #42' })],
  [
    "a pull request from a fork whose branch is named like an agent's",
    pullRequestChanged({ branch: `eve:${AGENT_BRANCH}` }),
  ],
  [
    'a pull request that only closes the issue',
    pullRequestChanged({ branch: 'fix', closingIssues: [ISSUE], closingIssuesAt: minutesAfterNine(5) }),
  ],
  ['an ordinary CI run', runChanged({ workflow: 'ci.yml', branch: 'main' })],
  ["an ordinary CI run on an agent's branch", runChanged({ workflow: 'ci.yml' })],
  ['CodeQL', runChanged({ workflow: 'codeql.yml', branch: 'main' })],
  ['a run of a stage on a branch that names no issue', runChanged({ branch: 'main' })],
  ['a run that only echoes a key', runChanged({ branch: 'main', title: 'andon 42/plan/1-k3v9x' })],
  ["a run on an agent's branch that echoes another issue's key", runChanged({ title: 'andon 41/code/1-k3v9x' })],
  ['a job', jobChanged()],
  ['an answer', closesIssues([ISSUE])],
])('%s begins no pipeline', (_, event) => {
  expect(taken(event)).toBeNull()
})

test('what begins the pipeline of one issue begins no other', () => {
  expect(taken(issueLabeled(), 41)).toBeNull()
  expect(taken(runChanged(), 4)).toBeNull()
})

test.each<[string, Event]>([
  ['a second label', issueLabeled()],
  ['an unrelated label', issueLabeled({ label: 'bug' })],
  ['an event of another repository', { ...runChanged(), repository: { ...runChanged().repository, id: 2 } }],
  ["another issue's label", { ...issueLabeled(), issue: { ...issueLabeled().issue, number: 41 } }],
  ["another issue's run", runChanged({ branch: 'claude/issue-4-20261121-0900' })],
  ["another issue's key", runChanged({ title: 'andon 41/code/1-k3v9x' })],
  ['a run of no stage', runChanged({ workflow: 'ci.yml' })],
  ["somebody's run on the default branch", runChanged({ branch: 'main' })],
  ['a job of an unknown run', jobChanged({ runId: 999 })],
  ['a pull request of no issue', pullRequestChanged({ branch: 'fix' })],
  ['an answer about an unknown pull request', closesIssues([41], minutesAfterNine(6), 99)],
  ["another issue's deletion", { ...issueGone('deleted'), issue: { ...issueGone('deleted').issue, number: 41 } }],
  ['a comment removed', { ...issueLabeled(), type: 'comment.deleted', issueNumber: ISSUE, commentId: 1 }],
  ['a renamed repository', { ...issueLabeled(), type: 'repository.changed' }],
  ['a removed repository', { ...issueLabeled(), type: 'repository.removed' }],
  [
    'the clock',
    {
      type: 'pipeline.woken',
      at: minutesAfterNine(9),
      evidence: { kind: 'clock', id: 'wake', at: minutesAfterNine(9) },
      pipelineId: 1,
    },
  ],
])('%s changes nothing: the pipeline is the same object, without effects or history', (_, event) => {
  const before = pipelineAfter(issueLabeled())
  const reduction = reduce(before, event)
  expect(reduction.pipeline).toBe(before)
  expect(reduction).toEqual({ pipeline: before, effects: [], entries: [], outcomes: [] })
})

test('a run on the default branch does not belong to the issue whose pull request comes from there', () => {
  const release = pullRequestChanged({ branch: 'main', closingIssues: [ISSUE], closingIssuesAt: minutesAfterNine(5) })
  const before = pipelineAfter(issueLabeled(), release)
  expect(before.pullRequests).toHaveLength(1)
  expect(reduce(before, runChanged({ branch: 'main' })).pipeline).toBe(before)
})

test('a command sent before the file was read applies to the line in the file', () => {
  const comment = commentCreated('/andon start\n/andon skip plan', { at: minutesAfterNine(0) })
  const start = startPipeline(comment, ISSUE, OBSERVE_ONLY_LINE, { isConfigured: false })
  if (start === null) throw new Error('no pipeline began')
  const answer = commandPermission(comment)
  const ordered = reduce(start.pipeline, answer, contextOf(answer, OBSERVE_ONLY_LINE)).pipeline
  const { pipeline } = adoptLine(ordered, lineWith(), comment)
  expect(stageStatuses(pipeline).join(' ')).toBe('skipped queued idle idle')
})
