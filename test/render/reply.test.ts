import { describe, expect, test } from 'vitest'
import { parseCommands } from '../../src/commands/parse-commands.ts'
import type { CommandAnswer } from '../../src/pipeline/model/command-result.ts'
import type { ReplyItem } from '../../src/pipeline/model/effects.ts'
import type { Hold } from '../../src/pipeline/model/hold.ts'
import { renderReply, replyMarker } from '../../src/render/reply.ts'
import type { StatusView } from '../../src/render/status-view.ts'
import { MAX_COMMENT } from '../../src/render/sticky-comment.ts'
import { EVIDENCE, pipelineOf, runOf } from '../support/pipeline-documents.ts'
import { failedIn } from '../support/reasons.ts'
import { hostileTitles } from './support/hostile-titles.ts'

const pageUrl = 'https://andon.example/acme/widgets/issues/42'
const SINCE = '2026-11-21T14:02:31.000Z'

const ONE_OF_THREE = { number: 1, limit: 3, rerun: 0 }
const PIPELINE = pipelineOf({
  plan: {
    status: 'done',
    since: '2026-11-21T14:01:40.000Z',
    reason: { kind: 'concluded', attempt: ONE_OF_THREE, conclusion: 'success', failedJob: null },
    evidence: EVIDENCE,
    attempts: [{ number: 1, key: '42/plan/1-k3v9x', run: runOf(900, { status: 'completed', conclusion: 'success' }) }],
  },
  code: {
    status: 'queued',
    since: SINCE,
    reason: {
      kind: 'waits-to-retry',
      attempt: { ...ONE_OF_THREE, number: 2 },
      previous: failedIn(null, ONE_OF_THREE),
      until: '2026-11-21T14:02:40.000Z',
    },
    evidence: { kind: 'read', id: 'run/901/2026-11-21T14:02:31.000Z', at: SINCE },
    attempts: [{ number: 1, key: '42/code/1-aaaaa', run: runOf(901, { status: 'completed', conclusion: 'failure' }) }],
  },
})

const HOLD: Hold = {
  place: { kind: 'repository' },
  by: 'ada',
  reason: 'release week',
  since: SINCE,
  evidence: EVIDENCE,
}

function statusView(over: Partial<StatusView> = {}): StatusView {
  return { pipeline: PIPELINE, overlay: null, holds: [], problems: [], isConfigured: true, pageUrl, ...over }
}

type Asked = Parameters<typeof renderReply>[0][number]

function reply(items: readonly ReplyItem[], over: Partial<Asked> = {}): Asked {
  return { origin: '900', login: 'linus', mayWrite: true, items, ...over }
}

const o = (view: StatusView | null = statusView()) => ({ pageUrl, statusViewOf: () => view })
const words = (kind: 'done' | 'already' | 'impossible', answer: CommandAnswer): ReplyItem => {
  return { text: '/andon retry plan', kind, issueNumber: 42, answer }
}
const asked = (kind: 'status' | 'why'): ReplyItem => ({ text: `/andon ${kind}`, kind, issueNumber: 42 })

describe('a reply', () => {
  test('says whose command it answers, what the result is and what to do next', () => {
    const items = [words('impossible', { kind: 'nothing-halted' })]
    expect(renderReply([reply(items)], o())).toMatchInlineSnapshot(`
      "<!-- andon:v1 reply/900 -->
      \`/andon retry plan\` (linus): **not done** – nothing here has failed or was cancelled. Type \`/andon retry STAGE\`.
      "
    `)
  })

  test('shows the state in a short table', () => {
    expect(renderReply([reply([asked('status')])], o(statusView({ holds: [HOLD] })))).toMatchInlineSnapshot(`
      "<!-- andon:v1 reply/900 -->
      \`/andon status\` (linus):

      | stage | status | attempt | since | why | how we know |
      | --- | --- | --: | --- | --- | --- |
      | plan | ✓ done | 1 | 2026-11-21 14:01:40 UTC | attempt 1 of 3 succeeded | webhook delivery, 2026-11-21 14:01:58 UTC |
      | code | ▲ queued, held | 1 | 2026-11-21 14:02:31 UTC | attempt 2 of 3 starts at 14:02:40 UTC (attempt 1 of 3 failed) | read from GitHub, 2026-11-21 14:02:31 UTC |
      | test | · idle, held |  |  |  |  |
      | review | · idle, held |  |  |  |  |

      Held: the repository is held by @​ada since 2026-11-21 14:02 UTC: release week.

      [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)
      "
    `)
  })

  test('says why in a short table: what the issue waits for, until when, who holds it, and what is wrong with the file', () => {
    const problems = ['line 3: `stages.plan.timeout` is 20; it takes a duration.', 'line 9: no']
    expect(renderReply([reply([asked('why')])], o(statusView({ holds: [HOLD], problems })))).toMatchInlineSnapshot(`
      "<!-- andon:v1 reply/900 -->
      \`/andon why\` (linus):

      | **code** | **▲ queued, held** |
      | --- | --- |
      | attempt | 1, [its run](https://github.com/acme/widgets/actions/runs/901) |
      | since | 2026-11-21 14:02:31 UTC |
      | because | attempt 2 of 3 starts at 14:02:40 UTC (attempt 1 of 3 failed) |
      | waits for | a pause before the retry, until 2026-11-21 14:02:40 UTC |
      | held | the repository is held by @​ada since 2026-11-21 14:02 UTC: release week |
      | configuration | line 3: &#96;stages.plan.timeout&#96; is 20; it takes a duration, and 1 more; the last good version is in force |
      | how we know | read from GitHub, 2026-11-21 14:02:31 UTC |

      [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)
      "
    `)
  })

  test('shows the commands that the sender may use', () => {
    const help = renderReply([reply([{ text: '/andon', kind: 'help' }], { mayWrite: false })], o())
    expect(help).toContain('| `/andon why` |')
    expect(help).not.toContain('| `/andon retry')
    expect(renderReply([reply([{ text: '/andon', kind: 'help' }])], o())).toContain('| `/andon retry [STAGE]` |')
  })

  test('suggests the right command after a typo', () => {
    const [mistake] = parseCommands('/andon retyr')
    if (mistake?.verb !== null) throw new Error('the typo was parsed as a command')
    expect(renderReply([reply([{ text: mistake.text, kind: 'mistake', mistake }])], o())).toMatchInlineSnapshot(`
      "<!-- andon:v1 reply/900 -->
      \`/andon retyr\` (linus): There is no command \`retyr\`. Did you mean \`/andon retry\`?
      "
    `)
  })

  test('refuses a sender without write permission in one sentence', () => {
    const items = [{ text: '/andon retry', kind: 'no-permission' }] as const
    expect(renderReply([reply(items, { mayWrite: false })], o())).toMatchInlineSnapshot(`
      "<!-- andon:v1 reply/900 -->
      \`/andon retry\` (linus): this needs write permission on the repository.
      "
    `)
  })

  test('answers several comments at once, and the same question only once', () => {
    const twice = [
      reply([asked('why')]),
      reply([asked('why'), words('already', { kind: 'done-before' })], { origin: '901', login: 'grace' }),
    ]
    const body = renderReply(twice, o())
    expect(body).toMatch(/^<!-- andon:v1 reply\/900 -->\n<!-- andon:v1 reply\/901 -->\n/)
    expect(body.match(/\*\*code\*\*/g)).toHaveLength(1)
    expect(body).toContain('`/andon why` (linus), `/andon why` (grace):')
  })

  test('says when the issue has left the line meanwhile', () => {
    expect(renderReply([reply([asked('why')])], o(null))).toContain(
      '`/andon why` (linus): this issue is not on the line.',
    )
  })

  test('is cut, with a link to the rest, when it is longer than GitHub accepts', () => {
    const many = Array.from({ length: 200 }, (_, nth) =>
      reply([words('impossible', { kind: 'not-begun', stage: `${nth} ${'long '.repeat(200)}` })], {
        origin: String(nth),
      }),
    )
    const body = renderReply(many, o())
    expect(Array.from(body).length).toBeLessThanOrEqual(MAX_COMMENT)
    expect(body).toContain(`[the rest is on the board](${pageUrl})`)
    for (const { origin } of many) expect(body).toContain(replyMarker(origin))
  })
})

test('a thousand hostile names, reasons and commands break no table, and add no mention and no marker', () => {
  let broken = 0
  for (const text of hostileTitles(7, 1_000)) {
    const stages = {
      code: { status: 'failed', since: SINCE, reason: failedIn(text), evidence: { ...EVIDENCE, id: text } },
    } as const
    const pipeline = pipelineOf(stages)
    const holds = [{ ...HOLD, by: text, reason: text }]
    const items = [asked('status'), asked('why'), { ...words('impossible', heldBeside(text)), text }]
    const body = renderReply([reply(items, { login: text })], o(statusView({ pipeline, holds, problems: [text] })))
    const rows = body.split('\n').filter((line) => line.startsWith('|'))
    const columns = new Set(rows.map((row) => row.match(/(?<!\\)\|/g)?.length))
    // Six columns and two: seven bars and three.
    if ([...columns].sort().join() !== '3,7' || rows.length !== 6 + 7) broken += 1
    expect(body.match(/<!--/g)).toHaveLength(1)
    expect(body.replace(/`[^`\n]*`/g, '')).not.toMatch(/@[a-z0-9]/i)
  }
  expect(broken).toBe(0)
})

/** An answer with the hostile name in its sentence and in its suggestion. */
function heldBeside(stage: string): CommandAnswer {
  const place = { kind: 'stage', stage } as const
  return { kind: 'not-held', place, other: { ...HOLD, place, by: stage, reason: stage }, queued: [] }
}
