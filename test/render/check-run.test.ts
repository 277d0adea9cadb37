import { expect, test } from 'vitest'
import type { StageStatus } from '../../src/pipeline/model/pipeline.ts'
import { renderCheckRun, renderSupersededCheckRun } from '../../src/render/check-run.ts'
import { LIGHT_SYMBOLS } from '../../src/render/labels.ts'
import { renderStickyComment, stickyCommentMarker } from '../../src/render/sticky-comment.ts'
import { EVIDENCE, pipelineOf, pullRequestOf, runOf } from '../support/pipeline-documents.ts'
import { failedIn, RUNS, SUCCEEDED } from '../support/reasons.ts'

const pageUrl = 'https://andon.example/acme/widgets/issues/42'
const SINCE = '2026-11-21T14:02:31.000Z'
const SHA = 'c0de000000000000000000000000000000000000'
const o = { pageUrl, pipelineId: 17, isOnlyIssue: true, overlay: null, holds: [] }
const onPullRequest = { stage: 'code', sha: SHA, shaOrigin: 'pull_request' } as const
const STATUSES = Object.keys(LIGHT_SYMBOLS) as StageStatus[]

const failed = pipelineOf({
  plan: { status: 'done', since: '2026-11-21T14:01:40.000Z', reason: SUCCEEDED },
  code: {
    status: 'failed',
    since: SINCE,
    reason: failedIn('build'),
    evidence: EVIDENCE,
    attempts: [{ number: 1, key: null, run: runOf(901, { status: 'completed', conclusion: 'failure' }) }],
  },
})

test('a check run on a pull request is live and concludes as its stage does', () => {
  const summaries = STATUSES.map((status) => {
    const { conclusion, ...rest } = renderCheckRun(pipelineOf({ code: { status, since: SINCE } }), onPullRequest, o)
    return `${status}: ${rest.status}${conclusion ? `/${conclusion}` : ''}`
  })
  expect(summaries).toMatchInlineSnapshot(`
    [
      "running: in_progress",
      "review: in_progress",
      "queued: queued",
      "failed: completed/failure",
      "done: completed/success",
      "idle: completed/neutral",
      "cancelled: completed/cancelled",
      "skipped: completed/skipped",
    ]
  `)
  expect(renderCheckRun(failed, onPullRequest, o)).toMatchInlineSnapshot(`
    {
      "actions": [],
      "completed_at": "2026-11-21T14:02:31.000Z",
      "conclusion": "failure",
      "details_url": "https://andon.example/acme/widgets/issues/42",
      "external_id": "17/code/c0de000000000000000000000000000000000000",
      "head_sha": "c0de000000000000000000000000000000000000",
      "name": "andon / code",
      "output": {
        "summary": "**code ✖ failed** – attempt 1 failed: job build

    since 2026-11-21 14:02:31 UTC · [its run](https://github.com/acme/widgets/actions/runs/901) · [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)

    <details><summary>How we know</summary>

    - webhook delivery, 2026-11-21 14:01:58 UTC: \`7f3a1c52-0000-4000-8000-000000000042\`
    - attempt 1: Work on issue 42

    </details>
    ",
        "title": "failed – mend it and run its workflow again: attempt 1 failed: job build",
      },
      "started_at": "2026-11-21T14:02:00.000Z",
      "status": "completed",
    }
  `)
})

test('a check run on the default branch is always completed and neutral, and its title is live', () => {
  const summaries = STATUSES.map((status) => {
    const pipeline = pipelineOf({ code: { status, since: SINCE, reason: RUNS } })
    const run = renderCheckRun(pipeline, { ...onPullRequest, shaOrigin: 'default_branch' }, o)
    expect([run.status, run.conclusion]).toEqual(['completed', 'neutral'])
    return `${run.name}: ${run.output.title}`
  })
  expect(summaries).toMatchInlineSnapshot(`
    [
      "andon / #42 code: running: attempt 1 runs",
      "andon / #42 code: in review – review it: attempt 1 runs",
      "andon / #42 code: queued: attempt 1 runs",
      "andon / #42 code: failed – mend it and run its workflow again: attempt 1 runs",
      "andon / #42 code: done: attempt 1 runs",
      "andon / #42 code: idle: attempt 1 runs",
      "andon / #42 code: cancelled: attempt 1 runs",
      "andon / #42 code: skipped: attempt 1 runs",
    ]
  `)
})

test('a check run omits the issue number only on a pull request that closes no other issue', () => {
  const names = (['pull_request', 'work_branch', 'default_branch'] as const).flatMap((shaOrigin) =>
    [true, false].map(
      (isOnlyIssue) => renderCheckRun(failed, { ...onPullRequest, shaOrigin }, { ...o, isOnlyIssue }).name,
    ),
  )
  expect(names).toEqual(['andon / code', ...Array(5).fill('andon / #42 code')])
})

test('a check run shows what the sticky comment shows', () => {
  const body = renderStickyComment(failed, 'code', {
    pageUrl,
    marker: stickyCommentMarker(17, 'code'),
    overlay: null,
    holds: [],
  })
  expect(renderCheckRun(failed, onPullRequest, o).output.summary).toBe(body.split('\n').slice(1).join('\n'))
})

test('a check run on an old commit says where the stage continues, and keeps its name', () => {
  const next = { key: `check/code/${SHA}`, kind: 'check', stage: 'code', sha: SHA, shaOrigin: 'pull_request' } as const
  const left = { stage: 'code', sha: 'ba5e000000000000000000000000000000000000', shaOrigin: null }
  expect(renderSupersededCheckRun(failed, left, next, o)).toMatchInlineSnapshot(`
    {
      "actions": [],
      "conclusion": "neutral",
      "details_url": "https://andon.example/acme/widgets/issues/42",
      "external_id": "17/code/ba5e000000000000000000000000000000000000",
      "head_sha": "ba5e000000000000000000000000000000000000",
      "output": {
        "summary": "This check is out of date: **code** continues on c0de000.

    [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)
    ",
        "title": "continues on c0de000",
      },
      "status": "completed",
    }
  `)
  expect(renderSupersededCheckRun(failed, left, null, o).output.title).toMatchInlineSnapshot(`"continues on the board"`)
})

test('titles and summaries stay within GitHub’s limits whatever people write', () => {
  const title = '👍'.repeat(9_000)
  const attempts = Array.from({ length: 10 }, () => ({
    number: 1,
    key: null,
    run: runOf(1, { url: `https://x.example/${title}` }),
  }))
  const pipeline = pipelineOf(
    { code: { status: 'running', since: SINCE, reason: failedIn(`${title}\n\n# @alice`), attempts } },
    { pullRequests: [pullRequestOf(57, { title })] },
  )
  const { output } = renderCheckRun(pipeline, onPullRequest, o)
  expect(output.summary.length).toBeLessThanOrEqual(65_535)
  expect(output.summary.isWellFormed()).toBe(true)
  expect(Array.from(output.title).length).toBeLessThanOrEqual(120)
  expect(output.title).not.toContain('\n')
})
