// Where what is watched goes: lines for people, lines of JSON for programs, or a screen that is kept current.
import type { Instant } from '../pipeline/model/time.ts'
import type { BoardRow } from '../render/board-row.ts'
import type { PipelineDetail } from '../render/pipeline-detail.ts'
import { boardLines, headText, issueLines, nameOf, taskLine } from '../render/terminal-board.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { printable, printableJson } from '../text/printable.ts'
import type { BoardJson } from '../web/stream-formats.ts'
import { openScreen } from './terminal-screen.ts'
import type { ShownUpdate } from './watched-board.ts'

export type Outlet = {
  /** What is shown is current, and this is what it is. */
  show(update: ShownUpdate): void
  /** What is shown is of the last moment before; told again for each try that fails. */
  lose(lost: Loss): void
  close(): void
}

export type Loss = { readonly why: string; readonly asOf: Instant | null; readonly retryAt: number | null }

/** One JSON object in each line: what is shown, each change, and each time that nothing is known. */
export function openJsonLines(write: (line: string) => void): Outlet {
  return {
    show(update) {
      if (update.kind === 'board') write(printableJson({ type: 'snapshot', ...update.board }))
      if (update.kind === 'change') write(printableJson({ type: 'change', ...update.change }))
      if (update.kind === 'issue') write(printableJson({ type: 'issue', ...update.issue }))
    },
    lose: ({ why, asOf }) => write(printableJson({ type: 'lost', why, asOf })),
    close: () => undefined,
  }
}

/** One line for each task that is new or has changed. */
export function openTextLines(write: (line: string) => void, warn: (line: string) => void): Outlet {
  let before = new Map<string, string>()
  let head = ''
  let isLost = false

  function showRows(rows: readonly BoardRow[], asOf: Instant): void {
    const now = new Map(rows.map((row) => [nameOf(row), taskLine(row)]))
    for (const [name, line] of now) if (before.get(name) !== line) write(`${asOf}  ${line}`)
    for (const name of before.keys()) if (!now.has(name)) write(`${asOf}  ${printable(name)}  is no longer listed`)
    before = now
  }

  return {
    show(update) {
      if (isLost) warn('connected again.')
      isLost = false
      if (update.kind === 'current') return
      if (update.kind === 'issue') return showRows([update.issue], update.issue.evidence?.at ?? update.issue.since)
      const { board } = update
      const nextHead = headText(board)
      if (nextHead !== head) write(`${board.asOf}  ${nextHead}`)
      head = nextHead
      showRows(board.pipelines, board.asOf)
    },
    lose({ why }) {
      isLost = true
      warn(`${printable(why)}; trying again.`)
    },
    close: () => undefined,
  }
}

/** The screen of a terminal. `place` names the board; `onQuit` is called when the user has enough. */
export function openTerminal(o: { readonly place: string; readonly onQuit: (by: 'q' | 'ctrl-c') => void }): Outlet {
  let shown: { readonly board: BoardJson } | { readonly issue: PipelineDetail } | null = null
  let asOf: Instant | null = null
  let readAt = 0
  let loss: Loss | null = null
  const screen = openScreen({
    input: process.stdin,
    output: process.stdout,
    onResize: draw,
    onKey(key) {
      if (key === 'q') o.onQuit('q')
      if (key === '\x03') o.onQuit('ctrl-c')
    },
  })
  // Ages grow, and the time until the next try goes down.
  const timer = setInterval(draw, 1_000)

  function draw(): void {
    if (asOf === null || shown === null) {
      screen.draw([[{ text: `Connecting to ${o.place} …`, tone: 'faint' }]])
      return
    }
    // The server's clock, which this machine's may differ from.
    const now = millisecondsAfter(asOf, Date.now() - readAt)
    const freshness = { now, asOf, staleness: loss && stalenessOf(loss) }
    const size = screen.size()
    screen.draw(
      'board' in shown ? boardLines(shown.board, o.place, freshness, size) : issueLines(shown.issue, freshness, size),
    )
  }

  return {
    show(update) {
      loss = null
      if (update.kind === 'issue') shown = { issue: update.issue }
      else {
        if (update.kind !== 'current') shown = { board: update.board }
        asOf = update.kind === 'current' ? update.asOf : update.board.asOf
        readAt = Date.now()
      }
      draw()
    },
    lose(next) {
      loss = next
      draw()
    },
    close() {
      clearInterval(timer)
      screen.close()
    },
  }
}

function stalenessOf({ why, retryAt }: Loss): string {
  if (retryAt === null) return why
  const seconds = Math.ceil((retryAt - Date.now()) / 1_000)
  return `${why}, ${seconds > 0 ? `next try in ${seconds} s` : 'trying now'}`
}
