// `npm run faults`: every fault at full count, one after the other, each from a seed. Prints a table as it goes and writes
// it to docs/faults.md. Ends with 0 when every row held, with 1 when one is broken, with 2 when it was called wrongly.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Measurements } from '../support/measurements.ts'
import { findPostgres, startCluster } from '../support/postgres-cluster.ts'
import { mergeOutcomes, type RowOutcome, TABLE_HEAD, tableRow } from './outcome.ts'
import { FAULT_ROWS, type FaultRow } from './rows.ts'

const USAGE = `usage: npm run faults -- [--only ROW[,ROW…]] [--seed N] [--minutes N] [--list]
  --only     runs these rows, and renews only theirs in docs/faults.md
  --seed     the first seed, 1 without
  --minutes  again and again with new seeds until that time is up; how long \`soak\` takes
  --list     prints the rows and runs none`
const PAGE = 'docs/faults.md'
const MINUTE_MS = 60_000
/** Longer than any row takes by itself. */
const LONGEST_TEST_MS = 3 * 60 * MINUTE_MS

class WrongUsage extends Error {}

const scratch = mkdtempSync(join(tmpdir(), 'andon-faults-'))
try {
  process.exitCode = await main()
} catch (error) {
  console.error(`npm run faults: ${error instanceof Error ? error.message : error}`)
  if (error instanceof WrongUsage) console.error(USAGE)
  process.exitCode = error instanceof WrongUsage ? 2 : 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

type Plan = {
  readonly rows: readonly FaultRow[]
  readonly seed: number
  readonly minutes: number | null
  readonly list: boolean
}

async function main(): Promise<number> {
  const plan = readPlan()
  if (plan.list) {
    for (const { name, promise } of plan.rows) console.log(`${name.padEnd(22)} ${promise}`)
    return 0
  }
  const { url, end } = await openPostgres()
  const outcomes = new Map<string, RowOutcome>()
  try {
    await runRows(plan, url, outcomes)
  } finally {
    await end()
    if (outcomes.size > 0) writePage(outcomes)
  }
  return [...outcomes.values()].every(({ held }) => held) ? 0 : 1
}

function readPlan(): Plan {
  const values = readOptions()
  const [seed, minutes] = (['seed', 'minutes'] as const).map((name) => {
    const text = values[name]
    if (text !== undefined && !/^[1-9]\d{0,5}$/.test(text))
      throw new WrongUsage(`--${name} must be a whole number from 1 on, and not "${text}".`)
    return text === undefined ? null : Number(text)
  })
  const only = values.only?.split(',')
  const unknown = only?.find((name) => !FAULT_ROWS.some((row) => row.name === name))
  if (unknown !== undefined) throw new WrongUsage(`there is no row "${unknown}": --list prints them.`)
  const rows = FAULT_ROWS.filter(({ name }) => !only || only.includes(name))
  return { rows, seed: seed ?? 1, minutes: minutes ?? null, list: values.list ?? false }
}

function readOptions() {
  const text = { type: 'string' } as const
  try {
    return parseArgs({ options: { seed: text, only: text, minutes: text, list: { type: 'boolean' } } }).values
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : `${error}`)
  }
}

async function openPostgres(): Promise<{ url: string; end: () => Promise<void> }> {
  if (process.env.ANDON_TEST_POSTGRES) return { url: process.env.ANDON_TEST_POSTGRES, end: async () => undefined }
  const binaries = findPostgres()
  if (!binaries)
    throw new Error(
      'no Postgres server was found: install one (apt-get install postgresql) or set ANDON_TEST_POSTGRES.',
    )
  const cluster = await startCluster(binaries)
  return { url: cluster.url, end: cluster.remove }
}

/** Each row with the first seed; then again with the next, as long as there is time. */
async function runRows(plan: Plan, postgres: string, outcomes: Map<string, RowOutcome>): Promise<void> {
  const { rows, minutes } = plan
  const until = Date.now() + (minutes ?? 0) * MINUTE_MS
  for (let { seed } = plan; ; seed += 1) {
    for (const row of rows) {
      if (seed > plan.seed && Date.now() >= until) return
      const outcome = await runRow(row, { seed, minutes, postgres })
      const before = outcomes.get(row.name)
      outcomes.set(row.name, before ? mergeOutcomes(before, outcome) : outcome)
    }
    if (Date.now() >= until) return
  }
}

async function runRow(
  row: FaultRow,
  { seed, minutes, postgres }: { seed: number; minutes: number | null; postgres: string },
): Promise<RowOutcome> {
  console.log(`── ${row.name}, seed ${seed}: ${row.promise}`)
  const startedAt = Date.now()
  const file = join(scratch, `${row.name}-${seed}.jsonl`)
  const timeouts = [`--testTimeout=${LONGEST_TEST_MS + (minutes ?? 0) * MINUTE_MS}`, `--hookTimeout=${2 * MINUTE_MS}`]
  const tests = row.tests ? ['--testNamePattern', row.tests] : []
  const words = ['run', row.file, '--project', row.project, '--reporter=default', ...timeouts, ...tests]
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...words], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ANDON_FAULTS: 'full',
      ANDON_SEED: `${seed}`,
      ...(minutes !== null && { ANDON_MINUTES: `${minutes}` }),
      ANDON_MEASUREMENTS: file,
      ANDON_TEST_POSTGRES: postgres,
    },
  })
  const [code] = await once(child, 'exit')
  const outcome = { row, held: code === 0, seeds: [seed], measurements: measurementsIn(file) }
  console.log(`\n${outcome.held ? '✓' : '✖'} ${Math.round((Date.now() - startedAt) / 1000)} s ${tableRow(outcome)}\n`)
  return outcome
}

function measurementsIn(file: string): readonly Measurements[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => (JSON.parse(line) as { figures: Measurements }).figures)
}

function writePage(outcomes: ReadonlyMap<string, RowOutcome>): void {
  const renewed = [...outcomes].map(([name, outcome]) => [name, tableRow(outcome)] as const)
  console.log([TABLE_HEAD, ...renewed.map(([, text]) => text)].join('\n'))
  const rows = new Map([...previousTableRows(), ...renewed])
  writeFileSync(PAGE, page([TABLE_HEAD, ...FAULT_ROWS.flatMap(({ name }) => rows.get(name) ?? [])].join('\n')))
}

/** The table rows of faults that are not run this time. */
function previousTableRows(): readonly (readonly [string, string])[] {
  if (!existsSync(PAGE)) return []
  const lines = readFileSync(PAGE, 'utf8').split('\n')
  return lines.flatMap((text) => {
    const name = /^\| `(\S+)` \|/.exec(text)?.[1]
    return name === undefined ? [] : [[name, text] as const]
  })
}

function page(table: string): string {
  return `# Faults

The faults that \`npm run faults\` inflicts on Andon, and what came of them. Each row is a test file, and \`npm test\` runs a short form of it. It needs
a Postgres server (one on the PATH, or \`ANDON_TEST_POSTGRES\`). Randomness comes from a seed, which is printed:

\`\`\`sh
npm run faults                                     # everything, one row after the other: some hours
npm run faults -- --list                           # the rows
npm run faults -- --only kill,flood --seed 7       # two rows, with another seed
npm run faults -- --only kills --minutes 30        # again and again with new seeds, for half an hour
npm run faults -- --only soak --minutes 60         # an hour under load
\`\`\`

*How many* times the fault struck (or cases were tried); what was *lost* (acknowledged and not applied, or missed and never found); *doubled* (happened twice and must happen
once); *stuck* (neither done nor needing a person when all was over); *wrong* (a light, word or number that differs from what GitHub itself knows at the end); and the
longest *time to converge*, from the last fault until all was right. Seconds are those of Andon's clock, which is fast or set by hand in most rows. A dash: does not apply.

${table}

Node ${process.versions.node}, ${cpus().length} cores; real Postgres and real processes where a row names them.
`
}
