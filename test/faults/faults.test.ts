import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mergeOutcomes, type RowOutcome, tableRow } from './outcome.ts'
import { FAULT_ROWS, type FaultRow } from './rows.ts'

const ROW: FaultRow = { name: 'kill', promise: 'a promise', file: 'a.test.ts', project: 'processes' }

test('every row has a name of its own, and a file with the words of the tests that it selects', () => {
  expect(new Set(FAULT_ROWS.map(({ name }) => name)).size).toBe(FAULT_ROWS.length)
  for (const { name, file, tests } of FAULT_ROWS) {
    const text = readFileSync(file, 'utf8')
    for (const word of tests?.split(/[ |]/) ?? []) expect(text, name).toContain(word)
  }
})

test('counts add up over the tests of a row, the longest time to converge stays, and what does not apply is a dash', () => {
  const measurements = [
    { faults: 100, lost: 0, converge: 12.5, on: 'Postgres' },
    { faults: 1_020, lost: 1, converge: 7 },
  ]
  expect(tableRow({ row: ROW, held: false, seeds: [7], measurements })).toBe(
    '| `kill` | a promise | 1,120 | 1 | – | – | – | 12.5 | 7 | **broken** | on Postgres |',
  )
})

test('runs with several seeds are one row, which holds only if each did', () => {
  const runs = [1, 2, 3].map(
    (seed): RowOutcome => ({
      row: ROW,
      held: seed !== 2,
      seeds: [seed],
      measurements: [{ faults: 10, doubled: 0, round: `${seed}` }],
    }),
  )
  expect(tableRow(runs.reduce((before, after) => mergeOutcomes(before, after)))).toBe(
    '| `kill` | a promise | 30 | – | 0 | – | – | – | 1–3 | **broken** | round 3 |',
  )
})

test.each([
  [['--only', 'nothing'], 'there is no row "nothing"'],
  [['--seed', 'x'], '--seed must be a whole number from 1 on, and not "x".'],
  [['--minutes', '0'], '--minutes must be a whole number'],
  [['--often'], "Unknown option '--often'"],
])('called with %j, it says what is wrong and how it is called, and ends with 2', (words, complaint) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/faults/main.ts', ...words], {
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(`npm run faults: ${complaint}`)
  expect(stderr).toContain('usage: npm run faults')
})
