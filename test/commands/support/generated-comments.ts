// Comments made of blocks whose kind is known without a parser, because they were built that way. Each block says which
// of the commands planted in it must fire.
import { type SeededRandom, seededRandom } from '../../../fake-github/random.ts'
import { INERT_BLOCKS } from './inert-blocks.ts'

export type GeneratedComment = {
  readonly text: string
  /** What must fire, in order, as typed. */
  readonly fires: readonly string[]
  /** How many commands must not fire. */
  readonly inertCount: number
}

/** How a block may touch its neighbours without a blank line between. */
export type Block = {
  readonly kind: string
  readonly lines: readonly string[]
  readonly fires: readonly string[]
  readonly inertCount: number
  /** Ends by itself: a paragraph may follow in the next line. */
  readonly endsItself: boolean
  /** May begin in the line after a paragraph. */
  readonly interruptsParagraph: boolean
  /** A container that would take an indented paragraph in. */
  readonly isContainer: boolean
  /** Everything after it belongs to it. */
  readonly swallowsRest: boolean
}

export const COMMAND_LINES = [
  '/andon',
  '/andon help',
  '/andon status',
  '/andon why',
  '/andon start',
  '/andon run code',
  '/andon retry',
  '/andon retry plan',
  '/andon cancel',
  '/andon approve',
  '/andon skip test',
  '/andon hold the build is red',
  '/andon hold repository release day',
  '/andon resume',
  '/andon resume code',
  '/ANDON RETRY',
  '/andon\tretry',
  '/andon   cancel   code',
] as const

/** The document of a seed. */
export function generateComment(seed: number): GeneratedComment {
  const chance = seededRandom(seed)
  const blocks: Block[] = []
  const count = 1 + chance.integer(8)
  while (blocks.length < count) {
    const before = blocks.at(-1)
    const block = chance.next() < 0.45 ? paragraph(chance, before) : chance.pick(INERT_BLOCKS)(chance, before)
    blocks.push(block)
    if (!block.swallowsRest) continue
    const after = paragraph(chance, block)
    // The end of an aside would end an unclosed comment too.
    blocks.push({ ...after, lines: after.lines.map((line) => line.replaceAll('-->', '')) })
    break
  }
  const swallowed = blocks.findIndex((block) => block.swallowsRest)
  const received = swallowed < 0 ? blocks : blocks.slice(0, swallowed + 1)
  const all = blocks.flatMap((block) => block.fires)
  const fires = received.flatMap((block) => block.fires)
  const inertCount = blocks.reduce((sum, block) => sum + block.inertCount, 0) + all.length - fires.length
  return { text: joinBlocks(chance, blocks), fires, inertCount }
}

function joinBlocks(chance: SeededRandom, blocks: readonly Block[]): string {
  const newline = chance.pick(['\n', '\n', '\r\n', '\r'])
  let text = chance.pick(['', '', newline, `  ${newline}`])
  for (const [index, block] of blocks.entries()) {
    text += block.lines.join(newline)
    const next = blocks[index + 1]
    if (next)
      text += mayFollowDirectly(block, next) && chance.next() < 0.5 ? newline : newline.repeat(2 + chance.integer(2))
  }
  return text + chance.pick(['', '', newline, newline + newline])
}

function mayFollowDirectly(block: Block, next: Block): boolean {
  if (block.kind === 'paragraph') return next.interruptsParagraph
  return block.endsItself && (next.kind === 'paragraph' || next.interruptsParagraph)
}

/** The words of a paragraph in which some lines are commands, and some only look like commands. */
function paragraph(chance: SeededRandom, before: Block | undefined): Block {
  const fires: string[] = []
  let inertCount = 0
  const lines = Array.from({ length: 1 + chance.integer(4) }, (_, index) => {
    const deep = index > 0
    // Where a container could take the line in, only the first columns are certainly outside.
    const indent = ' '.repeat(!deep && before?.isContainer ? 0 : chance.integer(4))
    const roll = chance.next()
    if (roll < 0.35) {
      const plant = chance.pick(COMMAND_LINES)
      fires.push(plant)
      return indent + plant + chance.pick(['', '', '  ', '\t'])
    }
    if (roll < 0.5) {
      inertCount += 1
      return indent + chance.pick(NEAR_MISSES)(chance.pick(COMMAND_LINES))
    }
    if (roll < 0.6 && deep) {
      inertCount += 1
      return `${chance.pick(['    ', '\t', '       ', '  \t'])}${chance.pick(COMMAND_LINES)}`
    }
    return indent + sentence(chance)
  })
  return {
    kind: 'paragraph',
    lines,
    fires,
    inertCount,
    endsItself: false,
    interruptsParagraph: false,
    isContainer: false,
    swallowsRest: false,
  }
}

/** Words that mean nothing to Markdown, with a little markup that is closed where it stands. */
export function sentence(chance: SeededRandom): string {
  const words = Array.from({ length: 2 + chance.integer(8) }, () => chance.pick(WORDS))
  // At the start of a line an aside would be a block of its own.
  return words.join(' ').replace(/^<!--/, 'so <!--')
}

const WORDS = [
  'the',
  'run',
  'failed',
  'again',
  'on',
  'main',
  'since',
  'Monday',
  'please',
  'look',
  'thanks',
  'flaky',
  'naïve',
  '再実行',
  'ошибка',
  '🚀',
  '**bold**',
  '_soft_',
  '`code`',
  '``a ` b``',
  '[link](https://example.com)',
  '<https://example.com>',
  '![image](a.png)',
  '~~struck~~',
  'www.example.com',
  '@octocat',
  '#12',
  'a<b',
  '2*3',
  'snake_case_name',
  'andon',
  '/etc/andon',
  '&amp;',
  'List<String>',
  '<br>',
  '[^1]',
  '\\*',
  '100%',
  '$5',
  'C:\\andon',
  '`/andon retry`',
  '"/andon"',
  '(/andon why)',
  '<!-- aside -->',
] as const

/** Commands that are typed slightly wrong. */
const NEAR_MISSES: readonly ((plant: string) => string)[] = [
  (plant) => `please ${plant}`,
  (plant) => `\\${plant}`,
  (plant) => `*${plant}*`,
  (plant) => `**${plant}**`,
  (plant) => `~~${plant}~~`,
  (plant) => `\`${plant}\``,
  (plant) => `"${plant}"`,
  (plant) => `(${plant})`,
  (plant) => `[${plant}](https://example.com)`,
  (plant) => `\u200b${plant}`,
  (plant) => `\u00a0${plant}`,
  (plant) => `<b>${plant}</b>`,
  (plant) => `<!-- x --> ${plant}`.replace('<!--', 'x <!--'),
  (plant) => plant.replace(/andon/i, '\u0430ndon'),
  (plant) => plant.replace(/andon/i, 'and\u043en'),
  (plant) => plant.replace(/andon/i, 'andon\u200b'),
  (plant) => plant.replace(/andon/i, 'andons'),
  (plant) => plant.replace('/', '\u2215'),
  (plant) => plant.replace('/', '//'),
  (plant) => `&#47;${plant.slice(1)}`,
]
