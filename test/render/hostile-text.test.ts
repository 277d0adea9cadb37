// Everything that strangers may name or write (titles, reasons, people, workflows, jobs, branches, holds) in everything of ours
// that GitHub and terminals show: it must read like any other text and do nothing.
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmTable } from 'micromark-extension-gfm-table'
import { expect, test } from 'vitest'
import { impossible } from '../../src/pipeline/said.ts'
import { printable } from '../../src/printable.ts'
import { check, farewell } from '../../src/render/check.ts'
import { comment, marker } from '../../src/render/comment.ts'
import { hostileTitles } from '../outbox/support/hostile-titles.ts'
import { EVIDENCE, pipelineOf, pullRequestOf, runOf } from '../outbox/support/pipelines.ts'
import { howMany, record } from '../support/figures.ts'

const SEED = 20_261_121
const SHA = 'c0de000000000000000000000000000000000000'
const SINCE = '2026-11-21T14:02:31.000Z'

/** A stage with this text wherever people of the repository, or strangers, can put some. */
function shown(text: string) {
  const run = runOf(901, { status: 'completed', conclusion: 'failure', title: text, workflow: text, branch: text })
  const named = { ...run, jobs: [] }
  const base = pipelineOf({})
  const pipeline = pipelineOf(
    {
      code: {
        status: 'failed',
        since: SINCE,
        reason: `attempt 1 failed: job ${text}, said ${text}`,
        evidence: EVIDENCE,
        attempts: [{ number: 1, key: null, run: named }],
      },
    },
    {
      issue: { ...base.issue, title: text, author: text },
      begun: { ...base.begun, actor: text },
      pullRequests: [pullRequestOf(57, { title: text, author: text, branch: text })],
    },
  )
  const held = { place: { kind: 'repository' }, by: text, why: text, since: SINCE, evidence: EVIDENCE } as const
  const o = { pageUrl: 'https://andon.example/acme/widgets/issues/42', pipelineId: 17, overlay: null, holds: [held] }
  const surface = { stage: 'code', sha: SHA, where: 'pull_request' } as const
  const whole = check(pipeline, surface, { ...o, alone: true })
  return {
    markdown: [
      comment(pipeline, 'code', { ...o, marker: marker(17, 'code') }),
      whole.output.summary,
      farewell(pipeline, surface, null, { ...o, alone: true }).output.summary,
    ],
    plain: [whole.output.title, whole.name],
    terminal: [printable(text), printable(impossible(text).words)],
  }
}

test('hostile texts do nothing wherever people see them on GitHub or in a terminal', () => {
  const texts = hostileTitles(SEED, howMany(50, 1_000))
  const calm = shown('plain words')
  const found = {
    mentions: 0,
    markers: 0,
    'broken tables': 0,
    'live HTML or links': 0,
    controls: 0,
    'terminal escapes': 0,
  }
  for (const text of texts) {
    const hostile = shown(text)
    hostile.markdown.forEach((markdown, index) => {
      const before = calm.markdown[index] ?? ''
      const seen = leavesOf(markdown)
      found.mentions += count(seen.text, MENTION)
      found.markers += Math.abs(count(markdown, /<!--/g) - count(before, /<!--/g))
      if (seen.tables !== leavesOf(before).tables) found['broken tables'] += 1
      if (seen.live !== leavesOf(before).live) found['live HTML or links'] += 1
      found.controls += count(markdown.replaceAll('\n', ''), CONTROLS)
    })
    for (const line of hostile.plain) found.controls += count(line, CONTROLS)
    for (const line of hostile.terminal) found['terminal escapes'] += count(line, /\p{C}/gu)
  }
  record('hostile-text', { texts: texts.length, places: 7 * texts.length, ...found })
  expect(Object.values(found)).toEqual(Object.values(found).map(() => 0))
}, 120_000)

test('the detectors find each danger in the raw text', () => {
  const calm = leavesOf('| a | b |\n|---|---|\n| c | d |\n')
  const live = leavesOf('| a | b |\n|---|---|\n| c | <b>d</b> [e](https://evil.example) @bob |\n\n| x |\n|---|\n')
  expect(live.live).not.toBe(calm.live)
  expect(live.tables).not.toBe(calm.tables)
  expect([count(live.text, MENTION), count('\u202ecod.exe\u001b[31m', CONTROLS)]).toEqual([1, 2])
})

const MENTION = /(?<![\w`])@(?=[a-z\d])/gi
// The joiners are letters of scripts and of emoji; our own breaks are zero-width spaces.
const CONTROLS = /(?![\u200b\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu

type Node = { type: string; value?: string; url?: string; children?: Node[] }

/** What GitHub's filters see as text, the shape of the tables, and everything live in it. */
function leavesOf(markdown: string): { text: string; tables: string; live: string } {
  const text: string[] = []
  const live: string[] = []
  const walk = (node: Node) => {
    if (node.type === 'text') text.push(node.value ?? '')
    if (node.type === 'html') live.push(node.value ?? '')
    if (node.url !== undefined) live.push(node.url)
    node.children?.forEach(walk)
  }
  walk(fromMarkdown(markdown) as Node)
  const table = { extensions: [gfmTable()], mdastExtensions: [TABLE] }
  const rows: number[] = []
  const cells = (node: Node) => {
    if (node.type === 'tableRow') rows.push(node.children?.length ?? 0)
    node.children?.forEach(cells)
  }
  cells(fromMarkdown(markdown, table) as Node)
  return { text: text.join('\n'), tables: rows.join(), live: live.join('\n') }
}

function enter(type: 'table' | 'tableRow' | 'tableCell') {
  return function (this: { enter(node: object, token: object): void }, token: object) {
    this.enter({ type, children: [] }, token)
  }
}

function exit(this: { exit(token: object): void }, token: object) {
  this.exit(token)
}

const TABLE = {
  enter: {
    table: enter('table'),
    tableRow: enter('tableRow'),
    tableHeader: enter('tableCell'),
    tableData: enter('tableCell'),
  },
  exit: { table: exit, tableRow: exit, tableHeader: exit, tableData: exit },
} as never

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
