import { expect, test } from 'vitest'
import { boardRowOf } from '../../src/render/board-row.ts'
import { pipelineDetailOf } from '../../src/render/pipeline-detail.ts'
import { entryInWords } from '../support/in-words.ts'
import { boardFixture, busyBoard, issueTakenUp, minutesAgo, NOW, workflowRan } from '../web/support/board-fixtures.ts'

test('the detail of an issue is its row, its stages and its history', () => {
  for (const { shown, history } of busyBoard()) {
    const { stages, history: entries, ...row } = pipelineDetailOf(shown, history, NOW)
    expect(row).toEqual(boardRowOf(shown, NOW))
    expect(stages.map(({ name }) => name)).toEqual(['plan', 'code', 'test', 'review'])
    expect(entries).toEqual(history.map(entryInWords))
  }
})

test('a stage shows every attempt with its run, and when it started and ended', () => {
  const { shown, history } = boardFixture({
    id: 1,
    issue: 7,
    events: [
      issueTakenUp({ issue: 7, title: 'Weigh the parcel', at: 30 }),
      workflowRan(7, 'plan.yml', { id: 5, from: 20, to: 15, conclusion: 'failure' }),
      workflowRan(7, 'plan.yml', { id: 6, from: 10 }),
    ],
  })
  expect(pipelineDetailOf(shown, history, NOW).stages[0]).toMatchObject({
    name: 'plan',
    status: 'running',
    attempt: 2,
    attempts: [
      { number: 1, key: null, runId: 5, startedAt: minutesAgo(20), finishedAt: minutesAgo(15), conclusion: 'failure' },
      { number: 2, key: null, runId: 6, startedAt: minutesAgo(10), finishedAt: null, conclusion: null },
    ],
  })
})

test('a stage without a run has no attempts, no reason and no evidence', () => {
  const { shown, history } = boardFixture({
    id: 1,
    issue: 7,
    events: [issueTakenUp({ issue: 7, title: 'Weigh it', at: 30 })],
  })
  expect(pipelineDetailOf(shown, history, NOW).stages[3]).toEqual({
    name: 'review',
    status: 'idle',
    health: 'ok',
    attempt: null,
    attempts: [],
    reason: '',
    reasonKind: null,
    workflowUrl: null,
    evidence: null,
  })
})
