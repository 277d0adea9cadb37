import { expect, test } from 'vitest'
import { row } from '../../src/render/board-row.ts'
import { detail } from '../../src/render/pipeline-detail.ts'
import { ago, floor, made, NOW, ran, takenUp } from '../web/support/board-fixtures.ts'

test('the detail of an issue is its row, its stages and its history', () => {
  for (const { shown, history } of floor()) {
    const { stages, history: told, ...rest } = detail(shown, history, NOW)
    expect(rest).toEqual(row(shown, NOW))
    expect(stages.map(({ name }) => name)).toEqual(['plan', 'code', 'test', 'review'])
    expect(told).toEqual(history)
  }
})

test('a stage tells every attempt with its run, and when it began and ended', () => {
  const { shown, history } = made({
    id: 1,
    issue: 7,
    events: [
      takenUp({ issue: 7, title: 'Weigh the parcel', at: 30 }),
      ran(7, 'plan.yml', { id: 5, from: 20, to: 15, conclusion: 'failure' }),
      ran(7, 'plan.yml', { id: 6, from: 10 }),
    ],
  })
  expect(detail(shown, history, NOW).stages[0]).toMatchObject({
    name: 'plan',
    status: 'running',
    attempt: 2,
    attempts: [
      { number: 1, key: null, runId: 5, startedAt: ago(20), finishedAt: ago(15), conclusion: 'failure' },
      { number: 2, key: null, runId: 6, startedAt: ago(10), finishedAt: null, conclusion: null },
    ],
  })
})

test('a stage that nobody has touched says nothing', () => {
  const { shown, history } = made({ id: 1, issue: 7, events: [takenUp({ issue: 7, title: 'Weigh it', at: 30 })] })
  expect(detail(shown, history, NOW).stages[3]).toEqual({
    name: 'review',
    status: 'idle',
    attempt: null,
    attempts: [],
    reason: '',
    evidence: null,
  })
})
