import { expect, test } from 'vitest'
import type { BoardRow } from '../../src/render/board-row.ts'
import { pipelineDetailOf } from '../../src/render/pipeline-detail.ts'
import { orderRows } from '../../src/render/row-order.ts'
import { ageText, boardLines, issueLines, type TerminalLine, taskLine } from '../../src/render/terminal-board.ts'
import { cutToWidth, displayWidth, fitToWidth } from '../../src/text/display-width.ts'
import { printableJson } from '../../src/text/printable.ts'
import { toBoardJson } from '../../src/web/stream-formats.ts'
import { boardFixture, busyBoard, issueTakenUp, minutesAgo, NOW } from '../web/support/board-fixtures.ts'
import { boardOf } from '../web/support/board-page.ts'

const LIVE = { now: NOW, asOf: NOW, staleness: null }
const SEQUENCES = '\x1b]0;owned\x07 \x1b[2J\x9b31m \u202egnp.exe \r\n\t\u2028 A'
const hostile = boardFixture({ id: 90, issue: 90, events: [issueTakenUp({ issue: 90, title: SEQUENCES, at: 5 })] })
const board = toBoardJson(boardOf([...busyBoard(), hostile]))

const textOf = (lines: readonly TerminalLine[]) => lines.map((line) => line.map(({ text }) => text).join(''))

test('the board fits every window, and says how many tasks it leaves out', () => {
  for (let columns = 1; columns <= 220; columns += 1) {
    for (const rows of [1, 2, 4, 5, 6, 10, 24, 60]) {
      const lines = textOf(boardLines(board, 'all repositories', LIVE, { columns, rows }))
      expect(lines.length).toBeLessThanOrEqual(rows)
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
      if (columns < 80 || rows < 6) continue
      const more = Number(/^… (\d+) more$/.exec(lines.at(-1) ?? '')?.[1] ?? 0)
      const tasks = lines.filter((line) => /^[●◆▲✖] .*#\d+ /.test(line))
      // The first two lines are the head.
      expect(tasks.length + more, `${columns}×${rows}`).toBe(board.matched)
    }
  }
})

test('more tasks than the stream carries are counted too', () => {
  const lines = textOf(boardLines({ ...board, matched: 500 }, 'acme', LIVE, { columns: 100, rows: 60 }))
  expect(lines.at(-1)).toBe('… 487 more')
})

test('a stale board is faint, but for the sentence that says so', () => {
  const stale = { ...LIVE, staleness: 'the server is silent' }
  const lines = boardLines(board, 'acme', stale, { columns: 100, rows: 40 })
  expect(textOf(lines)[2]).toBe('STALE  the server is silent; this is of 14:02:31 UTC')
  const bright = lines.flatMap((line, index) => (line.some(({ tone }) => tone !== 'faint') ? [index] : []))
  expect(bright).toEqual([2])
})

test('no text leaves a character that a terminal would execute, and JSON keeps its value without one', () => {
  const { shown, history } = hostile
  const detail = pipelineDetailOf(shown, history, NOW)
  const everything = [
    ...textOf(boardLines(board, SEQUENCES, { ...LIVE, staleness: SEQUENCES }, { columns: 150, rows: 60 })),
    ...textOf(issueLines(detail, LIVE, { columns: 150, rows: 60 })),
    ...board.pipelines.map(taskLine),
    printableJson(board),
  ]
  expect(everything.filter((text) => /\p{C}/u.test(text))).toEqual([])
  expect(everything.filter((text) => text.includes('owned'))).toHaveLength(5)
  expect(JSON.parse(printableJson(board))).toEqual(board)
  expect(JSON.parse(printableJson({ text: SEQUENCES, half: '\ud800', far: '\u{e0001}' }))).toEqual({
    text: SEQUENCES,
    half: '\ud800',
    far: '\u{e0001}',
  })
})

test('rows stand in the order in which the server lists them', () => {
  const shuffled = board.pipelines.toSorted((a, b) => ((a.issue * 7) % 13) - ((b.issue * 7) % 13))
  expect(orderRows(shuffled)).toEqual(board.pipelines)
})

test('of rows that are equally urgent and old, the one that came first on the line stands first, as on the board', () => {
  const [row] = board.pipelines
  const issues = [
    { id: 7, issue: 42 },
    { id: 8, issue: 3 },
    { id: 9, issue: 42, repository: 'acme/api' },
  ]
  const tied = issues.map((issue) => ({ ...row, ...issue }) as BoardRow)
  for (const given of [tied, tied.toReversed()]) expect(orderRows(given)).toEqual(tied)
})

test('wide characters take two columns, marks none, and nothing is cut in half', () => {
  expect(['abc', '配送', 'e\u0301', '✅', ''].map(displayWidth)).toEqual([3, 4, 1, 2, 0])
  expect([cutToWidth('配送先', 5), cutToWidth('配送先', 4), cutToWidth('abc', 3), cutToWidth('abc', 0)]).toEqual([
    '配送…',
    '配…',
    'abc',
    '',
  ])
  expect(fitToWidth('配送先', 4)).toBe('配… ')
})

test('ages are of one size', () => {
  const ages = [0, 1, 59, 60, 47 * 60 + 59, 48 * 60, 400 * 24 * 60].map((minutes) => ageText(minutesAgo(minutes), NOW))
  expect(ages).toEqual(['now', '1m', '59m', '1h', '47h', '2d', '400d'])
})
