// The tables of docs/reference/ cite tests by file and full title, and every citation exists.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readTestTitles } from '../support/test-titles.ts'

const transitions = readFileSync('docs/reference/transitions.md', 'utf8')
const recovery = readFileSync('docs/reference/recovery.md', 'utf8')

const sections = transitions.split(/^### /m).slice(1)

test.each(sections.map((section) => [fileOf(section), section] as const))(
  'the rows about %s are its tests, in their order',
  (file, section) => {
    expect(lastColumn(section)).toEqual(readTestTitles(file))
  },
)

test('the transitions of observed and of dispatched stages are listed', () => {
  expect(sections.map(fileOf)).toEqual(
    [
      'stages/derive-stages',
      'stages/closed-issues',
      'stages/starting',
      'stages/attempts',
      'stages/rework',
      'commands/run-commands',
      'deadlines/enforce-deadlines',
      'deadlines/attempt-clocks',
      'holds/hold-or-release',
    ].map((name) => `test/pipeline/${name}.test.ts`),
  )
  expect(lastColumn(transitions).length).toBeGreaterThan(130)
})

test('every row of the recovery table names a whole test of a file that exists', () => {
  const rows = lastColumn(recovery).map((cell) => {
    const [, file = '', title = ''] = /^\[`.+?`\]\(\.\.\/\.\.\/(.+?)\) › (.+)$/.exec(cell) ?? []
    return { cell, file, title }
  })
  expect(rows.length).toBeGreaterThan(60)
  const missing = rows.filter(({ file, title }) => !existsSync(file) || !readTestTitles(file).includes(title))
  expect(missing.map(({ cell }) => cell)).toEqual([])
})

function fileOf(section: string): string {
  return `test/${/\(\.\.\/\.\.\/test\/(.+?)\)/.exec(section)?.[1] ?? ''}`
}

/** The last cell of every row, without the table's header and rule. */
function lastColumn(text: string): readonly string[] {
  const rows = text.split('\n').filter((line) => /^\| .+ \|$/.test(line) && !line.endsWith('| test |'))
  return rows.map((row) => row.slice(2, -2).split(' | ').at(-1) ?? '')
}
