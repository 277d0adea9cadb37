// The light is that of the furthest live stage; a stage before it may have failed, wait or run.
import { expect, test } from 'vitest'
import type { Pipeline, Stage } from '../../../src/pipeline/model/pipeline.ts'
import { headlineAtWork, headlineOf, hiddenStageOf } from '../../../src/pipeline/view/light.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import { boardRowOf } from '../../../src/render/board-row.ts'
import {
  issueLabeled,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  runChanged,
} from '../../support/pipeline-fixtures.ts'

const LABELED = issueLabeled()
const REVIEWED = pullRequestChanged({ at: minutesAfterNine(5) })
const testRun = (known: Parameters<typeof runChanged>[0] = {}) =>
  runChanged({ id: 300, workflow: 'test.yml', at: minutesAfterNine(6), ...known })

const NOTHING = { held: false, outerHolds: { repository: null, everything: null }, needsYouAt: null }
const rowOf = (pipeline: Pipeline) =>
  boardRowOf({ id: 1, repository: 'acme/widgets', revision: 1, ...NOTHING, pipeline }, minutesAfterNine(10))

const withStage = (pipeline: Pipeline, name: string, known: Partial<Stage>): Pipeline => ({
  ...pipeline,
  stages: pipeline.stages.map((stage) => (stage.name === name ? { ...stage, ...known } : stage)),
})

test('a review is not asked for while a stage before it is at work', () => {
  const tested = pipelineAfter(LABELED, REVIEWED, testRun())
  expect(headlineOf(tested)).toMatchObject({ light: 'review', stage: 'review' })
  expect(headlineAtWork(tested)).toMatchObject({ light: 'running', stage: 'test' })
  expect(needsYouAt(tested)).toBe(minutesAfterNine(36))
  const over = pipelineAfter(LABELED, REVIEWED, testRun(), testRun({ conclusion: 'success', at: minutesAfterNine(8) }))
  expect(needsYouAt(over)).toBe(minutesAfterNine(5))
})

test('a failed stage before the review needs a person, and the row says both', () => {
  const failed = pipelineAfter(LABELED, REVIEWED, testRun({ conclusion: 'failure' }))
  expect(needsYouAt(failed)).not.toBeNull()
  expect(rowOf(failed)).toMatchObject({
    light: 'review',
    hides: { stage: 'test', status: 'failed', text: 'test failed' },
  })
})

test('a failed stage that is tried again says when', () => {
  const attempt = { number: 2, limit: 3, rerun: 0 }
  const retried = withStage(pipelineAfter(LABELED, REVIEWED), 'test', {
    status: 'queued',
    reason: { kind: 'waits-to-retry', until: '2026-11-21T14:02:00.000Z', attempt, previous: null },
  })
  expect(rowOf(retried).hides).toEqual({ stage: 'test', status: 'failed', text: 'test failed, again at 14:02 UTC' })
})

test('of several stages the gravest is named: failed, then waiting for a person, then queued, then running', () => {
  const reviewed = pipelineAfter(LABELED, REVIEWED)
  const hidden = (...statuses: readonly Stage['status'][]) => {
    const names = ['plan', 'code', 'test']
    const changed = statuses.reduce((line, status, index) => withStage(line, `${names[index]}`, { status }), reviewed)
    return hiddenStageOf(changed)?.name ?? null
  }
  expect(hidden('failed', 'review', 'running')).toBe('plan')
  expect(hidden('done', 'review', 'running')).toBe('code')
  expect(hidden('queued', 'done', 'running')).toBe('plan')
  expect(hidden('done', 'running', 'done')).toBe('code')
  expect(hidden('done', 'done', 'done')).toBeNull()
  expect(hiddenStageOf(pipelineAfter(LABELED))).toBeNull()
})
