import { expect, test } from 'vitest'
import type { Event } from '../../../src/pipeline/model/events.ts'
import type { Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import { surfacesOf } from '../../../src/pipeline/view/surfaces.ts'
import {
  issueChanged,
  issueGone,
  issueLabeled,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  REPOSITORY,
  runChanged,
} from '../../support/pipeline-fixtures.ts'

const keys = (pipeline: Pipeline) =>
  surfacesOf(pipeline).map(({ key, shaOrigin }) => (shaOrigin === null ? key : `${key} ${shaOrigin}`))
const planned = runChanged({
  id: 99,
  workflow: 'plan.yml',
  branch: 'main',
  title: 'andon 42/plan/1-k3v9x',
  headSha: 'main1',
})
const answered: Event = {
  type: 'question.answered',
  at: minutesAfterNine(1),
  evidence: { kind: 'read', id: 'issue/42', at: minutesAfterNine(1) },
  repository: REPOSITORY,
  question: { about: 'issue', issueNumber: 42 },
  answer: { about: 'issue', issue: null, pullRequests: [], defaultBranchSha: 'main0' },
}

test('a stage without any evidence is shown nowhere', () => {
  expect(keys(pipelineAfter(issueLabeled()))).toEqual(['comment/plan'])
})

test('before a run is known, the check is on the commit where the pipeline began', () => {
  expect(keys(pipelineAfter(issueLabeled(), answered))).toEqual(['comment/plan', 'check/plan/main0 default_branch'])
})

test("a run on the default branch moves the check to that run's commit, where it stays", () => {
  const again = { ...planned, run: { ...planned.run, id: 105, headSha: 'main2' } }
  expect(keys(pipelineAfter(issueLabeled(), answered, planned, again))).toEqual([
    'comment/plan',
    'check/plan/main1 default_branch',
  ])
})

test("on an agent's branch every check moves to the head of its newest run", () => {
  expect(keys(pipelineAfter(issueLabeled(), planned, runChanged({ headSha: 'work1' })))).toEqual([
    'comment/plan',
    'comment/code',
    'check/plan/work1 work_branch',
    'check/code/work1 work_branch',
  ])
})

test('with a pull request every check moves to its head, and again with each push', () => {
  const before = [issueLabeled(), planned, runChanged(), pullRequestChanged()] as const
  const checksOn = (sha: string) => ['plan', 'code', 'review'].map((stage) => `check/${stage}/${sha} pull_request`)
  expect(keys(pipelineAfter(...before)).slice(3)).toEqual(checksOn('bbb1'))
  const push = pullRequestChanged({ at: minutesAfterNine(8), headSha: 'bbb2', replacedShas: ['bbb1'] }, 'synchronize')
  expect(keys(pipelineAfter(...before, push)).slice(3)).toEqual(checksOn('bbb2'))
})

test('a new title moves nothing', () => {
  const before = [issueLabeled(), planned] as const
  expect(keys(pipelineAfter(...before, issueChanged({ at: minutesAfterNine(9), title: 'Else' })))).toEqual(
    keys(pipelineAfter(...before)),
  )
})

test('checks before the pull request, and comments, can be turned off', () => {
  const pipeline = pipelineAfter(issueLabeled(), planned)
  const line = { ...pipeline.line, comments: 'off', checksBeforePullRequest: 'off' } as const
  expect(keys({ ...pipeline, line })).toEqual([])
  expect(keys({ ...pipeline, line: { ...line, comments: 'one' } })).toEqual(['comment/line'])
})

test('nothing is written about a deleted issue', () => {
  expect(keys(pipelineAfter(issueLabeled(), planned, issueGone('transferred')))).toEqual([])
})
