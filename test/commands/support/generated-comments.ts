// Comments made of blocks whose kind is known because they were made so, not because a parser said so. Each block says
// which of the commands planted in it must fire.
import { type Seeded, seeded } from '../../support/seeded-random.ts'
import { SILENT } from './inert-blocks.ts'

export type Document = {
  readonly text: string
  /** What must fire, in order, as typed. */
  readonly fires: readonly string[]
  /** How many commands stand where they must not fire. */
  readonly silent: number
}

/** How a block may touch its neighbours without a blank line between. */
export type Block = {
  readonly kind: string
  readonly lines: readonly string[]
  readonly fires: readonly string[]
  readonly silent: number
  /** Ends by itself: a paragraph may follow in the next line. */
  readonly closes: boolean
  /** May begin in the line after a paragraph. */
  readonly interrupts: boolean
  /** A container that would take an indented paragraph in. */
  readonly contains: boolean
  /** Everything after it belongs to it. */
  readonly swallows: boolean
}

export const PLANTS = [
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
export function documentOf(seed: number): Document {
  const chance = seeded(seed)
  const blocks: Block[] = []
  const count = 1 + chance.integer(8)
  while (blocks.length < count) {
    const before = blocks.at(-1)
    const block = chance.next() < 0.45 ? paragraph(chance, before) : chance.pick(SILENT)(chance, before)
    blocks.push(block)
    if (!block.swallows) continue
    const after = paragraph(chance, block)
    // The end of an aside would end an unclosed comment too.
    blocks.push({ ...after, lines: after.lines.map((line) => line.replaceAll('-->', '')) })
    break
  }
  const swallowed = blocks.findIndex((block) => block.swallows)
  const heard = swallowed < 0 ? blocks : blocks.slice(0, swallowed + 1)
  const all = blocks.flatMap((block) => block.fires)
  const fires = heard.flatMap((block) => block.fires)
  const silent = blocks.reduce((sum, block) => sum + block.silent, 0) + all.length - fires.length
  return { text: joined(chance, blocks), fires, silent }
}

function joined(chance: Seeded, blocks: readonly Block[]): string {
  const newline = chance.pick(['\n', '\n', '\r\n', '\r'])
  let text = chance.pick(['', '', newline, `  ${newline}`])
  for (const [index, block] of blocks.entries()) {
    text += block.lines.join(newline)
    const next = blocks[index + 1]
    if (next) text += mayTouch(block, next) && chance.next() < 0.5 ? newline : newline.repeat(2 + chance.integer(2))
  }
  return text + chance.pick(['', '', newline, newline + newline])
}

function mayTouch(block: Block, next: Block): boolean {
  if (block.kind === 'paragraph') return next.interrupts
  return block.closes && (next.kind === 'paragraph' || next.interrupts)
}

/** Words of a paragraph, some of whose lines are commands, and some only look like it. */
function paragraph(chance: Seeded, before: Block | undefined): Block {
  const fires: string[] = []
  let silent = 0
  const lines = Array.from({ length: 1 + chance.integer(4) }, (_, index) => {
    const deep = index > 0
    // Where a container could take it in, only the first columns are surely outside.
    const indent = ' '.repeat(!deep && before?.contains ? 0 : chance.integer(4))
    const roll = chance.next()
    if (roll < 0.35) {
      const plant = chance.pick(PLANTS)
      fires.push(plant)
      return indent + plant + chance.pick(['', '', '  ', '\t'])
    }
    if (roll < 0.5) {
      silent += 1
      return indent + chance.pick(NEARLY)(chance.pick(PLANTS))
    }
    if (roll < 0.6 && deep) {
      silent += 1
      return `${chance.pick(['    ', '\t', '       ', '  \t'])}${chance.pick(PLANTS)}`
    }
    return indent + sentence(chance)
  })
  return { kind: 'paragraph', lines, fires, silent, closes: false, interrupts: false, contains: false, swallows: false }
}

/** Words that mean nothing to Markdown, with a little markup that is closed where it stands. */
export function sentence(chance: Seeded): string {
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

/** What is typed when something about a command is not quite right. */
const NEARLY: readonly ((plant: string) => string)[] = [
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
