// `npm run faults`: every fault at full count, one after the other, each from a seed. Prints a table as it goes and
// writes it to docs/faults.md. `--seed N` sets the seed, `--only NAME[,NAME]` runs some rows and renews only theirs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Measurements } from '../support/measurements.ts'
import { findPostgres, startCluster } from '../support/postgres-cluster.ts'
import { FAULT_ROWS, type FaultRow } from './rows.ts'

type Outcome = {
  readonly row: FaultRow
  readonly held: boolean
  readonly seconds: number
  readonly measurements: readonly string[]
}

const FULL_COUNT_TIMEOUTS = ['--testTimeout=3600000', '--hookTimeout=120000']
const PAGE = 'docs/faults.md'
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, only: { type: 'string' } } })
const scratch = mkdtempSync(join(tmpdir(), 'andon-faults-'))
try {
  process.exitCode = await runRows()
} catch (error) {
  console.error(`npm run faults: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function runRows(): Promise<number> {
  const rows = selectedRows()
  if (!/^\d+$/.test(values.seed)) throw new Error('--seed must be a whole number.')
  const binaries = findPostgres()
  if (!process.env.ANDON_TEST_POSTGRES && !binaries) {
    throw new Error(
      'no Postgres server was found: install one (apt-get install postgresql) or set ANDON_TEST_POSTGRES.',
    )
  }
  const cluster = process.env.ANDON_TEST_POSTGRES || !binaries ? null : await startCluster(binaries)
  const outcomes: Outcome[] = []
  try {
    for (const row of rows) {
      const outcome = await runRow(row, process.env.ANDON_TEST_POSTGRES ?? cluster?.url ?? '')
      outcomes.push(outcome)
      console.log(
        `\n${outcome.held ? '✓' : '✖'} ${row.name}  ${outcome.seconds} s  ${outcome.measurements.join('; ')}\n`,
      )
    }
  } finally {
    await cluster?.remove()
  }
  const lines = new Map([
    ...previousTableRows(),
    ...outcomes.map((outcome) => [outcome.row.name, tableRow(outcome)] as const),
  ])
  console.log(table(outcomes.map(tableRow)))
  writeFileSync(PAGE, page(table(FAULT_ROWS.flatMap(({ name }) => lines.get(name) ?? []))))
  return outcomes.every(({ held }) => held) ? 0 : 1
}

function selectedRows(): readonly FaultRow[] {
  const only = values.only?.split(',')
  const unknown = only?.find((name) => !FAULT_ROWS.some((row) => row.name === name))
  if (unknown) throw new Error(`there is no row "${unknown}": ${FAULT_ROWS.map(({ name }) => name).join(', ')}.`)
  return FAULT_ROWS.filter(({ name }) => !only || only.includes(name))
}

async function runRow(row: FaultRow, postgres: string): Promise<Outcome> {
  console.log(`── ${row.name}: ${row.promise}`)
  const startedAt = Date.now()
  const file = join(scratch, `${row.name}.jsonl`)
  const runArguments = ['run', row.file, '--project', row.project, '--reporter=default', ...FULL_COUNT_TIMEOUTS]
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...runArguments, ...testsOf(row)], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ANDON_FAULTS: 'full',
      ANDON_SEED: values.seed,
      ANDON_MEASUREMENTS: file,
      ANDON_TEST_POSTGRES: postgres,
    },
  })
  const [code] = await once(child, 'exit')
  return {
    row,
    held: code === 0,
    seconds: Math.round((Date.now() - startedAt) / 1000),
    measurements: measurementsIn(file),
  }
}

function testsOf({ tests }: FaultRow): readonly string[] {
  return tests ? ['--testNamePattern', tests] : []
}

function measurementsIn(file: string): readonly string[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => {
    const { figures } = JSON.parse(line) as { figures: Measurements }
    return Object.entries(figures)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  })
}

function tableRow({ row, held, measurements }: Outcome): string {
  const found = measurements.join('; ') || 'none recorded'
  return `| \`${row.name}\` | ${row.promise} | ${found} | ${values.seed} | ${held ? 'held' : '**broken**'} |`
}

function table(lines: readonly string[]): string {
  return ['| row | promise | figures | seed | |', '|---|---|---|--:|---|', ...lines].join('\n')
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

The faults that \`npm run faults\` injects into Andon, and their results. Each row is a test file, and \`npm test\` runs a short form of it. Randomness comes from
a seed: \`npm run faults -- --seed 7 --only kill\` runs one row with another seed.

${table}

Node ${process.versions.node}, ${cpus().length} cores; real Postgres and real processes where a row names them.
`
}
