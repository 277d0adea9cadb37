// Stages whose runs Andon starts, as people read them: the same words on the board, in the comment and in the check run.

import { expect, test } from 'vitest'
import { NO_OUTER_HOLDS } from '../../src/pipeline/holds/holds.ts'
import { boardRowOf } from '../../src/render/board-row.ts'
import { renderCheckRun } from '../../src/render/check-run.ts'
import { pipelineDetailOf } from '../../src/render/pipeline-detail.ts'
import { renderStickyComment } from '../../src/render/sticky-comment.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'
import {
  admissionDenied,
  dispatchConfirmed,
  dispatchedRunChanged,
  dispatchResult,
  lineWith,
  type PipelineHarness,
  reportReceived,
  startedPipeline,
} from '../support/pipeline-harness.ts'
import { refusal } from '../support/reasons.ts'

const o = { pageUrl: 'https://andon.example/acme/widgets/issues/42', overlay: null, holds: [] }

function shown({ pipeline }: PipelineHarness, at = minutesAfterNine(10)) {
  const board = {
    id: 17,
    repository: 'acme/widgets',
    revision: 1,
    held: false,
    needsYouAt: null,
    pipeline,
    outerHolds: NO_OUTER_HOLDS,
  }
  const surface = { stage: 'plan', sha: 'c0de', shaOrigin: 'pull_request' } as const
  return {
    row: boardRowOf(board, at),
    attempts: pipelineDetailOf(board, [], at).stages[0]!.attempts,
    comment: renderStickyComment(pipeline, 'plan', { ...o, marker: '' }),
    check: renderCheckRun(pipeline, surface, { ...o, pipelineId: 17, isOnlyIssue: true }),
  }
}

test('the reason for a wait reads the same on the board, in the comment and in the check run', () => {
  const failed = startedPipeline()
  failed.completeAttempt(minutesAfterNine(1), 100, 'failure')
  const full = startedPipeline().apply(admissionDenied({ kind: 'running', count: 4, limit: 4 }, minutesAfterNine(2)))
  const words = [startedPipeline(), full, failed].map((line) => {
    const { row, comment, check } = shown(line)
    expect(comment).toContain(row.reason)
    expect(check.output.title).toBe(`queued: ${row.reason}`)
    return row.reason
  })
  expect(words).toEqual([
    'attempt 1 of 3 waits for a slot',
    'waiting: 4 of 4 running; then attempt 1 of 3',
    expect.stringMatching(/^attempt 2 of 3 starts at 09:01:2\d UTC \(attempt 1 of 3 failed\)$/),
  ])
})

test('the end of a wait is mentioned once', () => {
  const line = startedPipeline()
  line.completeAttempt(minutesAfterNine(1), 100, 'failure')
  expect(shown(line).comment).not.toContain('(until')
  const tomorrow = '2026-11-22T00:00:00.000Z'
  const denying = startedPipeline().apply(
    admissionDenied({ kind: 'starts-per-day', count: 50, limit: 50 }, minutesAfterNine(2), tomorrow),
  )
  expect(shown(denying).comment).toContain('then attempt 1 of 3 (until 2026-11-22 00:00:00 UTC)')
})

test('an attempt links to its run as soon as GitHub has named it', () => {
  const line = startedPipeline()
  line.apply(dispatchConfirmed(line.admit(minutesAfterNine(1))!, 100, minutesAfterNine(1)))
  const { attempts, comment } = shown(line)
  expect(attempts).toEqual([
    {
      number: 1,
      key: '42/plan/1-k3v9x',
      runId: 100,
      url: 'https://github.com/acme/widgets/actions/runs/100',
      link: null,
      startedAt: null,
      finishedAt: null,
      conclusion: null,
    },
  ])
  expect(comment).toContain(' · [its run](https://github.com/acme/widgets/actions/runs/100) · ')
})

test('a report of a workflow is shown in its own words, with its link, as the evidence', () => {
  const line = startedPipeline()
  const key = line.admit(minutesAfterNine(1))!
  line.apply(
    dispatchConfirmed(key, 100, minutesAfterNine(1)),
    dispatchedRunChanged(key, 100, { at: minutesAfterNine(2) }),
  )
  const report = { progress: 50, text: 'changing 4 files', url: 'https://example.com/transcript' }
  line.apply(reportReceived(key, 100, minutesAfterNine(3), report))
  const { row, attempts, comment } = shown(line)
  expect(row).toMatchObject({
    reason: 'attempt 1 of 3 runs: 50 %, changing 4 files',
    evidence: { kind: 'beat', id: key, at: minutesAfterNine(3) },
  })
  expect(attempts[0]?.link).toBe('https://example.com/transcript')
  expect(comment).toContain(' · [its link](https://example.com/transcript) · ')
  line.apply(reportReceived(key, 100, minutesAfterNine(4), { ...report, url: 'javascript:alert(1)' }))
  expect(shown(line).attempts[0]?.link).toBeNull()
  expect(shown(line).comment).not.toContain('its link')
})

test('a refused attempt says so, and when', () => {
  const line = startedPipeline()
  line.apply(
    dispatchResult(
      line.admit(minutesAfterNine(1))!,
      { state: 'refused', reason: refusal('no such workflow') },
      minutesAfterNine(2),
    ),
  )
  const { attempts, comment } = shown(line)
  expect(attempts[0]).toMatchObject({ runId: null, finishedAt: minutesAfterNine(2) })
  expect(comment).toContain('attempt 1 of 3 was refused: GitHub refused to start plan.yml: no such workflow')
  expect(comment).toContain('since 2026-11-21 09:02:00 UTC')
})

test('a gate is a completed check run that requires action', () => {
  const line = startedPipeline(lineWith({ plan: { gate: 'approval' } }))
  line.completeAttempt(minutesAfterNine(1), 100)
  expect(shown(line).check).toMatchObject({
    status: 'completed',
    conclusion: 'action_required',
    output: { title: 'in review – approve it to go on: attempt 1 of 3 succeeded' },
  })
})
