// Blocks in which nothing may fire, each made from its own rules.
import type { Seeded } from '../../support/seeded-random.ts'
import { type Block, PLANTS, sentence } from './generated-comments.ts'

type Maker = (chance: Seeded, before: Block | undefined) => Block

const ENDS = { closes: true, interrupts: true, contains: false, swallows: false }
const APART = { closes: false, interrupts: false, contains: false, swallows: false }
const HOLDS = { closes: false, interrupts: true, contains: true, swallows: false }
const SWALLOWS = { closes: false, interrupts: false, contains: false, swallows: true }

/** Lines of which some are commands, and how many are. */
function planted(chance: Seeded, blank = true): { lines: string[]; silent: number } {
  let silent = 0
  const lines = Array.from({ length: 1 + chance.integer(4) }, (_, index) => {
    if (index > 0 && blank && chance.next() < 0.2) return ''
    if (chance.next() < 0.4) return sentence(chance).replaceAll('`', '')
    silent += 1
    return chance.pick(PLANTS)
  })
  return { lines, silent }
}

function block(
  kind: string,
  lines: readonly string[],
  silent: number,
  manner: Omit<Block, 'kind' | 'lines' | 'silent' | 'fires'>,
): Block {
  return { kind, lines, fires: [], silent, ...manner }
}

export const SILENT: readonly Maker[] = [
  (chance, before) => {
    const mark = chance.pick(['`', '~'])
    const open = mark.repeat(3 + chance.integer(5))
    const inner = planted(chance)
    // A shorter fence, or one of the other mark, closes nothing.
    const decoy = chance.pick([
      [],
      [mark.repeat(open.length - 1)],
      [(mark === '`' ? '~' : '`').repeat(open.length + 1)],
      [`${open} x`],
    ])
    const close = open + mark.repeat(chance.integer(3)) + chance.pick(['', '  '])
    const indent = ' '.repeat(before?.contains ? 0 : chance.integer(4))
    return block(
      'fence',
      [
        indent + open + chance.pick(['', 'sh', ' text']),
        ...decoy,
        ...inner.lines,
        ' '.repeat(chance.integer(4)) + close,
      ],
      inner.silent,
      ENDS,
    )
  },
  (chance) => {
    const inner = planted(chance)
    return block('unclosed fence', [chance.pick(['`````````', '~~~~~~~~~']), ...inner.lines], inner.silent, {
      ...SWALLOWS,
      interrupts: true,
    })
  },
  (chance, before) => {
    const inner = planted(chance, false)
    const indent = chance.pick(['    ', '\t', '      ', ' \t'])
    // Directly after a paragraph this would belong to it, which is silent too.
    return block(
      'indented code',
      inner.lines.map((line) => indent + line),
      inner.silent,
      { ...APART, contains: before?.contains ?? false },
    )
  },
  (chance, before) => {
    // An indented quote after a list is a part of it, and so may be what follows.
    const contains = before?.contains ?? false
    const inner = planted(chance)
    const mark = chance.pick(['> ', '>', '> > ', '  > '])
    const lazy = chance.next() < 0.3
    const lines = inner.lines.map((line) => (mark + line).trimEnd())
    if (!lazy) return block('quote', lines, inner.silent, { ...HOLDS, contains })
    return block('lazy quote', [...lines, `${mark}words`, chance.pick(PLANTS)], inner.silent + 1, {
      ...HOLDS,
      contains,
    })
  },
  (chance) => {
    const inner = planted(chance, false)
    const mark = chance.pick(['- ', '* ', '+ ', '1. ', '1) ', '- [ ] ', '- [x] '])
    const nested = chance.next() < 0.4
    const lines = inner.lines.map((line, index) => (nested && index > 0 ? '   ' : '') + mark + line)
    if (chance.next() < 0.3)
      return block('list with a paragraph', [...lines, '', `         ${chance.pick(PLANTS)}`], inner.silent + 1, HOLDS)
    if (chance.next() < 0.3)
      return block('lazy list', [...lines, `${mark}words`, chance.pick(PLANTS)], inner.silent + 1, HOLDS)
    return block('list', lines, inner.silent, HOLDS)
  },
  (chance) => block('heading', [`${'#'.repeat(1 + chance.integer(6))} ${chance.pick(PLANTS)}`], 1, ENDS),
  (chance) => {
    const inner = planted(chance, false)
    return block(
      'underlined heading',
      [...inner.lines, 'and', chance.pick(['---', '===', '-', '=', '-- '])],
      inner.silent,
      { ...ENDS, interrupts: false },
    )
  },
  (chance) => {
    const inner = planted(chance)
    return block(
      'comment',
      ['<!--', ...inner.lines.map((line) => line.replaceAll('-->', '')), '-->'],
      inner.silent,
      ENDS,
    )
  },
  (chance) => {
    const inner = planted(chance)
    return block(
      'unclosed comment',
      ['<!-- hidden', ...inner.lines.map((line) => line.replaceAll('-->', ''))],
      inner.silent,
      { ...SWALLOWS, interrupts: true },
    )
  },
  (chance) => {
    const inner = planted(chance)
    const open = chance.pick(['<details>', '<details open>', '<DETAILS>', '<details><summary>log</summary>'])
    const gap = chance.pick([[], ['']])
    return block('details', [open, ...gap, ...inner.lines, ...gap, '</details>'], inner.silent, {
      ...APART,
      interrupts: true,
    })
  },
  (chance) => {
    const inner = planted(chance)
    return block(
      'unclosed details',
      [`<details>${chance.pick(['', '<summary>log</summary>'])}`, '', ...inner.lines],
      inner.silent,
      { ...SWALLOWS, interrupts: true },
    )
  },
  (chance) => {
    const inner = planted(chance)
    const tag = chance.pick(['pre', 'blockquote', 'table', 'ul'])
    return block('element', [`<${tag}>`, ...inner.lines, `</${tag}>`], inner.silent, { ...APART, interrupts: true })
  },
  (chance) => {
    const inner = planted(chance, false)
    const bars = chance.pick(['| ', ''])
    return block('table', [`${bars}a | b`, '|---|---|', ...inner.lines.map((line) => bars + line)], inner.silent, APART)
  },
  (chance) => {
    const inner = planted(chance, false)
    return block('code over lines', ['words `````` opens', ...inner.lines, 'closes ``````'], inner.silent, APART)
  },
  (chance) => {
    const inner = planted(chance, false)
    const mark = chance.pick(['~~', '~'])
    return block(
      'struck out over lines',
      [`${mark}opens`, ...inner.lines.map((line) => line.replaceAll('~', '')), `closes${mark}`],
      inner.silent,
      APART,
    )
  },
  (chance) => block('link over lines', ['[opens', chance.pick(PLANTS), 'closes](https://example.com)'], 1, APART),
  (chance) => block('title over lines', ['[x](https://example.com "opens', chance.pick(PLANTS), 'closes")'], 1, APART),
  (chance) =>
    block('attribute over lines', ['words <span title="opens', chance.pick(PLANTS), 'closes">x</span>'], 1, APART),
  (chance) =>
    block('comment within a paragraph', ['words <!-- opens', chance.pick(PLANTS), 'closes --> words'], 1, APART),
  (chance) => block('footnote', ['[^1]: a note', chance.pick(PLANTS)], 1, { ...APART, contains: true }),
  (chance) => block('definition', ['[there]: https://example.com "', chance.pick(PLANTS), '"'], 1, APART),
  (chance) => {
    const inner = planted(chance)
    const who = chance.pick([
      'On Mon, Nov 3, 2025 at 10:12 AM Mona <mona@example.com> wrote:',
      '-----Original Message-----',
      'Am 03.11.2025 um 10:12 schrieb Mona:',
    ])
    return block('mail', [who, '', 'Hello,', ...inner.lines], inner.silent, SWALLOWS)
  },
  (chance) => block('rule', [chance.pick(['***', '* * *', '___', '---'])], 0, { ...ENDS, interrupts: false }),
]
