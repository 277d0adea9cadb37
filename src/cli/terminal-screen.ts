// A screen of its own in the terminal, which leaves what was there before as it was. Only lines that differ are written,
// between two marks for terminals that know them, so that nothing flickers.
import { styleText } from 'node:util'
import type { TerminalLine, TerminalSize, Tone } from '../render/terminal-board.ts'

export type TerminalScreen = {
  draw(lines: readonly TerminalLine[]): void
  size(): TerminalSize
  /** Restores the terminal; again without effect. */
  close(): void
}

const STYLES = {
  plain: [],
  strong: ['bold'],
  faint: ['dim'],
  good: ['green'],
  busy: ['cyan'],
  warning: ['yellow', 'bold'],
  bad: ['red', 'bold'],
} as const satisfies Record<Tone, readonly Parameters<typeof styleText>[0][]>

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l'
const [BEGIN_UPDATE, END_UPDATE] = ['\x1b[?2026h', '\x1b[?2026l']
const CLEAR = '\x1b[2J'
const CLEAR_TO_END_OF_LINE = '\x1b[K'

/** Takes the terminal over. `onResize` and `onKey` are called with what happens to it. */
export function openScreen(o: {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly onResize: () => void
  readonly onKey: (key: string) => void
}): TerminalScreen {
  const { input, output } = o
  let drawn: readonly string[] | null = null
  let isOpen = true

  // Raw, so that what is typed is not written into the picture.
  function enter(): void {
    if (!isOpen) return
    if (input.isTTY) input.setRawMode(true)
    output.write(ENTER)
    drawn = null
    o.onResize()
  }

  function leave(): void {
    output.write(LEAVE)
    if (input.isTTY) input.setRawMode(false)
  }

  function onKeys(keys: string): void {
    for (const key of keys) {
      if (key !== SUSPEND) o.onKey(key)
      else {
        leave()
        // The whole group, as the terminal itself would.
        process.kill(0, 'SIGTSTP')
      }
    }
  }

  function resize(): void {
    drawn = null
    o.onResize()
  }

  function close(): void {
    if (!isOpen) return
    isOpen = false
    process.off('SIGCONT', enter).off('exit', close)
    output.off('resize', resize)
    if (input.isTTY) input.off('data', onKeys).pause()
    leave()
  }

  process.on('SIGCONT', enter).on('exit', close)
  output.on('resize', resize)
  if (input.isTTY) input.setEncoding('utf8').on('data', onKeys).resume()
  queueMicrotask(enter)
  return {
    draw(lines) {
      const next = lines.map((line) => line.map((span) => paint(span, output)).join(''))
      const before = drawn
      const height = Math.max(next.length, before?.length ?? 0)
      const changes = Array.from({ length: height }, (_, row) => row)
        .filter((row) => before === null || before[row] !== next[row])
        .map((row) => `\x1b[${row + 1};1H${next[row] ?? ''}${CLEAR_TO_END_OF_LINE}`)
      drawn = next
      if (changes.length === 0) return
      output.write(`${BEGIN_UPDATE}${before === null ? CLEAR : ''}${changes.join('')}${END_UPDATE}`)
    },
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    close,
  }
}

const SUSPEND = '\x1a'

/** Colours where the terminal has them and NO_COLOR does not forbid them. */
function paint({ text, tone }: TerminalLine[number], output: NodeJS.WriteStream): string {
  return STYLES[tone].reduce((painted, style) => styleText(style, painted, { stream: output }), text)
}
