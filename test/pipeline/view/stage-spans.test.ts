import { expect, test } from 'vitest'
import type { Event } from '../../../src/pipeline/model/events.ts'
import { issueSpansOf } from '../../../src/pipeline/view/stage-spans.ts'
import { boardFixture, issueTakenUp, minutesAgo, workflowRan } from '../../web/support/board-fixtures.ts'

function spansAfter(...events: readonly Event[]) {
  const { shown, history } = boardFixture({
    id: 1,
    issue: 7,
    events: [issueTakenUp({ issue: 7, title: 'Weigh it', at: 60 }), ...events],
  })
  return issueSpansOf(shown.pipeline, history)
}

test('a run is drawn from its start to its end, and one that goes on has no end', () => {
  const { from, to, stages } = spansAfter(
    workflowRan(7, 'plan.yml', { id: 1, from: 50 }),
    workflowRan(7, 'plan.yml', { id: 1, from: 50, to: 40, conclusion: 'success' }),
    workflowRan(7, 'code.yml', { id: 2, from: 30 }),
  )
  expect([from, to]).toEqual([minutesAgo(60), null])
  expect(stages.map(({ spans }) => spans)).toEqual([
    [{ kind: 'running', from: minutesAgo(50), to: minutesAgo(40) }],
    [{ kind: 'running', from: minutesAgo(30), to: null }],
    [],
    [],
  ])
})

test('a failure lasts until it is tried again, or a later stage passes it by', () => {
  const failed = [
    workflowRan(7, 'plan.yml', { id: 1, from: 50 }),
    workflowRan(7, 'plan.yml', { id: 1, from: 50, to: 40, conclusion: 'failure' }),
  ]
  const again = spansAfter(...failed, workflowRan(7, 'plan.yml', { id: 2, from: 30 }))
  expect(again.stages[0]?.spans).toEqual([
    { kind: 'running', from: minutesAgo(50), to: minutesAgo(40) },
    { kind: 'failed', from: minutesAgo(40), to: minutesAgo(30) },
    { kind: 'running', from: minutesAgo(30), to: null },
  ])
  const passed = spansAfter(...failed, workflowRan(7, 'code.yml', { id: 3, from: 20 }))
  expect(passed.stages[0]?.spans.at(-1)).toEqual({ kind: 'failed', from: minutesAgo(40), to: minutesAgo(20) })
})

test('a delivery that tells an earlier time than the one before it takes no time', () => {
  const { stages } = spansAfter(
    workflowRan(7, 'plan.yml', { id: 1, from: 50 }),
    workflowRan(7, 'plan.yml', { id: 1, from: 50, to: 55, conclusion: 'success' }),
  )
  for (const { spans } of stages) for (const { from, to } of spans) expect(to === null || from < to).toBe(true)
})

test('what was heard late of one stage stretches no other: a run that failed long before is drawn as it was', () => {
  const { stages } = spansAfter(
    workflowRan(7, 'code.yml', { id: 2, from: 10 }),
    workflowRan(7, 'plan.yml', { id: 1, from: 50 }),
    workflowRan(7, 'plan.yml', { id: 1, from: 50, to: 45, conclusion: 'failure' }),
  )
  expect(stages[0]?.spans).toEqual([
    { kind: 'running', from: minutesAgo(50), to: minutesAgo(45) },
    { kind: 'failed', from: minutesAgo(45), to: minutesAgo(10) },
  ])
})

test('an end that was read long after is drawn when GitHub says it was', () => {
  const { shown, history } = boardFixture({
    id: 1,
    issue: 7,
    events: [
      issueTakenUp({ issue: 7, title: 'Weigh it', at: 60 }),
      workflowRan(7, 'plan.yml', { id: 1, from: 50 }),
      workflowRan(7, 'plan.yml', { id: 1, from: 50, to: 45, conclusion: 'failure' }),
    ],
  })
  const readLate = history.map((entry) => (entry.type === 'stage.failed' ? { ...entry, at: minutesAgo(1) } : entry))
  expect(issueSpansOf(shown.pipeline, readLate).stages[0]?.spans).toEqual([
    { kind: 'running', from: minutesAgo(50), to: minutesAgo(45) },
    { kind: 'failed', from: minutesAgo(45), to: null },
  ])
})
