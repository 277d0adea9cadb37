// Whatever stops, someone is needed; and what ends, needs nobody.
import { expect, test } from 'vitest'
import type { Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import { moverOf } from '../../support/expect-moving.ts'
import {
  issueChanged,
  issueGone,
  issueLabeled,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
  runChanged,
} from '../../support/pipeline-fixtures.ts'
import {
  admissionDenied,
  commandPermission,
  commentCreated,
  openPipelineHarness,
  startedPipeline,
  startPermission,
} from '../../support/pipeline-harness.ts'

const PLANNED = [issueLabeled(), runChanged({ workflow: 'plan.yml', conclusion: 'success' })] as const
const CLOSED = { state: 'closed', closedAt: minutesAfterNine(8), at: minutesAfterNine(8) } as const
const CHANGES_REQUESTED = reviewChanged({ state: 'changes_requested', submittedAt: minutesAfterNine(6) })

test.each<[string, Pipeline, number]>([
  ['the first run does not come', pipelineAfter(issueLabeled()), 30],
  ['the run of the next stage does not come', pipelineAfter(...PLANNED), 32],
  [
    'no pull request comes',
    pipelineAfter(...PLANNED, runChanged({ id: 101, workflow: 'test.yml', conclusion: 'success' })),
    32,
  ],
  ['a draft stays a draft', pipelineAfter(issueLabeled(), pullRequestChanged({ draft: true })), 35],
  [
    'changes were requested and nothing is pushed',
    pipelineAfter(issueLabeled(), pullRequestChanged(), CHANGES_REQUESTED, reviewerPermission('mara')),
    36,
  ],
])('when %s, a person is needed after the timeout of the stage', (_, pipeline, minutes) => {
  expect(needsYouAt(pipeline)).toBe(minutesAfterNine(minutes))
})

test('a stage that was cancelled needs a person at once', () => {
  const cancellation = { kind: 'person', login: 'ada' } as const
  const cancelled = runChanged({
    workflow: 'plan.yml',
    conclusion: 'cancelled',
    cancellation,
    at: minutesAfterNine(4),
  })
  expect(needsYouAt(pipelineAfter(issueLabeled(), cancelled))).toBe(minutesAfterNine(4))
  const command = commentCreated('/andon cancel')
  const ours = startedPipeline()
  ours.admit(minutesAfterNine(1))
  ours.apply(command, commandPermission(command))
  expect(needsYouAt(ours.pipeline)).toBe(minutesAfterNine(20))
})

test('a pull request that was closed without merging needs a person at once', () => {
  const closed = pullRequestChanged({ state: 'closed', at: minutesAfterNine(9) }, 'closed')
  expect(needsYouAt(pipelineAfter(issueLabeled(), pullRequestChanged(), closed))).toBe(minutesAfterNine(9))
})

test('a label by someone who may not start needs a person, a command by a stranger needs none', () => {
  const labelled = openPipelineHarness().apply(startPermission(false, minutesAfterNine(3)))
  expect(needsYouAt(labelled.pipeline)).toBe(minutesAfterNine(3))
  const command = commentCreated('/andon start', { by: 'stranger' })
  const commented = openPipelineHarness(undefined, command).apply(commandPermission(command, false))
  expect(needsYouAt(commented.pipeline)).toBeNull()
})

test('where Andon has no access, a person is needed from the moment that it gave no slot', () => {
  const suspended = admissionDenied({ kind: 'installation-suspended' }, minutesAfterNine(5))
  expect(needsYouAt(startedPipeline().apply(suspended).pipeline)).toBe(minutesAfterNine(5))
  const busy = admissionDenied({ kind: 'running', count: 4, limit: 4 }, minutesAfterNine(5))
  expect(needsYouAt(startedPipeline().apply(busy).pipeline)).toBeNull()
})

test('an end that people can see needs nobody', () => {
  expect(needsYouAt(pipelineAfter(...PLANNED, issueChanged({ ...CLOSED, stateReason: 'not_planned' })))).toBeNull()
  expect(needsYouAt(pipelineAfter(...PLANNED, issueChanged({ ...CLOSED, stateReason: 'completed' })))).toBeNull()
  expect(needsYouAt(pipelineAfter(...PLANNED, issueGone('deleted')))).toBeNull()
  expect(needsYouAt(pipelineAfter(...PLANNED, issueGone('transferred')))).toBeNull()
})

test('the property fails for a pipeline that nothing moves', () => {
  const { pipeline } = openPipelineHarness()
  const around = { isHeldAround: false, isAdmitted: false, isAsked: () => false }
  expect(moverOf(pipeline, minutesAfterNine(1), around)).toBeNull()
  expect(moverOf(pipeline, minutesAfterNine(1), { ...around, isAsked: () => true })).toBe('GitHub is asked')
  const { pipeline: started } = startedPipeline()
  expect(moverOf(started, minutesAfterNine(1), around)).toBeNull()
  expect(moverOf(started, minutesAfterNine(1), { ...around, isAdmitted: true })).toBe('it is given a slot')
  expect(moverOf(started, minutesAfterNine(1), { ...around, isHeldAround: true })).toBe('it is held')
})
