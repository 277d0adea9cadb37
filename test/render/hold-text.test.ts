// A hold in the row, the check run and the comment: who, why and since when, mentioned once, and inert.
import { expect, test } from 'vitest'
import { activeHolds } from '../../src/pipeline/holds/holds.ts'
import type { OuterHolds } from '../../src/pipeline/model/hold.ts'
import { boardRowOf } from '../../src/render/board-row.ts'
import { renderCheckRun } from '../../src/render/check-run.ts'
import { renderStickyComment, stickyCommentMarker } from '../../src/render/sticky-comment.ts'
import { GLOBAL_HOLD, REPOSITORY_HOLD, runHoldCommand } from '../support/hold-commands.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'
import {
  dispatchConfirmed,
  dispatchedRunChanged,
  type PipelineHarness,
  startedPipeline,
} from '../support/pipeline-harness.ts'

const pageUrl = 'https://andon.example/acme/widgets/issues/42'

function shown({ pipeline }: PipelineHarness, stage: string, outerHolds: OuterHolds) {
  const holds = activeHolds(pipeline, outerHolds)
  const o = { pageUrl, pipelineId: 17, isOnlyIssue: true, overlay: null, holds }
  const board = { id: 17, repository: 'acme/widgets', revision: 1, held: true, outerHolds, needsYouAt: null, pipeline }
  const surface = { stage, sha: 'c0de', shaOrigin: 'pull_request' } as const
  return {
    reason: boardRowOf(board, minutesAfterNine(30)).reason,
    check: renderCheckRun(pipeline, surface, o).output,
    comment: renderStickyComment(pipeline, stage, { ...o, marker: stickyCommentMarker(17, stage) }),
  }
}

function running(): PipelineHarness {
  const line = startedPipeline()
  const key = line.admit(minutesAfterNine(1)) ?? ''
  return line.apply(
    dispatchConfirmed(key, 100, minutesAfterNine(1)),
    dispatchedRunChanged(key, 100, { at: minutesAfterNine(2) }),
  )
}

test('a stage that waits because of a hold mentions it once', () => {
  const line = startedPipeline()
  runHoldCommand(line, '/andon hold the key is being changed')
  const { reason, check, comment } = shown(line, 'plan', { repository: null, everything: null })
  expect(reason).toBe('held by @mara since 2026-11-21 09:20 UTC: the key is being changed; then attempt 1 of 3')
  expect(check.title).toBe(`queued: ${reason}`)
  expect(comment.match(/the key is being changed/g)).toHaveLength(1)
})

test('a running stage names the hold on its repository and the hold on everything', () => {
  const { reason, check, comment } = shown(running(), 'plan', { repository: REPOSITORY_HOLD, everything: GLOBAL_HOLD })
  const words =
    'everything is held by root since 2026-11-21 09:10 UTC: GitHub is down; the repository is held by @ada since 2026-11-21 09:10 UTC: release week'
  expect(reason.endsWith(`; ${words}`)).toBe(true)
  expect(check.title.startsWith('running, held: ')).toBe(true)
  expect(comment).toMatchInlineSnapshot(`
    "<!-- andon:v1 17/plan -->
    **plan ● running, held** – attempt 1 of 3 runs; everything is held by root since 2026-11-21 09:10 UTC: GitHub is down; the repository is held by @​ada since 2026-11-21 09:10 UTC: release week

    since 2026-11-21 09:02:00 UTC · [its run](https://github.com/acme/widgets/actions/runs/100) · [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)

    <details><summary>How we know</summary>

    - webhook delivery, 2026-11-21 09:02:00 UTC: \`guid-2026-11-21T09:02:00.000Z\`
    - attempt 1: \`42/plan/1-k3v9x\`, andon 42/plan/1-k3v9x

    </details>
    "
  `)
})

test('a finished stage mentions no hold, and no stage mentions the hold on another stage', () => {
  const line = running()
  line.apply(
    dispatchedRunChanged(line.stage('plan').attempts[0]?.key ?? '', 100, {
      at: minutesAfterNine(5),
      conclusion: 'success',
    }),
  )
  runHoldCommand(line, '/andon hold test the runner is being moved')
  const outerHolds = { repository: REPOSITORY_HOLD, everything: null }
  expect(shown(line, 'plan', outerHolds).comment).not.toContain('held')
  expect(shown(line, 'code', outerHolds).comment).toContain('release week')
  expect(shown(line, 'code', outerHolds).comment).not.toContain('the runner is being moved')
})

test('the reason of a hold is inert', () => {
  const line = running()
  runHoldCommand(line, '/andon hold @everyone <!-- andon:v1 17/plan --> [x](https://evil.example) | #1')
  const comment = shown(line, 'plan', { repository: null, everything: null }).comment
  expect(comment.match(/<!-- andon:v1/g)).toHaveLength(1)
  expect(comment).not.toMatch(/@(everyone|mara)/)
  expect(comment).not.toContain('](https://evil')
})
