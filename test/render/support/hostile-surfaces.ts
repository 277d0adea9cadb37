// A pipeline with one text in every place where members of the repository or strangers can write.

import { invalidStageName, unknownVerb } from '../../../src/commands/invalid-commands.ts'
import { notPossible } from '../../../src/pipeline/model/command-result.ts'
import type { ReplyItem } from '../../../src/pipeline/model/effects.ts'
import type { Hold } from '../../../src/pipeline/model/hold.ts'
import type { Pipeline } from '../../../src/pipeline/model/pipeline.ts'
import type { Need } from '../../../src/pipeline/view/need.ts'
import type { BoardPipeline } from '../../../src/render/board-row.ts'
import { renderCheckRun, renderSupersededCheckRun } from '../../../src/render/check-run.ts'
import { describeCommandAnswer } from '../../../src/render/command-result.ts'
import { renderConfigurationCheckRun } from '../../../src/render/configuration-check-run.ts'
import { configurationNoticeOf, type InvalidConfiguration } from '../../../src/render/configuration-notice.ts'
import { needCommentMarker, renderNeedComment, withMentions } from '../../../src/render/need-comment.ts'
import { renderReply } from '../../../src/render/reply.ts'
import { renderStickyComment, stickyCommentMarker } from '../../../src/render/sticky-comment.ts'
import { printable } from '../../../src/text/printable.ts'
import { EVIDENCE, pipelineOf, pullRequestOf, runOf } from '../../support/pipeline-documents.ts'
import { failedIn } from '../../support/reasons.ts'

const SHA = 'c0de000000000000000000000000000000000000'
const SINCE = '2026-11-21T14:02:31.000Z'
const GITHUB_URL = 'https://github.com'
const pageUrl = 'https://andon.example/acme/widgets/issues/42'

/** What GitHub and terminals show of it: Markdown, single lines, and lines for a terminal. */
export function renderForGitHub(text: string) {
  const pipeline = pipelineWith(text)
  const holds = [holdBy(text)]
  const o = { pageUrl, pipelineId: 17, overlay: null, holds }
  const surface = { stage: 'code', sha: SHA, shaOrigin: 'pull_request' } as const
  const whole = renderCheckRun(pipeline, surface, { ...o, isOnlyIssue: true })
  const wrong = renderConfigurationCheckRun(mistakenBy(text), {
    repositoryId: 1,
    sha: SHA,
    pageUrl,
    githubUrl: GITHUB_URL,
  })
  const statusView = { pipeline, overlay: null, holds, problems: [text], isConfigured: true, pageUrl }
  return {
    markdown: [
      renderStickyComment(pipeline, 'code', { ...o, marker: stickyCommentMarker(17, 'code'), showsLine: true }),
      ...needsOf(pipeline).map((need) => {
        const marker = needCommentMarker(17, need.id)
        return withMentions(renderNeedComment(pipeline, need, { marker, pageUrl }), marker, [text])
      }),
      whole.output.summary,
      renderSupersededCheckRun(pipeline, surface, null, { ...o, isOnlyIssue: true }).output.summary,
      wrong.output.summary,
      ...repliesTo(text).map((line) =>
        renderReply([{ origin: '900', login: text, mayWrite: true, items: [line] }], {
          pageUrl,
          statusViewOf: () => statusView,
        }),
      ),
    ],
    plain: [whole.output.title, whole.name, wrong.output.title],
    terminal: [
      printable(text),
      printable(describeCommandAnswer(notPossible({ kind: 'not-begun', stage: text })).message),
    ],
  }
}

/** What our own pages show of it. */
export function renderForPages(text: string) {
  const shown: BoardPipeline = {
    id: 17,
    repository: 'acme/widgets',
    revision: 3,
    held: true,
    outerHolds: { repository: holdBy(text), everything: { ...holdBy(text), place: { kind: 'everything' } } },
    needsYouAt: SINCE,
    pipeline: { ...pipelineWith(text), holdsAndReleases: [{ ...holdBy(text), place: { kind: 'issue' } }] },
  }
  const change = { kind: 'held', hold: holdBy(text) } as const
  const history = [{ at: SINCE, type: 'hold.set', actor: text, change, evidence: EVIDENCE }]
  return { shown, history, held: { repository: 'acme/widgets', hold: holdBy(text) }, mistaken: noticeOf(text) }
}

function needsOf(pipeline: Pipeline): readonly Need[] {
  const stage = pipeline.stages.find(({ name }) => name === 'code')
  if (stage === undefined) return []
  return (['failure', 'stall', 'question'] as const).map((kind) => ({
    kind,
    stage,
    redo: null,
    id: kind,
    series: kind,
  }))
}

function noticeOf(text: string) {
  return configurationNoticeOf(mistakenBy(text), GITHUB_URL)
}

function pipelineWith(text: string) {
  const job = { id: 1, runId: 901, runAttempt: 1, name: text, status: 'completed', conclusion: 'failure' } as const
  const steps = { step: null, stepsCompleted: 1, stepsTotal: 1, failedStep: { number: 1, name: text }, at: SINCE }
  const jobs = [{ ...job, ...steps, url: 'https://github.com/acme/widgets/actions/runs/901/job/1', evidence: EVIDENCE }]
  const ended = { status: 'completed', conclusion: 'failure' } as const
  const run = runOf(901, { ...ended, title: text, workflow: text, branch: text, jobs })
  const base = pipelineOf({})
  return pipelineOf(
    {
      code: {
        status: 'failed',
        since: SINCE,
        reason: failedIn(`${text}, said ${text}`),
        evidence: EVIDENCE,
        attempts: [{ number: 1, key: null, run }],
      },
    },
    {
      issue: { ...base.issue, title: text, author: text },
      start: { ...base.start, actor: text },
      pullRequests: [pullRequestOf(57, { title: text, author: text, branch: text })],
    },
  )
}

function holdBy(text: string): Hold {
  return { place: { kind: 'repository' }, by: text, reason: text, since: SINCE, evidence: EVIDENCE }
}

function mistakenBy(text: string): InvalidConfiguration {
  const messages = [text, `\`${text}\` is not a field that is read`, `It takes \` and ${text}`]
  return {
    repository: 'acme/widgets',
    source: 'repository',
    headSha: SHA,
    isConfigured: true,
    validSha: SHA,
    problems: messages.map((message) => ({ fileLine: 1, column: 1, field: text, message })),
  }
}

/** Every kind of answer that can repeat what the sender typed. */
function repliesTo(text: string): readonly ReplyItem[] {
  const place = { kind: 'stage', stage: text } as const
  const words = { text, issueNumber: 42, answer: { kind: 'held', hold: holdBy(text) } } as const
  return [
    { ...words, kind: 'done' },
    {
      ...words,
      kind: 'impossible',
      answer: { kind: 'not-held', place, other: { ...holdBy(text), place }, queued: [] },
    },
    { text, kind: 'mistake', mistake: unknownVerb(text, text) },
    { text, kind: 'mistake', mistake: invalidStageName(text, 'retry', text) },
    { text, kind: 'no-permission' },
    { text, kind: 'status', issueNumber: 42 },
    { text, kind: 'why', issueNumber: 42 },
  ]
}
