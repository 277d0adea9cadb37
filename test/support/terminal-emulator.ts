// The screen of a terminal, as far as a program of ours may use one. Any other control character or sequence throws: that is
// how a test knows that nobody's title can send one.
import { expect } from 'vitest'

export type TerminalEmulator = {
  /** Takes what a program writes, in pieces of any size. */
  write(text: string): void
  /** What stands on the screen. */
  text(): string
  lines(): readonly string[]
  /** What was written outside the program's own screen: before it came, and after it went. */
  outside(): string
  /** How often the whole screen was cleared, and how many lines were written. */
  cleared(): number
  drawn(): number
  /** How often a colour or a weight began. */
  styled(): number
  /** The names of the modes that differ from how a terminal begins. */
  changedModes(): readonly string[]
}

const MODES: Readonly<Record<string, string>> = {
  '1049h': 'own screen',
  '25l': 'hidden cursor',
  '7l': 'no wrapping',
  '2026h': 'update',
}
const UNDO: Readonly<Record<string, string>> = { h: 'l', l: 'h' }
const ESCAPE = '\x1b'
const SEQUENCE = new RegExp(`^${ESCAPE}\\[(?:\\?(\\d+[hl])|(\\d+);1H|(K)|(2J)|([\\d;]*)m)`)
/** It may go on with the next piece. */
const BEGINNING = new RegExp(`^${ESCAPE}(\\[[?\\d;]*)?$`)

export function openTerminalEmulator(): TerminalEmulator {
  const changed = new Set<string>()
  let lines: string[] = []
  let outside = ''
  let row = 0
  let pending = ''
  let [cleared, drawn, styled] = [0, 0, 0]

  function control(sequence: RegExpExecArray): void {
    const [, mode, toRow, , clear, style] = sequence
    if (mode !== undefined) {
      const undone = mode.slice(0, -1) + UNDO[mode.slice(-1)]
      if (MODES[mode] !== undefined) changed.add(MODES[mode])
      else if (MODES[undone] !== undefined) changed.delete(MODES[undone])
      else expect.fail(`an unknown mode: ${mode}`)
      if (mode === '1049h') lines = []
    } else if (toRow !== undefined) {
      row = Number(toRow) - 1
      lines[row] = ''
      drawn += 1
    } else if (clear !== undefined) {
      lines = []
      cleared += 1
    } else if (style !== undefined) {
      if (style !== '0') changed.add('style')
      if (/^(0|22|39)$/.test(style)) changed.delete('style')
      else styled += 1
    }
  }

  return {
    write(text) {
      pending += text
      while (pending !== '') {
        const sequence = SEQUENCE.exec(pending)
        if (sequence !== null) {
          control(sequence)
          pending = pending.slice(sequence[0].length)
          continue
        }
        if (BEGINNING.test(pending)) return
        const plain = /^[^\p{C}]+|^[\r\n\t]+/u.exec(pending)?.[0] ?? ''
        if (plain === '') expect.fail(`the terminal would execute ${JSON.stringify(pending.slice(0, 40))}`)
        if (changed.has('own screen')) lines[row] = (lines[row] ?? '') + plain
        else outside += plain
        pending = pending.slice(plain.length)
      }
    },
    text: () => lines.join('\n'),
    lines: () => lines,
    outside: () => outside,
    cleared: () => cleared,
    drawn: () => drawn,
    styled: () => styled,
    changedModes: () => [...changed],
  }
}
