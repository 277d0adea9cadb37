// What a comment would cost to read. Structure decides whether a command fires, so structure may never be guessed; but
// some structures take a CommonMark parser time that grows with the square of their length. Measured on 65,536
// characters: 16,000 lines after a hundred lists in one line 54 s, 9,000 openings of HTML comments 17 s, 11,000 underlined
// headings 7 s. What these bounds let through was read within 350 ms on a busy machine: docs/decisions/0007-bounded-reading.md.

/** Would it take too long to read? The estimate is linear in the length of the comment, and never too low. */
export function isTooComplex(lines: readonly string[]): boolean {
  if (lines.length > MAX_LINES || totalLength(lines) > MAX_LENGTH) return true
  if (countOpenContainers(lines) > MAX_OPEN_CONTAINERS) return true
  const texts = splitParagraphs(lines)
  if (sumOf(texts, (text) => countDelimiters(text) ** 2) > MAX_DELIMITERS ** 2) return true
  return sumOf(texts, unclosedScanCost) > MAX_SCANNED
}

/** As Markdown has it: other spaces than these are text. */
export function isBlank(line: string): boolean {
  return /^[ \t]*$/.test(line)
}

// GitHub's limit is 65,536 code points.
const MAX_LENGTH = 2 * 65_536
const MAX_LINES = 2_500
const MAX_OPEN_CONTAINERS = 10_000
const MAX_DEPTH = 100
const MAX_DELIMITERS = 8_000
const MAX_SCANNED = 2_000_000

function totalLength(lines: readonly string[]): number {
  return sumOf(lines, ({ length }) => length + 1)
}

function sumOf(texts: readonly string[], cost: (text: string) => number): number {
  return texts.reduce((sum, text) => sum + cost(text), 0)
}

/** Each line is offered to every quote, list item and footnote that may still be open: how often, at most. */
function countOpenContainers(lines: readonly string[]): number {
  let sum = 0
  let open = 0
  let follows = false
  for (const line of lines) {
    const { markers, indent, isEmpty } = parseContainerPrefix(line)
    if (markers > MAX_DEPTH) return Number.POSITIVE_INFINITY
    // Without a blank line before it, a line may go on with the paragraph in all that is open, however it begins itself.
    const kept = follows || isEmpty ? open : Math.min(open, Math.floor(indent / 2))
    open = isEmpty ? kept : Math.max(follows ? kept : 0, Math.min(open, Math.floor(indent / 2)) + markers)
    sum += Math.max(kept, open)
    follows = !isEmpty
  }
  return sum
}

/** The quotes, list items and footnotes that a line opens, and the columns before and between them. */
function parseContainerPrefix(line: string): { markers: number; indent: number; isEmpty: boolean } {
  const next = /([ \t]*)(?:>|\[\^[^\]]*\]:|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$))/y
  let markers = 0
  let indent = 0
  let end = 0
  for (let found = next.exec(line); found !== null && markers <= MAX_DEPTH; found = next.exec(line)) {
    markers += 1
    indent += countColumns(found[1] ?? '')
    end = next.lastIndex
  }
  const rest = line.slice(end)
  const text = rest.replace(/^[ \t]+/, '')
  return { markers, indent: indent + countColumns(rest.slice(0, rest.length - text.length)), isEmpty: isBlank(line) }
}

function countColumns(space: string): number {
  return space.length + 3 * (space.split('\t').length - 1)
}

/** Runs of lines that are not blank: no paragraph is longer than one. */
export function splitParagraphs(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => (isBlank(line) ? '' : line))
    .join('\n')
    .split(/\n{2,}/)
}

/** What cuts a text into pieces, all of which the parser moves about each time it joins two of them. */
function countDelimiters(text: string): number {
  return text.match(/[[\]!&\\<`*_~]/g)?.length ?? 0
}

/** What opens and is never closed is searched for its end each time it opens: how many characters, all in all. */
function unclosedScanCost(text: string): number {
  const html = HTML_DELIMITERS.map(([opens, closes]) =>
    unclosedHtmlCost(text.slice(text.lastIndexOf(closes) + 1), opens),
  )
  return html.reduce((sum, searched) => sum + searched, unclosedBackticksCost(text))
}

const HTML_DELIMITERS = [
  [/<!--/g, '-->'],
  [/<\?/g, '?>'],
  [/<!\[CDATA\[/g, ']]>'],
  [/<![a-z]/gi, '>'],
] as const

function unclosedHtmlCost(rest: string, opens: RegExp): number {
  return [...rest.matchAll(opens)].reduce((sum, { index }) => sum + rest.length - index, 0)
}

/** Runs of backticks that no later run of the same length closes. A backslash takes the first one away when a run opens, not when it closes. */
function unclosedBackticksCost(text: string): number {
  const runs = [...text.matchAll(/(\\?)(`+)/g)].map(({ 1: slash = '', 2: ticks = '', index }) => {
    return { index, length: ticks.length, opens: ticks.length - slash.length }
  })
  const last = new Map(runs.map(({ length, index }) => [length, index] as const))
  const alone = runs.filter(({ index, opens }) => opens > 0 && (last.get(opens) ?? -1) <= index)
  return alone.reduce((sum, { index }) => sum + text.length - index, 0)
}
