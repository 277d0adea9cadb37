// Cells of the first table of docs/reference/strangers.md: somebody of the column does what the row says. The short form
// takes two people for each fact, in turn; the full count takes every cell.
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { readTestTitles } from '../support/test-titles.ts'
import { FACTS } from './support/facts-of-strangers.ts'
import { LINE_WITH_REVIEW, type LineWorld, openLineWorld } from './support/line-world.ts'

const PAGE = readFileSync('docs/reference/strangers.md', 'utf8')
const [header = [], ...rows] = PAGE.split('\n\n')
  .filter((part) => part.startsWith('| fact | write'))
  .flatMap((table) => table.split('\n'))
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '))

const ACTORS = ['linus', 'trinity', 'passerby', 'dependabot[bot]', 'claude[bot]']
const CONFIGURATION = `${LINE_WITH_REVIEW}limits: { running: 100, starts_per_day: 500 }\nbots: [claude]\n`

test('the table has a row for every fact, and no other', () => {
  expect(header).toHaveLength(1 + ACTORS.length)
  expect(rows.map(([fact]) => fact)).toEqual(Object.keys(FACTS))
})

test('every row of the second table names a whole test of a file that exists', () => {
  const named = [...PAGE.matchAll(/\]\(\.\.\/\.\.\/(test\/.+?)\)(?: › (.+?))? \|$/gm)]
  expect(named.length).toBeGreaterThan(7)
  const missing = named.filter(
    ([, file = '', title = '']) => !existsSync(file) || !readTestTitles(file).includes(title),
  )
  expect(missing.map(([cell]) => cell)).toEqual([])
})

let cells = 0
let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld(CONFIGURATION)
})
afterAll(async () => {
  await world.close()
  recordMeasurements('strangers', { faults: cells, wrong: 0, facts: rows.length })
})

const PEOPLE_PER_FACT = repetitions(2, ACTORS.length)
const CELLS = rows.map(([fact = '', ...expected], row) => {
  const all = expected.map((cell, column) => [header[column + 1], ACTORS[column] ?? '', cell] as const)
  return { fact, cells: all.filter((_, column) => (column + row) % ACTORS.length < PEOPLE_PER_FACT) }
})

describe.each(CELLS)('$fact', ({ fact, cells: some }) => {
  test.each(some)('%s (%s): %s', async (_, actor, cell) => {
    const act = FACTS[fact]
    if (act === undefined) throw new Error(`nobody knows how to do this: ${fact}`)
    const what = await act(world, actor)
    expect(what).toBe(cell)
    cells += 1
  })
})
