// A line with one text wherever people of the repository, or strangers, can put some.
import { notAStage, unknownVerb } from '../../../src/commands/invalid-commands.ts'
import { impossible } from '../../../src/pipeline/model/command-result.ts'
import type { ReplyLine } from '../../../src/pipeline/model/effects.ts'
import type { Hold } from '../../../src/pipeline/model/hold.ts'
import type { Shown } from '../../../src/render/board-row.ts'
import { check, farewell } from '../../../src/render/check-run.ts'
import { configurationCheck } from '../../../src/render/configuration-check-run.ts'
import { type Mistaken, notice } from '../../../src/render/configuration-notice.ts'
import { replyTo } from '../../../src/render/reply.ts'
import { comment, marker } from '../../../src/render/sticky-comment.ts'
import { printable } from '../../../src/text/printable.ts'
import { EVIDENCE, pipelineOf, pullRequestOf, runOf } from '../../support/pipeline-documents.ts'

const SHA = 'c0de000000000000000000000000000000000000'
const SINCE = '2026-11-21T14:02:31.000Z'
const GITHUB_URL = 'https://github.com'
const pageUrl = 'https://andon.example/acme/widgets/issues/42'

/** What GitHub and terminals show of it: Markdown, single lines, and lines for a terminal. */
export function shownOutside(text: string) {
  const pipeline = pipelineWith(text)
  const holds = [holdBy(text)]
  const o = { pageUrl, pipelineId: 17, overlay: null, holds }
  const surface = { stage: 'code', sha: SHA, where: 'pull_request' } as const
  const whole = check(pipeline, surface, { ...o, alone: true })
  const wrong = configurationCheck(mistakenBy(text), { repositoryId: 1, sha: SHA, pageUrl, githubUrl: GITHUB_URL })
  const sight = { pipeline, overlay: null, holds, mistakes: [text], isConfigured: true, pageUrl }
  return {
    markdown: [
      comment(pipeline, 'code', { ...o, marker: marker(17, 'code') }),
      whole.output.summary,
      farewell(pipeline, surface, null, { ...o, alone: true }).output.summary,
      wrong.output.summary,
      ...repliesTo(text).map((line) =>
        replyTo([{ origin: '900', by: text, mayWrite: true, lines: [line] }], { pageUrl, sightOf: () => sight }),
      ),
    ],
    plain: [whole.output.title, whole.name, wrong.output.title],
    terminal: [printable(text), printable(impossible(text).words)],
  }
}

/** What our own pages show of it. */
export function shownInside(text: string) {
  const shown: Shown = {
    id: 17,
    repository: 'acme/widgets',
    revision: 3,
    held: true,
    around: { repository: holdBy(text), everything: { ...holdBy(text), place: { kind: 'everything' } } },
    needsYouAt: SINCE,
    pipeline: { ...pipelineWith(text), cord: [{ ...holdBy(text), place: { kind: 'issue' } }] },
  }
  const history = [{ at: SINCE, type: 'button.done', actor: text, text, evidence: EVIDENCE }]
  return { shown, history, held: { repository: 'acme/widgets', hold: holdBy(text) }, mistaken: told(text) }
}

function told(text: string) {
  return notice(mistakenBy(text), GITHUB_URL)
}

function pipelineWith(text: string) {
  const run = runOf(901, { status: 'completed', conclusion: 'failure', title: text, workflow: text, branch: text })
  const base = pipelineOf({})
  return pipelineOf(
    {
      code: {
        status: 'failed',
        since: SINCE,
        reason: `attempt 1 failed: job ${text}, said ${text}`,
        waiting: { for: text, until: null },
        evidence: EVIDENCE,
        attempts: [{ number: 1, key: null, run }],
      },
    },
    {
      issue: { ...base.issue, title: text, author: text },
      begun: { ...base.begun, actor: text },
      pullRequests: [pullRequestOf(57, { title: text, author: text, branch: text })],
    },
  )
}

function holdBy(text: string): Hold {
  return { place: { kind: 'repository' }, by: text, why: text, since: SINCE, evidence: EVIDENCE }
}

function mistakenBy(text: string): Mistaken {
  const said = [text, `\`${text}\` is not a field that is read`, `It takes \` and ${text}`]
  return {
    repository: 'acme/widgets',
    source: 'repository',
    headSha: SHA,
    configured: true,
    goodSha: SHA,
    mistakes: said.map((message) => ({ line: 1, column: 1, field: text, message })),
  }
}

/** Every kind of answer that may repeat what somebody typed. */
function repliesTo(text: string): readonly ReplyLine[] {
  const words = { text, issueNumber: 42, words: text, next: [text] }
  return [
    { ...words, tells: 'done' },
    { ...words, tells: 'impossible' },
    { text, tells: 'mistake', mistake: unknownVerb(text, text) },
    { text, tells: 'mistake', mistake: notAStage(text, 'retry', text) },
    { text, tells: 'no leave' },
    { text, tells: 'status', issueNumber: 42 },
    { text, tells: 'why', issueNumber: 42 },
  ]
}
