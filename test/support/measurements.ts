// Measurements of a heavy test. `npm test` runs the short form and prints them; `npm run faults` runs the full count
// and collects them in its table.
import { appendFileSync } from 'node:fs'

/** The columns of the table that `npm run faults` prints. A row has those that apply to it. */
export const OUTCOME_COLUMNS = ['faults', 'lost', 'doubled', 'stuck', 'wrong', 'converge'] as const

/** How often the fault struck, what came of it, and in how many seconds all was right; other figures under their own words. */
export type Measurements = Readonly<Record<string, number | string>> & {
  readonly [column in (typeof OUTCOME_COLUMNS)[number]]?: number
}

/** How often a fault strikes: the short form, or the full count under `npm run faults`. */
export function repetitions(short: number, full: number): number {
  return process.env.ANDON_FAULTS === 'full' ? full : short
}

/** The minutes of `--minutes`, for what strikes as long as it is let; null without. */
export function minutesGiven(): number | null {
  return process.env.ANDON_MINUTES === undefined ? null : Number(process.env.ANDON_MINUTES)
}

/**
 * The seed of a run: `npm run faults -- --seed N`, else always the same. `own` separates generators that run side by
 * side.
 */
export function randomSeed(own = 1): number {
  return own + 1_000_003 * (Number(process.env.ANDON_SEED ?? 1) - 1)
}

/** Prints the figures under the row's name, and stores them for the table. */
export function recordMeasurements(row: string, figures: Measurements): void {
  const words = Object.entries(figures).map(([name, value]) => `${name} ${value}`)
  console.log(`${row} (seed ${randomSeed()}): ${words.join(' · ')}`)
  const file = process.env.ANDON_MEASUREMENTS
  if (file) appendFileSync(file, `${JSON.stringify({ row, figures })}\n`)
}
