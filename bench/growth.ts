// How many rows and bytes an issue leaves in each table, and how many are there in the end when 10,000 issues a day go
// through: whole lives of issues over the fake GitHub, into a throwaway Postgres. `npm run bench:growth` (`-- --quick` for
// a look); writes docs/bench-growth.md.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { sql } from 'kysely'
import type { Database } from '../src/store/database.ts'
import { prune, RETENTION_DAYS } from '../src/store/prune.ts'
import { countRows } from '../test/support/count-rows.ts'
import { openLineWorld } from '../test/world/support/line-world.ts'
import { startBenchCluster } from './cluster.ts'

const quick = process.argv.includes('--quick')
const ISSUES = quick ? 2 : 40
const ISSUES_A_DAY = 10_000
/** Longer than anything of an issue that is done is kept. */
const YEAR_MS = 365 * 24 * 60 * 60 * 1000
const CONFIGURATION = `stages:
  plan: { workflow: plan.yml }
  code: { workflow: code.yml, attempts: 3 }
  review: { pull_request: true }
`
/** For how many days the rows of an issue that is done stay. */
const DAYS_KEPT: Readonly<Record<string, number>> = {
  deliveries: RETENTION_DAYS.deliveries,
  effects: RETENTION_DAYS.effects,
  runs: RETENTION_DAYS.facts,
  pull_requests: RETENTION_DAYS.facts,
}

const cluster = await startBenchCluster()
process.env.ANDON_TEST_KIND = 'postgres'
try {
  const world = await openLineWorld(CONFIGURATION)
  const { database, clock } = world.app
  await world.settle(60)
  const before = await countRows(database)
  for (let issue = 1; issue <= ISSUES; issue += 1) {
    await liveOneLife()
    console.log(`${issue} of ${ISSUES} issues are done`)
  }
  const after = await countRows(database)
  const updates = await readUpdates(database)
  const bytes = new Map<string, number>()
  for (const table of after.keys()) bytes.set(table, await meanRowBytes(database, table))
  clock.advance(YEAR_MS / 1000)
  await prune(database, clock.now())
  const left = await countRows(database)

  // A table with fewer rows than issues grows with repositories or people, and latencies grow with time.
  const tables = [...after.keys()].filter(
    (table) => table !== 'latencies' && (after.get(table) ?? 0) - (before.get(table) ?? 0) >= ISSUES,
  )
  const lines = tables.map((table) => {
    const rows = (after.get(table) ?? 0) - (before.get(table) ?? 0)
    const days = DAYS_KEPT[table] ?? RETENTION_DAYS.pipelines
    const perRow = bytes.get(table) ?? 0
    const aDay = (rows / ISSUES) * ISSUES_A_DAY
    const kept = [aDay * days, (aDay * days * perRow) / 1e9]
    const { changed = 0, inPlace = 0 } = updates.get(table) ?? {}
    const cells = [
      (rows / ISSUES).toFixed(1),
      (changed / ISSUES).toFixed(0),
      changed === 0 ? '–' : `${Math.round((100 * inPlace) / changed)} %`,
      aDay.toLocaleString('en'),
      days,
      perRow.toFixed(0),
      millions(kept[0]),
      kept[1]?.toFixed(1),
    ]
    return `| ${[table, ...cells, Math.max(0, (left.get(table) ?? 0) - (before.get(table) ?? 0))].join(' | ')} |`
  })
  const text = `# How the database grows

Written by \`npm run bench:growth\`. ${ISSUES} issues live through plan, code, review and merge, with check runs, comments and deliveries as GitHub sends
them; rows are counted before and after, bytes are the mean of a stored row without indexes. Then a year passes and the chore that prunes runs once: *left* is what it
leaves. *Updates*: how often a row of the table is written again in an issue's life, and how many of these touch no index (HOT): the others leave what
vacuum must clear from every index. Kept rows are for ${ISSUES_A_DAY.toLocaleString('en')} issues a day, every day.

| table | rows an issue | updates | HOT | rows a day | days kept | bytes a row | kept rows | kept GB | left |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
${lines.join('\n')}

${cpus().length} cores, Postgres.
`
  console.log(text)
  if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-growth.md'), text)
  await world.close()

  async function liveOneLife(): Promise<void> {
    const { issue, code } = await world.openIssueInCode()
    code.succeed()
    const number = await world.propose({ issue, by: 'andon[bot]' })
    await world.settle(60)
    await world.github.review(world.repository, number, 'approve')
    await world.settle(60)
    await world.github.merge(world.repository, number)
    await world.settle(120)
    const light = await world.light(issue)
    if (light !== 'done') throw new Error(`#${issue} is ${light}`)
  }
} finally {
  await cluster.remove()
}

/** How often rows of each table were updated, and how often without touching an index. */
async function readUpdates({ kysely }: Database): Promise<ReadonlyMap<string, { changed: number; inPlace: number }>> {
  await sql`select pg_stat_force_next_flush()`.execute(kysely)
  const { rows } = await sql<{ table: string; changed: number; inPlace: number }>`
    select relname as "table", n_tup_upd as changed, n_tup_hot_upd as "inPlace" from pg_stat_user_tables`.execute(
    kysely,
  )
  return new Map(rows.map((row) => [row.table, row]))
}

/** The mean size of a row, as it is stored, without its indexes. */
async function meanRowBytes({ kysely }: Database, table: string): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select avg(pg_column_size(stored.*))::float8 as bytes from ${sql.table(table)} as stored`.execute(kysely)
  return rows[0]?.bytes ?? 0
}

function millions(count = 0): string {
  return `${(count / 1e6).toFixed(2)} M`
}
