import { expect, test } from 'vitest'
import type { Light, Pipeline, StageStatus } from '../../../src/pipeline/model/pipeline.ts'
import { isLive } from '../../../src/pipeline/view/light.ts'
import { headlineInWords } from '../../support/in-words.ts'
import {
  issueChanged,
  issueLabeled,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
  runChanged,
  runFact,
} from '../../support/pipeline-fixtures.ts'

const STATUSES: readonly StageStatus[] = [
  'idle',
  'queued',
  'running',
  'review',
  'done',
  'failed',
  'cancelled',
  'skipped',
]
const LIVE: readonly string[] = ['running', 'review', 'queued']

test.each<[string, Light, string]>([
  ['queued idle idle idle', 'queued', 'plan'],
  ['running idle idle idle', 'running', 'plan'],
  ['done idle idle idle', 'idle', 'plan'],
  ['done queued idle idle', 'queued', 'code'],
  ['done running idle idle', 'running', 'code'],
  ['done done running review', 'review', 'review'],
  ['done running done idle', 'running', 'code'],
  ['running done queued idle', 'queued', 'test'],
  ['failed idle idle idle', 'failed', 'plan'],
  ['failed running idle idle', 'running', 'code'],
  ['failed done idle idle', 'idle', 'code'],
  ['failed skipped idle idle', 'idle', 'code'],
  ['failed failed idle idle', 'failed', 'code'],
  ['failed cancelled idle idle', 'failed', 'plan'],
  ['done done failed idle', 'failed', 'test'],
  ['done done cancelled idle', 'idle', 'test'],
  ['done done done idle', 'idle', 'test'],
  ['done done done cancelled', 'idle', 'review'],
  ['done done done done', 'done', 'review'],
  ['done done failed skipped', 'done', 'review'],
  ['idle idle idle done', 'done', 'review'],
  ['idle idle idle idle', 'idle', 'plan'],
])('stages "%s" show %s at %s', (stages, colour, stage) => {
  expect(headlineInWords(pipelineWithStatuses(stages.split(' ') as StageStatus[]))).toMatchObject({
    light: colour,
    stage,
  })
})

test('each combination of statuses shows one light, that of its furthest live stage', () => {
  const counts: Partial<Record<Light, number>> = {}
  for (const plan of STATUSES)
    for (const code of STATUSES)
      for (const tested of STATUSES)
        for (const review of STATUSES) {
          const stages = [plan, code, tested, review]
          const pipeline = pipelineWithStatuses(stages)
          const headline = headlineInWords(pipeline)
          counts[headline.light] = (counts[headline.light] ?? 0) + 1
          const furthest = stages.findLast((status) => LIVE.includes(status))
          if (furthest !== undefined) {
            expect(headline.light, stages.join(' ')).toBe(furthest)
            expect(headline.stage).toBe(pipeline.stages.findLast(isLive)?.name)
          } else if (review === 'done' || review === 'skipped') expect(headline.light, stages.join(' ')).toBe('done')
          else {
            const needsPerson = /failed(?!.*(done|skipped))/.test(stages.join(' '))
            expect(headline.light, stages.join(' ')).toBe(needsPerson ? 'failed' : 'idle')
          }
        }
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(8 ** 4)
  console.log('4096 combinations of stages', counts)
})

test('reworked code shows running while the review waits for its push', () => {
  const asked = reviewChanged({ state: 'changes_requested' })
  const sentBack = [issueLabeled(), pullRequestChanged(), asked, reviewerPermission('mara')] as const
  expect(headlineInWords(pipelineAfter(...sentBack, runChanged({ id: 300 })))).toMatchObject({
    light: 'running',
    stage: 'code',
  })
})

test('a pipeline whose code runs while a review is due shows the review', () => {
  expect(headlineInWords(pipelineAfter(issueLabeled(), pullRequestChanged(), runChanged()))).toMatchObject({
    light: 'review',
    stage: 'review',
  })
})

test('reworked code that fails needs a person, even if a later stage was done in the previous round', () => {
  const round = [
    issueLabeled(),
    runChanged({ id: 100, conclusion: 'success' }),
    runChanged({ id: 101, workflow: 'test.yml', conclusion: 'success' }),
  ] as const
  const failed = runChanged({ id: 102, conclusion: 'failure', at: minutesAfterNine(9) })
  expect(headlineInWords(pipelineAfter(...round, failed))).toMatchObject({
    light: 'failed',
    stage: 'code',
    since: minutesAfterNine(9),
  })
})

test('a failure that the pipeline has passed needs no person', () => {
  const failed = runChanged({ id: 100, conclusion: 'failure' })
  const tested = runChanged({ id: 101, workflow: 'test.yml', conclusion: 'success' })
  expect(headlineInWords(pipelineAfter(issueLabeled(), failed, tested))).toMatchObject({
    light: 'idle',
    stage: 'test',
    reason: 'test has ended; waits for a pull request',
  })
})

test('a failure in a closed or merged issue needs no person', () => {
  const failed = [issueLabeled(), runChanged({ conclusion: 'failure' })] as const
  expect(headlineInWords(pipelineAfter(...failed)).light).toBe('failed')
  const closed = { state: 'closed', closedAt: minutesAfterNine(8), at: minutesAfterNine(8) } as const
  expect(headlineInWords(pipelineAfter(...failed, issueChanged({ ...closed, stateReason: 'not_planned' }))).light).toBe(
    'idle',
  )
  expect(headlineInWords(pipelineAfter(...failed, issueChanged({ ...closed, stateReason: 'completed' }))).light).toBe(
    'done',
  )
  expect(headlineInWords(pipelineAfter(...failed, pullRequestChanged({ state: 'merged' }))).light).toBe('done')
})

test('a merge ends a pipeline whose line has no review stage', () => {
  const merged = pipelineAfter(
    issueLabeled(),
    runChanged({ conclusion: 'failure' }),
    pullRequestChanged({ state: 'merged' }),
  )
  expect(headlineInWords({ ...merged, stages: merged.stages.slice(0, 3) }).light).toBe('done')
})

/** Stages with these statuses; each but the idle ones has a run, later stages a later one. */
function pipelineWithStatuses(stages: readonly StageStatus[]): Pipeline {
  const blank = pipelineAfter(issueLabeled())
  return {
    ...blank,
    stages: blank.stages.map((stage, index) => {
      const status = stages[index] ?? 'idle'
      const since = status === 'idle' ? null : minutesAfterNine(index)
      const attempts = since === null ? [] : [{ number: 1, key: null, run: runFact({ id: 100 + index }) }]
      return { ...stage, status, since, attempts }
    }),
  }
}
