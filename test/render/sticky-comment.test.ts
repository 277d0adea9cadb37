import { expect, test } from 'vitest'
import { MAX_COMMENT, renderStickyComment, stickyCommentMarker } from '../../src/render/sticky-comment.ts'
import { EVIDENCE, pipelineOf, pullRequestOf, runOf } from '../support/pipeline-documents.ts'
import { atStep, FIRST, failedIn, IN_REVIEW, RUNS, SUCCEEDED } from '../support/reasons.ts'

const pageUrl = 'https://andon.example/acme/widgets/issues/42'
const SINCE = '2026-11-21T14:02:31.000Z'
const o = (which: string) => ({ pageUrl, marker: stickyCommentMarker(17, which), overlay: null, holds: [] })

test('a running stage says since when, which attempt, where it runs and how we know', () => {
  const pipeline = pipelineOf({
    plan: { status: 'done', since: '2026-11-21T14:01:40.000Z', reason: SUCCEEDED },
    code: {
      status: 'running',
      since: SINCE,
      reason: atStep('tests', 3, 7, { ...FIRST, number: 2 }),
      evidence: EVIDENCE,
      attempts: [
        {
          number: 1,
          key: null,
          run: runOf(900, { status: 'completed', conclusion: 'timed_out', updatedAt: '2026-11-21T14:01:59.000Z' }),
        },
        { number: 2, key: '42/code/2-k3v9x', run: runOf(901, { title: 'andon 42/code/2-k3v9x', runAttempt: 2 }) },
      ],
    },
  })
  expect(renderStickyComment(pipeline, 'code', o('code'))).toMatchInlineSnapshot(`
    "<!-- andon:v1 17/code -->
    **code ● running** – attempt 2, job build, step "tests" (3 of 7)

    since 2026-11-21 14:02:31 UTC · [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)

    | attempt | run | started | status |
    | --: | --- | --- | --- |
    | 2 | [its run](https://github.com/acme/widgets/actions/runs/901), re-run 1 | 2026-11-21 14:02:00 UTC | in progress |
    | 1 | [its run](https://github.com/acme/widgets/actions/runs/900) | 2026-11-21 14:02:00 UTC | timed out, 2026-11-21 14:01:59 UTC |

    <details><summary>How we know</summary>

    - webhook delivery, 2026-11-21 14:01:58 UTC: \`7f3a1c52-0000-4000-8000-000000000042\`
    - attempt 2: \`42/code/2-k3v9x\`, andon 42/code/2-k3v9x
    - attempt 1: Work on issue 42

    </details>
    "
  `)
})

test('a queued stage says what it waits for and until when', () => {
  const pipeline = pipelineOf({
    plan: {
      status: 'queued',
      since: SINCE,
      reason: {
        kind: 'denied',
        denial: { kind: 'running', count: 4, limit: 4 },
        until: '2026-11-21T14:30:00.000Z',
        attempt: FIRST,
        previous: null,
      },
      evidence: { kind: 'command', id: '99', at: SINCE },
      attempts: [{ number: 1, key: '42/plan/1-k3v9x', run: null }],
    },
  })
  expect(renderStickyComment(pipeline, 'plan', o('plan'))).toMatchInlineSnapshot(`
    "<!-- andon:v1 17/plan -->
    **plan ▲ queued** – waiting: 4 of 4 running; then attempt 1 (until 2026-11-21 14:30:00 UTC)

    since 2026-11-21 14:02:31 UTC · [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)

    <details><summary>How we know</summary>

    - command in a comment, 2026-11-21 14:02:31 UTC: \`99\`
    - attempt 1: \`42/plan/1-k3v9x\`

    </details>
    "
  `)
})

test('a review names its pull request', () => {
  const pipeline = pipelineOf(
    { review: { status: 'review', since: SINCE, reason: IN_REVIEW, evidence: EVIDENCE } },
    { pullRequests: [pullRequestOf(57), pullRequestOf(60, { state: 'closed' }), pullRequestOf(61, { draft: true })] },
  )
  expect(renderStickyComment(pipeline, 'review', o('review'))).toMatchInlineSnapshot(`
    "<!-- andon:v1 17/review -->
    **review ◆ in review** – waits for a review by a maintainer

    since 2026-11-21 14:02:31 UTC · [pull request 57](https://github.com/acme/widgets/pull/57) (open) · [pull request 60](https://github.com/acme/widgets/pull/60) (closed) · [pull request 61](https://github.com/acme/widgets/pull/61) (draft) · [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)

    <details><summary>How we know</summary>

    - webhook delivery, 2026-11-21 14:01:58 UTC: \`7f3a1c52-0000-4000-8000-000000000042\`

    </details>
    "
  `)
})

test('a stalled stage says so, and since when, beside its light', () => {
  const pipeline = pipelineOf({ code: { status: 'running', since: SINCE, reason: RUNS } })
  const overlay = { stage: 'code', health: 'stalled', since: '2026-11-21T14:32:31.000Z' } as const
  const [, first] = renderStickyComment(pipeline, 'code', { ...o('code'), overlay }).split('\n')
  expect(first).toMatchInlineSnapshot(`"**code ● running, stalled since 2026-11-21 14:32 UTC** – attempt 1 runs"`)
  const [, other] = renderStickyComment(pipeline, 'plan', { ...o('plan'), overlay }).split('\n')
  expect(other).toMatchInlineSnapshot(`"**plan · idle**"`)
})

test('titles and logins that people choose do nothing in a sticky comment', () => {
  const run = runOf(1, { title: '@alice <!-- andon:v1 17/plan --> | fixes #1', url: 'javascript:alert(1)' })
  const pipeline = pipelineOf({
    code: {
      status: 'failed',
      since: SINCE,
      reason: failedIn('<img src=x> failed for @bob'),
      attempts: [{ number: 1, key: null, run }],
    },
  })
  const body = renderStickyComment(pipeline, 'code', o('code'))
  expect(body.match(/<!--/g)).toHaveLength(1)
  expect(body).not.toMatch(/@\w|<img|#1\b|javascript/)
  expect(body.split('\n').filter((line) => line.includes('fixes'))).toMatchInlineSnapshot(`
    [
      "- attempt 1: @​alice &lt;!-- andon:v1 17/plan --&gt; &#124; fixes #​1",
    ]
  `)
})

test('a sticky comment lists only the newest attempts and says that the rest is on the board', () => {
  const attempts = Array.from({ length: 12 }, (_, index) => ({ number: index + 1, key: null, run: runOf(index + 1) }))
  const body = renderStickyComment(
    pipelineOf({ code: { status: 'running', since: SINCE, attempts } }),
    'code',
    o('code'),
  )
  expect(body.match(/^\| \d+ \|/gm)).toHaveLength(10)
  expect(body).toContain('2 earlier attempts are on the board.')
})

test('a comment that is too long is cut at the end of a line and links to the rest', () => {
  const stages = Array.from({ length: 10 }, () => ({
    number: 1,
    key: null,
    run: runOf(1, { url: `https://github.com/${'👍'.repeat(9_000)}` }),
  }))
  const body = renderStickyComment(
    pipelineOf({ code: { status: 'running', since: SINCE, attempts: stages } }),
    'code',
    o('code'),
  )
  expect(Array.from(body).length).toBeLessThanOrEqual(MAX_COMMENT)
  expect(body.startsWith(stickyCommentMarker(17, 'code'))).toBe(true)
  expect(body.isWellFormed()).toBe(true)
  expect(body.split('\n').at(-2)).toBe(`… [the rest is on the board](${pageUrl})`)
})
