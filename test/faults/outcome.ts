// What a row came to: the measurements of its tests, over one or several seeds, as a row of the table.
import { type Measurements, OUTCOME_COLUMNS } from '../support/measurements.ts'
import type { FaultRow } from './rows.ts'

export type RowOutcome = {
  readonly row: FaultRow
  readonly held: boolean
  readonly seeds: readonly number[]
  readonly measurements: readonly Measurements[]
}

const HEADINGS: Readonly<Record<(typeof OUTCOME_COLUMNS)[number], string>> = {
  faults: 'how many',
  lost: 'lost',
  doubled: 'doubled',
  stuck: 'stuck',
  wrong: 'wrong',
  converge: 'converge, s',
}
const COLUMNS = OUTCOME_COLUMNS.map((column) => HEADINGS[column])

export const TABLE_HEAD = [
  `| row | fault, and what holds | ${COLUMNS.join(' | ')} | seed | | other figures |`,
  `|---|---|${COLUMNS.map(() => '--:|').join('')}--:|---|---|`,
].join('\n')

/** One outcome of runs with several seeds; the measurements of the last one speak for the figures that are not counted. */
export function mergeOutcomes(before: RowOutcome, after: RowOutcome): RowOutcome {
  const counted = before.measurements.map((measured) => onlyCounted(measured))
  return {
    row: after.row,
    held: before.held && after.held,
    seeds: [...before.seeds, ...after.seeds],
    measurements: [...counted, ...after.measurements],
  }
}

export function tableRow({ row, held, seeds, measurements }: RowOutcome): string {
  const cells = OUTCOME_COLUMNS.map((column) => countOf(measurements, column))
  const others = measurements.map(otherFigures).filter(Boolean).join('; ')
  const range = seeds.length > 1 ? `${seeds[0]}–${seeds.at(-1)}` : `${seeds[0]}`
  return `| \`${row.name}\` | ${row.promise} | ${cells.join(' | ')} | ${range} | ${held ? 'held' : '**broken**'} | ${others} |`
}

/** Counts add up over the tests of a row; the time to converge is the longest. */
function countOf(measurements: readonly Measurements[], column: (typeof OUTCOME_COLUMNS)[number]): string {
  const values = measurements.flatMap((measured) => measured[column] ?? [])
  if (values.length === 0) return '–'
  const count = column === 'converge' ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0)
  return count.toLocaleString('en')
}

function otherFigures(measured: Measurements): string {
  const others = Object.entries(measured).filter(([name]) => !OUTCOME_COLUMNS.some((column) => column === name))
  return others.map(([name, value]) => `${name} ${value}`).join(', ')
}

function onlyCounted(measured: Measurements): Measurements {
  return Object.fromEntries(Object.entries(measured).filter(([name]) => OUTCOME_COLUMNS.some((one) => one === name)))
}
