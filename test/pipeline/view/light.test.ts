import { expect, test } from 'vitest'
import type { Light, Pipeline, StageStatus } from '../../../src/pipeline/model/pipeline.ts'
import { isLive, light } from '../../../src/pipeline/view/light.ts'
import {
  issueIs,
  labelled,
  mayWrite,
  minute,
  pipelineAfter,
  pullRequestIs,
  reviewed,
  runFact,
  runIs,
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
  expect(light(standing(stages.split(' ') as StageStatus[]))).toMatchObject({ light: colour, stage })
})

test('every combination of statuses is counted once, at its furthest live stage', () => {
  const counts: Partial<Record<Light, number>> = {}
  for (const plan of STATUSES)
    for (const code of STATUSES)
      for (const tested of STATUSES)
        for (const review of STATUSES) {
          const stages = [plan, code, tested, review]
          const pipeline = standing(stages)
          const lit = light(pipeline)
          counts[lit.light] = (counts[lit.light] ?? 0) + 1
          const furthest = stages.findLast((status) => LIVE.includes(status))
          if (furthest !== undefined) {
            expect(lit.light, stages.join(' ')).toBe(furthest)
            expect(lit.stage).toBe(pipeline.stages.findLast(isLive)?.name)
          } else if (review === 'done' || review === 'skipped') expect(lit.light, stages.join(' ')).toBe('done')
          else {
            const needsSomebody = /failed(?!.*(done|skipped))/.test(stages.join(' '))
            expect(lit.light, stages.join(' ')).toBe(needsSomebody ? 'failed' : 'idle')
          }
        }
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(8 ** 4)
  console.log('4096 combinations of stages', counts)
})

test('reworked code shows running while the review waits for its push', () => {
  const asked = reviewed({ state: 'changes_requested' })
  const sentBack = [labelled(), pullRequestIs(), asked, mayWrite('mara')] as const
  expect(light(pipelineAfter(...sentBack, runIs({ id: 300 })))).toMatchObject({ light: 'running', stage: 'code' })
})

test('code that runs while the review is waited for is counted in review', () => {
  expect(light(pipelineAfter(labelled(), pullRequestIs(), runIs()))).toMatchObject({ light: 'review', stage: 'review' })
})

test('reworked code that fails needs somebody, although a later stage was done in the round before', () => {
  const round = [
    labelled(),
    runIs({ id: 100, conclusion: 'success' }),
    runIs({ id: 101, workflow: 'test.yml', conclusion: 'success' }),
  ] as const
  const failed = runIs({ id: 102, conclusion: 'failure', at: minute(9) })
  expect(light(pipelineAfter(...round, failed))).toMatchObject({ light: 'failed', stage: 'code', since: minute(9) })
})

test('a failure that the line has gone past needs nobody', () => {
  const failed = runIs({ id: 100, conclusion: 'failure' })
  const tested = runIs({ id: 101, workflow: 'test.yml', conclusion: 'success' })
  expect(light(pipelineAfter(labelled(), failed, tested))).toMatchObject({
    light: 'idle',
    stage: 'test',
    reason: 'test is over; waits for a pull request',
  })
})

test('a failure in a closed or merged issue needs nobody', () => {
  const failed = [labelled(), runIs({ conclusion: 'failure' })] as const
  expect(light(pipelineAfter(...failed)).light).toBe('failed')
  const closed = { state: 'closed', closedAt: minute(8), at: minute(8) } as const
  expect(light(pipelineAfter(...failed, issueIs({ ...closed, stateReason: 'not_planned' }))).light).toBe('idle')
  expect(light(pipelineAfter(...failed, issueIs({ ...closed, stateReason: 'completed' }))).light).toBe('done')
  expect(light(pipelineAfter(...failed, pullRequestIs({ state: 'merged' }))).light).toBe('done')
})

test('a merge ends a line that has no stage for reviews', () => {
  const merged = pipelineAfter(labelled(), runIs({ conclusion: 'failure' }), pullRequestIs({ state: 'merged' }))
  expect(light({ ...merged, stages: merged.stages.slice(0, 3) }).light).toBe('done')
})

/** Stages that stand as told, each but idle ones with a run, the later stage's the later run. */
function standing(stages: readonly StageStatus[]): Pipeline {
  const begun = pipelineAfter(labelled())
  return {
    ...begun,
    stages: begun.stages.map((stage, index) => {
      const status = stages[index] ?? 'idle'
      const since = status === 'idle' ? null : minute(index)
      const attempts = since === null ? [] : [{ number: 1, key: null, run: runFact({ id: 100 + index }) }]
      return { ...stage, status, since, attempts }
    }),
  }
}
