// A line that Andon runs, as people read it: the same words on the board, in the comment and in the check run.

import { expect, test } from 'vitest'
import { NOTHING_AROUND } from '../../src/pipeline/holds/holds.ts'
import { row } from '../../src/render/board-row.ts'
import { check } from '../../src/render/check-run.ts'
import { detail } from '../../src/render/pipeline-detail.ts'
import { comment } from '../../src/render/sticky-comment.ts'
import { minute } from '../support/pipeline-fixtures.ts'
import {
  confirmed,
  denied,
  dispatchIs,
  type Floor,
  ownRunIs,
  reported,
  runningLine,
  started,
} from '../support/pipeline-harness.ts'

const o = { pageUrl: 'https://andon.example/acme/widgets/issues/42', overlay: null, holds: [] }

function shown({ pipeline }: Floor, at = minute(10)) {
  const board = {
    id: 17,
    repository: 'acme/widgets',
    revision: 1,
    held: false,
    needsYouAt: null,
    pipeline,
    around: NOTHING_AROUND,
  }
  const surface = { stage: 'plan', sha: 'c0de', where: 'pull_request' } as const
  return {
    row: row(board, at),
    attempts: detail(board, [], at).stages[0]!.attempts,
    comment: comment(pipeline, 'plan', { ...o, marker: '' }),
    check: check(pipeline, surface, { ...o, pipelineId: 17, alone: true }),
  }
}

test('what a line waits for reads the same wherever it is shown', () => {
  const failed = started()
  failed.carryOut(minute(1), 100, 'failure')
  const full = started().tell(denied('4 of 4 running', minute(2)))
  const words = [started(), full, failed].map((line) => {
    const { row, comment, check } = shown(line)
    expect(comment).toContain(row.reason)
    expect(check.output.title).toBe(`queued: ${row.reason}`)
    return row.reason
  })
  expect(words).toEqual([
    'attempt 1 of 3 waits for a slot',
    'waiting: 4 of 4 running; then attempt 1 of 3',
    expect.stringMatching(/^attempt 2 of 3, again at 09:01:2\d UTC \(attempt 1 of 3 failed\)$/),
  ])
})

test('the end of a rest is said once', () => {
  const line = started()
  line.carryOut(minute(1), 100, 'failure')
  expect(shown(line).comment).not.toContain('(until')
  const tomorrow = '2026-11-22T00:00:00.000Z'
  const denying = started().tell(denied('50 of 50 begun today', minute(2), tomorrow))
  expect(shown(denying).comment).toContain('then attempt 1 of 3 (until 2026-11-22 00:00:00 UTC)')
})

test('an attempt whose run GitHub has only named links to it', () => {
  const line = started()
  line.tell(confirmed(line.admit(minute(1))!, 100, minute(1)))
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
  expect(comment).toContain(
    '| 1 | [run 100](https://github.com/acme/widgets/actions/runs/100) | 2026-11-21 09:01:00 UTC |',
  )
})

test('what a workflow reports is told in its words, with its link, and as how we know', () => {
  const line = started()
  const key = line.admit(minute(1))!
  line.tell(confirmed(key, 100, minute(1)), ownRunIs(key, 100, { at: minute(2) }))
  const said = { progress: 50, text: 'changing 4 files', url: 'https://example.com/transcript' }
  line.tell(reported(key, 100, minute(3), said))
  const { row, attempts, comment } = shown(line)
  expect(row).toMatchObject({
    reason: 'attempt 1 of 3 runs: 50 %, changing 4 files',
    evidence: { kind: 'beat', id: key, at: minute(3) },
  })
  expect(attempts[0]?.link).toBe('https://example.com/transcript')
  expect(comment).toContain('in progress, [its link](https://example.com/transcript) |')
  line.tell(reported(key, 100, minute(4), { ...said, url: 'javascript:alert(1)' }))
  expect(shown(line).attempts[0]?.link).toBeNull()
  expect(shown(line).comment).not.toContain('its link')
})

test('an attempt that was refused says so, and when', () => {
  const line = started()
  line.tell(dispatchIs(line.admit(minute(1))!, { state: 'refused', words: 'no such workflow' }, minute(2)))
  const { attempts, comment } = shown(line)
  expect(attempts[0]).toMatchObject({ runId: null, finishedAt: minute(2) })
  expect(comment).toContain(
    '| 1 | no run yet | 2026-11-21 09:01:00 UTC | was refused: no such workflow, 2026-11-21 09:02:00 UTC |',
  )
})

test('a gate is a completed check that asks for action', () => {
  const line = started(runningLine({ plan: { gate: 'approval' } }))
  line.carryOut(minute(1), 100)
  expect(shown(line).check).toMatchObject({
    status: 'completed',
    conclusion: 'action_required',
    output: { title: 'in review: attempt 1 of 3 succeeded; waits for an approval: /andon approve' },
  })
})
