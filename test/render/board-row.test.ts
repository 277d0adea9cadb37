import { expect, test } from 'vitest'
import { boardRowOf, boardRowViewOf, evidenceText, healthOf, needsYou, safeWebUrl } from '../../src/render/board-row.ts'
import { pipelineDetailOf } from '../../src/render/pipeline-detail.ts'
import { timeSpentOf } from '../../src/render/time-spent.ts'
import {
  boardFixture,
  busyBoard,
  issueTakenUp,
  minutesAgo,
  NOW,
  pullRequestOpened,
  workflowRan,
} from '../web/support/board-fixtures.ts'

const fixture = (issue: number) => {
  const found = busyBoard().find((made) => made.shown.pipeline.issue.number === issue)
  if (!found) throw new Error(`#${issue} is not on the board`)
  return found
}
const shown = (issue: number) => fixture(issue).shown

test('the row of a running pipeline shows its attempt, both clocks and its evidence', () => {
  expect(boardRowOf(shown(12), NOW)).toEqual({
    id: expect.any(Number),
    repository: 'acme/api',
    issue: 12,
    title: 'Page the audit log',
    url: 'https://github.com/acme/widgets/issues/12',
    stage: 'code',
    light: 'running',
    health: 'ok',
    hides: null,
    held: false,
    needsYou: false,
    ended: false,
    attempt: 1,
    since: minutesAgo(12),
    aliveAt: minutesAgo(2),
    progressAt: minutesAgo(2),
    lastKnownAt: null,
    reason: 'attempt 1, job code, step "npm test" (4 of 6)',
    reasonKind: 'running',
    waiting: null,
    evidence: { kind: 'delivery', id: expect.any(String), at: expect.any(String) },
    revision: expect.any(Number),
  })
})

test('a pipeline without an attempt says what it waits for', () => {
  expect(boardRowOf(shown(14), NOW)).toMatchObject({
    light: 'queued',
    attempt: null,
    aliveAt: null,
    progressAt: null,
    waiting: { for: 'plan.yml to start a run', until: null },
  })
})

test('health is derived when it is read: the same pipeline was well before its silence', () => {
  expect(boardRowViewOf(shown(15), NOW)).toMatchObject({
    row: { needsYou: true },
    lamp: { word: 'stalled' },
    unwellSince: minutesAgo(41),
  })
  expect(boardRowViewOf(shown(15), minutesAgo(42))).toMatchObject({ row: { needsYou: false }, unwellSince: null })
  expect(boardRowOf(shown(58), NOW).health).toBe('unknown')
})

test('the lights are in the order of the stages, and the current stage is marked', () => {
  expect(boardRowViewOf(shown(42), NOW).lights).toEqual([
    { name: 'plan', status: 'done', word: 'done', isUnwell: false, isCurrent: false },
    { name: 'code', status: 'failed', word: 'failed', isUnwell: false, isCurrent: true },
    { name: 'test', status: 'idle', word: 'idle', isUnwell: false, isCurrent: false },
    { name: 'review', status: 'idle', word: 'idle', isUnwell: false, isCurrent: false },
  ])
})

test('a pipeline needs a person while it is held, and from its time on', () => {
  expect(needsYou({ held: true, needsYouAt: null }, NOW)).toBe(true)
  expect(needsYou({ held: false, needsYouAt: NOW }, NOW)).toBe(true)
  expect(needsYou({ held: false, needsYouAt: minutesAgo(-1) }, NOW)).toBe(false)
  expect(needsYou({ held: false, needsYouAt: null }, NOW)).toBe(false)
})

test('evidence is described in words, and the GUID of a delivery is cut', () => {
  const at = '2026-11-21T14:01:58.000Z'
  expect(evidenceText({ kind: 'delivery', id: '7f3a9c21-88aa-11f0-9b1e-0242ac120002', at })).toBe(
    'webhook delivery 7f3a9c21…, 14:01:58 UTC',
  )
  expect(evidenceText({ kind: 'read', id: 'permission/start/5/ada/2026-11-21T14:07:38.000Z', at })).toBe(
    'read from GitHub: permission, 14:01:58 UTC',
  )
  expect(evidenceText({ kind: 'clock', id: 'watchdog', at })).toBe("Andon's clock, 14:01:58 UTC")
})

test('the lamp of a stage at work that is not well says so, and no other one', () => {
  const { lamp, lights } = boardRowViewOf(shown(15), NOW)
  expect(lamp).toEqual({ status: 'running', word: 'stalled', isUnwell: true })
  expect(lights.map(({ name, word, isUnwell }) => `${name} ${word}${isUnwell ? '!' : ''}`)).toEqual([
    'plan done',
    'code stalled!',
    'test idle',
    'review idle',
  ])
  const { shown: stalled, history } = fixture(15)
  const atWork = healthOf(stalled, NOW)
  const time = timeSpentOf(stalled.pipeline, history, NOW, atWork)
  expect(time.kinds.map(({ word }) => word)).toEqual(['running', 'stalled'])
  expect(time.stages[1]?.current).toEqual({ word: 'stalled', since: atWork.since })
  expect(pipelineDetailOf(stalled, history, NOW).stages.map(({ health }) => health)).toEqual([
    'ok',
    'stalled',
    'ok',
    'ok',
  ])
})

test('a stage at work behind a review is the one that is not well', () => {
  const behind = boardFixture({
    id: 1,
    issue: 70,
    events: [
      issueTakenUp({ issue: 70, title: 'Sort by stock', at: 90 }),
      pullRequestOpened(70, 71, 80),
      workflowRan(70, 'test.yml', { id: 9, from: 60 }),
    ],
  })
  const { row, lights, hiddenLamp } = boardRowViewOf(behind.shown, NOW)
  expect([row.light, row.hides?.text, hiddenLamp?.isUnwell]).toEqual(['review', 'test unknown', true])
  expect(lights.flatMap(({ name, isUnwell }) => (isUnwell ? [name] : []))).toEqual(['test'])
})

test('a row that a cancelled stage has left idle is shown as cancelled', () => {
  const failed = shown(42)
  const stages = failed.pipeline.stages.map((stage) =>
    stage.status === 'failed' ? { ...stage, status: 'cancelled' as const } : stage,
  )
  const { row, lamp } = boardRowViewOf({ ...failed, pipeline: { ...failed.pipeline, stages } }, NOW)
  expect(row.light).toBe('idle')
  expect(lamp).toEqual({ status: 'cancelled', word: 'cancelled', isUnwell: false })
})

test('only http and https URLs are linked', () => {
  expect(safeWebUrl('https://github.com/acme/api/issues/1')).toBe('https://github.com/acme/api/issues/1')
  for (const address of ['javascript:alert(1)', 'data:text/html,x', ' https://x', ''])
    expect(safeWebUrl(address)).toBeNull()
  expect(safeWebUrl(null)).toBeNull()
})
