// The board in a terminal: lines of plain text with a tone for each part. Whoever draws them decides about colour.
import type { Instant } from '../pipeline/model/time.ts'
import type { LineCounts, LineVerdict } from '../pipeline/view/verdict.ts'
import { cutToWidth, displayWidth, fitToWidth } from '../text/display-width.ts'
import { printable } from '../text/printable.ts'
import type { BoardRow } from './board-row.ts'
import { formatSecond, formatTime, LIGHT_SYMBOLS, needsYouText, VERDICT_SYMBOLS } from './labels.ts'
import { type Lamp, lampOf } from './lamp.ts'
import type { PipelineDetail, StageDetail } from './pipeline-detail.ts'

export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'busy' | 'warning' | 'bad'
export type Span = { readonly text: string; readonly tone: Tone }
/** One line of the screen, no wider than it. */
export type TerminalLine = readonly Span[]

export type TerminalSize = { readonly columns: number; readonly rows: number }

/** When it is shown and of when it is; `staleness` says in words why it may be wrong, and is null while it is current. */
export type Freshness = { readonly now: Instant; readonly asOf: Instant; readonly staleness: string | null }

/** The part of a board's answer that a terminal shows. */
export type TerminalBoard = {
  readonly verdict: LineVerdict
  readonly why: string
  readonly counts: LineCounts & Readonly<Record<'running' | 'review' | 'queued' | 'mistaken', number>>
  readonly matched: number
  readonly pipelines: readonly BoardRow[]
}

/** As much of the board as there is room for; `place` names it. */
export function boardLines(
  board: TerminalBoard,
  place: string,
  freshness: Freshness,
  size: TerminalSize,
): readonly TerminalLine[] {
  const head = [verdictLine(board), countsLine(board), freshnessLine(place, freshness), []]
  const blocks = blocksOf(board.pipelines, freshness.now, size.columns)
  const nothing = [[faint('No task to show.')]]
  const body = blocks.length === 0 ? nothing : fillRoom(blocks, board.matched, size.rows - head.length)
  return inSize([...head, ...body], freshness, size)
}

/** One issue with its stages and, as far as there is room, its history. */
export function issueLines(issue: PipelineDetail, freshness: Freshness, size: TerminalSize): readonly TerminalLine[] {
  const names = Math.max(...issue.stages.map(({ name }) => displayWidth(name)))
  const lines = [
    [stateOf(issue), strong(` ${nameOf(issue)}  `), plain(issue.title ?? '')],
    [plain(issue.reason)],
    freshnessLine(issue.url ?? nameOf(issue), freshness),
    [],
    ...issue.stages.map((stage) => stageLine(stage, names)),
    [],
    ...issue.history.map(({ at, text }) => [faint(`${formatSecond(at)}  `), plain(text)]),
  ]
  return inSize(lines, freshness, size)
}

/** One task in one line, for readers of lines. */
export function taskLine(row: BoardRow): string {
  const { text: state } = stateOf(row)
  const where = [nameOf(row), `${state}${row.needsYou ? ' (needs you)' : ''}`, row.stage, row.reason, row.title ?? '']
  return printable(where.filter((part) => part !== '').join('  '))
}

/** The head of a board in one line. */
export function headText({ verdict, why, counts }: TerminalBoard): string {
  return printable(`${VERDICT_SYMBOLS[verdict].word}: ${why}  ${countWords(counts).join(', ')}`)
}

/** `acme/widgets#42` */
export function nameOf({ repository, issue }: Pick<BoardRow, 'repository' | 'issue'>): string {
  return `${repository}#${issue}`
}

function verdictLine({ verdict, why }: TerminalBoard): TerminalLine {
  const { shape, word } = VERDICT_SYMBOLS[verdict]
  return [{ text: `${shape} ${word}`, tone: VERDICT_TONES[verdict] }, plain(`  ${why}`)]
}

const VERDICT_TONES = {
  running: 'good',
  'waiting-for-you': 'warning',
  'standing-still': 'bad',
  'nothing-to-do': 'good',
  'cannot-know': 'warning',
} as const satisfies Record<LineVerdict, Tone>

function countsLine({ counts }: TerminalBoard): TerminalLine {
  const [needs = '', ...others] = countWords(counts)
  return [{ text: needs, tone: counts.needsYou > 0 ? 'warning' : 'plain' }, plain(['', ...others].join(' · '))]
}

function countWords(counts: TerminalBoard['counts']): readonly string[] {
  const { needsYou, stalled, stale, unknown, held, mistaken } = counts
  const lights = (['running', 'review', 'queued', 'failed'] as const).map((light) => {
    return `${counts[light]} ${LIGHT_SYMBOLS[light].word}`
  })
  const sometimes: readonly (readonly [number, string])[] = [
    [stalled, 'of them stalled'],
    [stale, 'of them past limit'],
    [unknown, 'of them unknown'],
    [held, 'of them held'],
    [mistaken, mistaken === 1 ? 'file mistaken' : 'files mistaken'],
  ]
  const shown = sometimes.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return [needsYouText(needsYou), ...lights, ...shown]
}

function freshnessLine(place: string, { asOf, staleness }: Freshness): TerminalLine {
  if (staleness === null) return [faint(`${place}  as of ${formatTime(asOf)}`)]
  return [{ text: `STALE  ${staleness}; this is of ${formatTime(asOf)}`, tone: 'bad' }]
}

/** Lines that stay together. */
type Block = { readonly lines: readonly TerminalLine[]; readonly isTask: boolean }

function blocksOf(rows: readonly BoardRow[], now: Instant, columns: number): readonly Block[] {
  const widths = widthsOf(rows, columns)
  const needy = rows.filter(({ needsYou }) => needsYou)
  const others = rows.filter(({ needsYou }) => !needsYou)
  const reason = (row: BoardRow) => (row.reason === '' ? [] : [faint(`  ${row.reason}`)])
  const heading = (text: string): Block => ({ lines: [[strong(text)]], isTask: false })
  return [
    ...(needy.length === 0 ? [] : [heading('Needs you')]),
    ...needy.map((row) => ({ lines: [rowLine(row, widths, now), [plain(' '), ...reason(row)]], isTask: true })),
    ...(others.length === 0 ? [] : [heading('Active tasks')]),
    ...others.map((row) => ({ lines: [[...rowLine(row, widths, now), ...reason(row)]], isTask: true })),
  ]
}

/** The blocks that fit, and how many tasks do not. */
function fillRoom(blocks: readonly Block[], tasks: number, room: number): readonly TerminalLine[] {
  const all = blocks.flatMap(({ lines }) => lines)
  const listed = blocks.filter(({ isTask }) => isTask).length
  if (all.length <= room && listed >= tasks) return all
  let used = 0
  const fitting = blocks.filter(({ lines }) => {
    used += lines.length
    return used < room
  })
  const more = tasks - fitting.filter(({ isTask }) => isTask).length
  return [...fitting.flatMap(({ lines }) => lines), [faint(`… ${more} more`)]]
}

type Widths = { readonly state: number; readonly name: number; readonly stage: number; readonly isShort: boolean }

const WIDE_COLUMNS = 80

function widthsOf(rows: readonly BoardRow[], columns: number): Widths {
  const isShort = columns < WIDE_COLUMNS
  const widest = (texts: readonly string[], most: number) => Math.min(most, Math.max(...texts.map(displayWidth)))
  return {
    isShort,
    state: widest(
      rows.map((row) => stateOf(row).text),
      16,
    ),
    name: widest(
      rows.map((row) => shownNameOf(row, isShort)),
      isShort ? 20 : 34,
    ),
    stage: widest(
      rows.map(({ stage }) => stage),
      12,
    ),
  }
}

function rowLine(row: BoardRow, widths: Widths, now: Instant): readonly Span[] {
  const { text, tone } = stateOf(row)
  const number = `#${row.issue}`
  const repository = cutToWidth(shownNameOf(row, widths.isShort).slice(0, -number.length), widths.name - number.length)
  const name = fitToWidth(repository + number, widths.name)
  const since = ageText(row.lastKnownAt ?? row.since, now).padStart(4)
  return [
    { text: fitToWidth(text, widths.state), tone },
    strong(`  ${name}`),
    plain(`  ${fitToWidth(row.stage, widths.stage)}`),
    faint(`  ${since}  `),
    plain(row.title ?? ''),
  ]
}

function shownNameOf({ repository, issue }: BoardRow, isShort: boolean): string {
  const name = isShort ? repository.slice(repository.indexOf('/') + 1) : repository
  return printable(`${name}#${issue}`)
}

/** The light, or what is wrong with it: a shape and words, so that colour is never alone. */
function stateOf({ light, health, held }: BoardRow): Span {
  const shown = lampSpan(lampOf(light, health))
  return held && health === 'ok' ? { text: `${shown.text}, held`, tone: 'warning' } : shown
}

function lampSpan({ status, word, isUnwell }: Lamp): Span {
  return { text: `${LIGHT_SYMBOLS[status].shape} ${word}`, tone: isUnwell ? 'warning' : TONES[status] }
}

const TONES = {
  running: 'busy',
  review: 'warning',
  queued: 'plain',
  failed: 'bad',
  done: 'good',
  idle: 'faint',
  cancelled: 'faint',
  skipped: 'faint',
} as const satisfies Record<StageDetail['status'], Tone>

function stageLine({ name, status, health, reason }: StageDetail, width: number): TerminalLine {
  const { text, tone } = lampSpan(lampOf(status, health))
  return [strong(`${fitToWidth(name, width)}  `), { text: `${text.padEnd(11)} `, tone }, plain(reason)]
}

/** `now`, `12m`, `3h`, `2d`: it changes once a minute. */
export function ageText(since: Instant, now: Instant): string {
  const minutes = Math.floor((Date.parse(now) - Date.parse(since)) / 60_000)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes}m`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / (24 * 60))}d`
}

/** Cut to the screen. What may be wrong is faint, but for the sentence that says so. */
function inSize(lines: readonly TerminalLine[], { staleness }: Freshness, size: TerminalSize): readonly TerminalLine[] {
  return lines.slice(0, size.rows).map((line, index) => {
    let left = size.columns
    return line.map(({ text, tone }) => {
      const fitting = cutToWidth(printable(text), left)
      left -= displayWidth(fitting)
      return { text: fitting, tone: staleness !== null && index !== FRESHNESS_LINE ? 'faint' : tone }
    })
  })
}

const FRESHNESS_LINE = 2

const plain = (text: string): Span => ({ text, tone: 'plain' })
const strong = (text: string): Span => ({ text, tone: 'strong' })
const faint = (text: string): Span => ({ text, tone: 'faint' })
