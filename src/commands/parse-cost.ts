// Estimates what a comment costs to parse. Structure decides whether a command fires, so it is never guessed; but some
// structures take a CommonMark parser time that grows with the square of their length. Measured on 65,536 characters:
// 16,000 lines after a hundred lists in one line 54 s, 9,000 openings of HTML comments 17 s, 11,000 underlined headings
// 7 s. Every comment within these bounds was parsed within 350 ms on a busy machine: docs/decisions/0007-bounded-reading.md.

/** Would parsing take too long? The estimate takes time linear in the length of the comment, and is never too low. */
export function isTooComplex(lines: readonly string[]): boolean {
  if (lines.length > MAX_LINES || totalLength(lines) > MAX_LENGTH) return true
  if (countOpenContainers(lines) > MAX_OPEN_CONTAINERS) return true
  const texts = splitParagraphs(lines)
  if (sumOf(texts, (text) => countDelimiters(text) ** 2) > MAX_DELIMITERS ** 2) return true
  return sumOf(texts, unclosedScanCost) > MAX_SCANNED
}

/** Blank as Markdown means it: any other kind of space is text. */
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

/** How often, at most, the parser offers a line to a quote, list item or footnote that may still be open. */
function countOpenContainers(lines: readonly string[]): number {
  let sum = 0
  let open = 0
  let isInParagraph = false
  for (const line of lines) {
    const { markers, indent, isEmpty } = parseContainerPrefix(line)
    if (markers > MAX_DEPTH) return Number.POSITIVE_INFINITY
    // Without a blank line before it, a line may continue a paragraph in all open containers, however it starts.
    const stillOpen = isInParagraph || isEmpty ? open : Math.min(open, Math.floor(indent / 2))
    open = isEmpty
      ? stillOpen
      : Math.max(isInParagraph ? stillOpen : 0, Math.min(open, Math.floor(indent / 2)) + markers)
    sum += Math.max(stillOpen, open)
    isInParagraph = !isEmpty
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

/** Characters that split a text into tokens, all of which the parser moves whenever it joins two of them. */
function countDelimiters(text: string): number {
  return text.match(/[[\]!&\\<`*_~]/g)?.length ?? 0
}

/** How many characters, in total, the parser scans for an end that never comes. */
function unclosedScanCost(text: string): number {
  const html = HTML_DELIMITERS.map(([opens, closes]) =>
    unclosedHtmlCost(text.slice(text.lastIndexOf(closes) + 1), opens),
  )
  return html.reduce((sum, cost) => sum + cost, unclosedBackticksCost(text))
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

/** The cost of backticks that no later run of the same length closes. A backslash escapes only the first of an opening run. */
function unclosedBackticksCost(text: string): number {
  const runs = [...text.matchAll(/(\\?)(`+)/g)].map(({ 1: slash = '', 2: ticks = '', index }) => {
    return { index, length: ticks.length, opens: ticks.length - slash.length }
  })
  const last = new Map(runs.map(({ length, index }) => [length, index] as const))
  const unclosed = runs.filter(({ index, opens }) => opens > 0 && (last.get(opens) ?? -1) <= index)
  return unclosed.reduce((sum, { index }) => sum + text.length - index, 0)
}
