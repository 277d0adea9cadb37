import { fromMarkdown } from 'mdast-util-from-markdown'
import { expect, test } from 'vitest'
import { codeSpan, escapeInline, linkTo, plainText } from '../../src/render/sanitize.ts'
import { cut } from '../../src/text/cut.ts'
import { hostileTitles } from './support/hostile-titles.ts'

const SEED = 20261121

test('a thousand hostile titles do nothing in a line, in a table cell or in a code span', () => {
  const titles = hostileTitles(SEED, 1_000)
  const dangers = { mentions: 0, references: 0, markers: 0, html: 0, links: 0, hidden: 0, broken: 0 }
  for (const title of titles) {
    for (const safe of [escapeInline(title), codeSpan(title)]) {
      const line = `the run says ${safe}, and ends`
      const cell = `| ${safe} | next |`
      expect(nodesOf(safe), title).toEqual(new Set(safe === '' ? [] : [safe.startsWith('`') ? 'inlineCode' : 'text']))
      expect(
        [...nodesOf(line)].filter((type) => type !== 'text' && type !== 'inlineCode'),
        title,
      ).toEqual([])
      expect(
        [...nodesOf(cell)].filter((type) => type !== 'text' && type !== 'inlineCode'),
        title,
      ).toEqual([])
      expect(cell.match(/(?<!\\)\|/g)).toHaveLength(3)
      dangers.markers += count(safe, /<!--/g)
      dangers.html += safe.startsWith('`') ? 0 : count(safe, /<[a-z/!?]/gi)
      dangers.hidden += count(safe, HIDDEN)
      dangers.broken +=
        count(safe, /[\n\r\u2028\u2029]/g) + count(safe, /\ufffd/g) - count(title.toWellFormed(), /\ufffd/g)
    }
    // GitHub's filters see the text after Markdown has decoded it; twice, to be sure, and leave code spans alone.
    const seen = decoded(decoded(textOf(escapeInline(title))))
    dangers.mentions += count(seen, MENTION)
    dangers.references += count(seen, REFERENCE)
    dangers.links += count(seen, LINK)
  }
  const figures = titles.map((title) => count(decoded(title), MENTION) + count(title, REFERENCE))
  console.log(
    `neutralise: ${titles.length} titles (seed ${SEED}), before: ${figures.reduce((a, b) => a + b)} live mentions and references, after:`,
    dangers,
  )
  expect(figures.reduce((a, b) => a + b)).toBeGreaterThan(500)
  expect(dangers).toEqual({ mentions: 0, references: 0, markers: 0, html: 0, links: 0, hidden: 0, broken: 0 })
})

test('the detectors find each danger in the raw text', () => {
  expect(count('cc @alice', MENTION)).toBe(1)
  expect(count(decoded('cc &#64;alice &#x40;bob &commat;carol'), MENTION)).toBe(3)
  expect(count('fixes #1, GH-2, acme/widgets#3, deadbeef1', REFERENCE)).toBe(4)
  expect(count('https://evil.example www.evil.example', LINK)).toBe(2)
  expect(nodesOf('a <b>c</b> ![d](e) *f*')).toContain('html')
  expect(count('\u202ecod.exe', HIDDEN)).toBe(1)
})

test('neutralised text reads as it was typed', () => {
  const titles = [
    'R&D: 50% off',
    'a < b && c > d',
    'snake_case and *stars*',
    'Ünïcödé 日本語 👨‍👩‍👧',
    'price: $5 | $6',
    '`code`',
  ]
  for (const title of titles) expect(textOf(escapeInline(title)).replaceAll('\u200b', '')).toBe(title)
  expect(escapeInline('fixes #1, thanks @alice')).toMatchInlineSnapshot(`"fixes #​1, thanks @​alice"`)
})

test('text is cut by code points and never in the middle of one', () => {
  expect(cut('👍👍👍👍', 3)).toBe('👍👍…')
  expect(plainText('x'.repeat(500))).toHaveLength(120)
  expect(Array.from(plainText('👍'.repeat(500)))).toHaveLength(120)
  expect(plainText('a\nb\tc\u202e  d\u0000e\ud800f')).toBe('a b c de\ufffdf')
})

test('only a URL that cannot end the link early becomes a link', () => {
  expect(linkTo('here', 'https://github.com/acme/widgets/pull/1')).toBe(
    '[here](https://github.com/acme/widgets/pull/1)',
  )
  for (const url of [
    'javascript:alert(1)',
    'https://x.example/) [y](https://z.example',
    'https://x.example/a b',
    null,
  ]) {
    expect(linkTo('here', url)).toBe('here')
  }
})

const MENTION = /(?<![\w`])@(?=[a-z\d])/gi
const REFERENCE = /(?:(?<!&)#(?=\d)|\bGH-(?=\d)|\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b)/gi
const LINK = /(?:https?:\/\/|ftp:\/\/|\bwww\.)/gi
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** The kinds of leaves that Markdown makes of it, in one paragraph. */
function nodesOf(markdown: string): Set<string> {
  const leaves = (node: object): string[] => {
    const { type, children } = node as { type: string; children?: object[] }
    if (children === undefined) return [type]
    return [...(type === 'root' || type === 'paragraph' ? [] : [type]), ...children.flatMap(leaves)]
  }
  return new Set(leaves(fromMarkdown(markdown)))
}

/** What a reader sees. */
function textOf(markdown: string): string {
  const read = (node: object): string => {
    const { value, children } = node as { value?: string; children?: object[] }
    return value ?? (children ?? []).map(read).join('')
  }
  return read(fromMarkdown(markdown))
}

function decoded(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) =>
      String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff)),
    )
    .replace(/&(commat|num|lt|gt|amp|excl|sol);/gi, (_, name: string) => NAMED[name.toLowerCase()] ?? '')
}

const NAMED: Readonly<Record<string, string>> = {
  commat: '@',
  num: '#',
  lt: '<',
  gt: '>',
  amp: '&',
  excl: '!',
  sol: '/',
}
