// Blocks in which nothing may fire, each made by its own rules.
import type { SeededRandom } from '../../../fake-github/random.ts'
import { type Block, COMMAND_LINES, sentence } from './generated-comments.ts'

type BlockMaker = (chance: SeededRandom, before: Block | undefined) => Block

const SELF_CLOSING = { endsItself: true, interruptsParagraph: true, isContainer: false, swallowsRest: false }
const SEPARATE = { endsItself: false, interruptsParagraph: false, isContainer: false, swallowsRest: false }
const CONTAINER = { endsItself: false, interruptsParagraph: true, isContainer: true, swallowsRest: false }
const SWALLOWS_REST = { endsItself: false, interruptsParagraph: false, isContainer: false, swallowsRest: true }

/** Lines, some of them commands, and how many are. */
function linesWithCommands(chance: SeededRandom, blank = true): { lines: string[]; inertCount: number } {
  let inertCount = 0
  const lines = Array.from({ length: 1 + chance.integer(4) }, (_, index) => {
    if (index > 0 && blank && chance.next() < 0.2) return ''
    if (chance.next() < 0.4) return sentence(chance).replaceAll('`', '')
    inertCount += 1
    return chance.pick(COMMAND_LINES)
  })
  return { lines, inertCount }
}

function block(
  kind: string,
  lines: readonly string[],
  inertCount: number,
  manner: Omit<Block, 'kind' | 'lines' | 'inertCount' | 'fires'>,
): Block {
  return { kind, lines, fires: [], inertCount, ...manner }
}

export const INERT_BLOCKS: readonly BlockMaker[] = [
  (chance, before) => {
    const mark = chance.pick(['`', '~'])
    const open = mark.repeat(3 + chance.integer(5))
    const inner = linesWithCommands(chance)
    // A shorter fence, or one of the other mark, closes nothing.
    const decoy = chance.pick([
      [],
      [mark.repeat(open.length - 1)],
      [(mark === '`' ? '~' : '`').repeat(open.length + 1)],
      [`${open} x`],
    ])
    const close = open + mark.repeat(chance.integer(3)) + chance.pick(['', '  '])
    const indent = ' '.repeat(before?.isContainer ? 0 : chance.integer(4))
    return block(
      'fence',
      [
        indent + open + chance.pick(['', 'sh', ' text']),
        ...decoy,
        ...inner.lines,
        ' '.repeat(chance.integer(4)) + close,
      ],
      inner.inertCount,
      SELF_CLOSING,
    )
  },
  (chance) => {
    const inner = linesWithCommands(chance)
    return block('unclosed fence', [chance.pick(['`````````', '~~~~~~~~~']), ...inner.lines], inner.inertCount, {
      ...SWALLOWS_REST,
      interruptsParagraph: true,
    })
  },
  (chance, before) => {
    const inner = linesWithCommands(chance, false)
    const indent = chance.pick(['    ', '\t', '      ', ' \t'])
    // Directly after a paragraph this would belong to it, which is silent too.
    return block(
      'indented code',
      inner.lines.map((line) => indent + line),
      inner.inertCount,
      { ...SEPARATE, isContainer: before?.isContainer ?? false },
    )
  },
  (chance, before) => {
    // An indented quote after a list is part of it, and what follows may be too.
    const isContainer = before?.isContainer ?? false
    const inner = linesWithCommands(chance)
    const mark = chance.pick(['> ', '>', '> > ', '  > '])
    const lazy = chance.next() < 0.3
    const lines = inner.lines.map((line) => (mark + line).trimEnd())
    if (!lazy) return block('quote', lines, inner.inertCount, { ...CONTAINER, isContainer })
    return block('lazy quote', [...lines, `${mark}words`, chance.pick(COMMAND_LINES)], inner.inertCount + 1, {
      ...CONTAINER,
      isContainer,
    })
  },
  (chance) => {
    const inner = linesWithCommands(chance, false)
    const mark = chance.pick(['- ', '* ', '+ ', '1. ', '1) ', '- [ ] ', '- [x] '])
    const nested = chance.next() < 0.4
    const lines = inner.lines.map((line, index) => (nested && index > 0 ? '   ' : '') + mark + line)
    if (chance.next() < 0.3)
      return block(
        'list with a paragraph',
        [...lines, '', `         ${chance.pick(COMMAND_LINES)}`],
        inner.inertCount + 1,
        CONTAINER,
      )
    if (chance.next() < 0.3)
      return block('lazy list', [...lines, `${mark}words`, chance.pick(COMMAND_LINES)], inner.inertCount + 1, CONTAINER)
    return block('list', lines, inner.inertCount, CONTAINER)
  },
  (chance) => block('heading', [`${'#'.repeat(1 + chance.integer(6))} ${chance.pick(COMMAND_LINES)}`], 1, SELF_CLOSING),
  (chance) => {
    const inner = linesWithCommands(chance, false)
    return block(
      'underlined heading',
      [...inner.lines, 'and', chance.pick(['---', '===', '-', '=', '-- '])],
      inner.inertCount,
      { ...SELF_CLOSING, interruptsParagraph: false },
    )
  },
  (chance) => {
    const inner = linesWithCommands(chance)
    return block(
      'comment',
      ['<!--', ...inner.lines.map((line) => line.replaceAll('-->', '')), '-->'],
      inner.inertCount,
      SELF_CLOSING,
    )
  },
  (chance) => {
    const inner = linesWithCommands(chance)
    return block(
      'unclosed comment',
      ['<!-- hidden', ...inner.lines.map((line) => line.replaceAll('-->', ''))],
      inner.inertCount,
      { ...SWALLOWS_REST, interruptsParagraph: true },
    )
  },
  (chance) => {
    const inner = linesWithCommands(chance)
    const open = chance.pick(['<details>', '<details open>', '<DETAILS>', '<details><summary>log</summary>'])
    const gap = chance.pick([[], ['']])
    return block('details', [open, ...gap, ...inner.lines, ...gap, '</details>'], inner.inertCount, {
      ...SEPARATE,
      interruptsParagraph: true,
    })
  },
  (chance) => {
    const inner = linesWithCommands(chance)
    return block(
      'unclosed details',
      [`<details>${chance.pick(['', '<summary>log</summary>'])}`, '', ...inner.lines],
      inner.inertCount,
      { ...SWALLOWS_REST, interruptsParagraph: true },
    )
  },
  (chance) => {
    const inner = linesWithCommands(chance)
    const tag = chance.pick(['pre', 'blockquote', 'table', 'ul'])
    return block('element', [`<${tag}>`, ...inner.lines, `</${tag}>`], inner.inertCount, {
      ...SEPARATE,
      interruptsParagraph: true,
    })
  },
  (chance) => {
    const inner = linesWithCommands(chance, false)
    const bars = chance.pick(['| ', ''])
    return block(
      'table',
      [`${bars}a | b`, '|---|---|', ...inner.lines.map((line) => bars + line)],
      inner.inertCount,
      SEPARATE,
    )
  },
  (chance) => {
    const inner = linesWithCommands(chance, false)
    return block('code over lines', ['words `````` opens', ...inner.lines, 'closes ``````'], inner.inertCount, SEPARATE)
  },
  (chance) => {
    const inner = linesWithCommands(chance, false)
    const mark = chance.pick(['~~', '~'])
    return block(
      'struck out over lines',
      [`${mark}opens`, ...inner.lines.map((line) => line.replaceAll('~', '')), `closes${mark}`],
      inner.inertCount,
      SEPARATE,
    )
  },
  (chance) =>
    block('link over lines', ['[opens', chance.pick(COMMAND_LINES), 'closes](https://example.com)'], 1, SEPARATE),
  (chance) =>
    block('title over lines', ['[x](https://example.com "opens', chance.pick(COMMAND_LINES), 'closes")'], 1, SEPARATE),
  (chance) =>
    block(
      'attribute over lines',
      ['words <span title="opens', chance.pick(COMMAND_LINES), 'closes">x</span>'],
      1,
      SEPARATE,
    ),
  (chance) =>
    block(
      'comment within a paragraph',
      ['words <!-- opens', chance.pick(COMMAND_LINES), 'closes --> words'],
      1,
      SEPARATE,
    ),
  (chance) => block('footnote', ['[^1]: a note', chance.pick(COMMAND_LINES)], 1, { ...SEPARATE, isContainer: true }),
  (chance) => block('definition', ['[there]: https://example.com "', chance.pick(COMMAND_LINES), '"'], 1, SEPARATE),
  (chance) => {
    const inner = linesWithCommands(chance)
    const who = chance.pick([
      'On Mon, Nov 3, 2025 at 10:12 AM Mona <mona@example.com> wrote:',
      '-----Original Message-----',
      'Am 03.11.2025 um 10:12 schrieb Mona:',
    ])
    return block('mail', [who, '', 'Hello,', ...inner.lines], inner.inertCount, SWALLOWS_REST)
  },
  (chance) =>
    block('rule', [chance.pick(['***', '* * *', '___', '---'])], 0, { ...SELF_CLOSING, interruptsParagraph: false }),
]
