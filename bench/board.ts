// What is finished must not slow down what is shown, and thousands of active tasks must not either. The same requests over
// HTTP to one process on one throwaway Postgres, against databases of different sizes, in turn. `npm run bench:board`
// (`-- --quick` for a look, `-- --million` with 10⁶ done); writes docs/bench-board.md.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import type { Pipeline } from '../src/pipeline/model/pipeline.ts'
import { openTestDatabase, type TestDatabase } from '../test/support/database.ts'
import {
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pipelineAfter,
  pullRequestChanged,
  runChanged,
} from '../test/support/pipeline-fixtures.ts'
import { insertDonePipelines, insertPipelines, insertSeedRepositories } from '../test/support/seed-pipelines.ts'
import { type DatabaseSite, openDatabaseSite } from '../test/web/support/database-site.ts'
import { startBenchCluster } from './cluster.ts'
import { median } from './percentile.ts'

const NOW = minutesAfterNine(30)
const quick = process.argv.includes('--quick')
const DONE = quick ? [0, 10_000] : process.argv.includes('--million') ? [0, 100_000, 1_000_000] : [0, 100_000]
const ACTIVE = [1_000, 10_000]
const ROUNDS = quick ? 10 : 60
const WARM_UP = 5
const PATHS = ['/', '/acme/r1', '/api/pipelines', '/metrics']
/** Two in so many runs, one of each half, have stalled since their rows were saved. */
const STALLED = 100
const MAX_RATIO = 1.5
const MAX_WIRE_BYTES = 60_000

const LABELED = issueLabeled()
const RUN = runChanged({ workflow: 'code.yml', at: minutesAfterNine(20) })
/** What of ten active pipelines is how. */
const KINDS: readonly { readonly light: string; readonly share: number; readonly pipeline: Pipeline }[] = [
  { light: 'running', share: 5, pipeline: pipelineAfter(LABELED, RUN, jobChanged({ at: minutesAfterNine(25) })) },
  { light: 'queued', share: 2, pipeline: pipelineAfter(LABELED) },
  { light: 'review', share: 2, pipeline: pipelineAfter(LABELED, pullRequestChanged()) },
  { light: 'failed', share: 1, pipeline: pipelineAfter(LABELED, runChanged({ conclusion: 'failure' })) },
]

type Size = { readonly active: number; readonly done: number }

const cluster = await startBenchCluster()
try {
  const sizes = ACTIVE.flatMap((active) => DONE.map((done): Size => ({ active, done })))
  const sites: DatabaseSite[] = []
  for (const size of sizes) {
    console.log(`seeding ${size.active} active, ${size.done} done`)
    sites.push(await openSeeded(size))
  }
  const rows: string[] = []
  let isFlat = true
  let wireBytes = 0
  for (const path of PATHS) {
    const times = await medianTimes(sites.map(({ url }) => url + path))
    const [base = Number.NaN] = times
    const cells = times.map((time, index) => {
      const ratio = time / base
      isFlat &&= ratio <= MAX_RATIO
      return index === 0 ? `${time.toFixed(1)} ms` : `${time.toFixed(1)} ms (${ratio.toFixed(2)} ×)`
    })
    rows.push(`| \`${path}\` | ${cells.join(' | ')} |`)
    console.log(rows.at(-1))
  }
  for (const { url } of sites) wireBytes = Math.max(wireBytes, await wireBytesOf(`${url}/`))
  for (const site of sites) await site.close()
  const text = `# The board among what is finished

Written by \`npm run bench:board\`. ${cpus().length} cores, ${cpus()[0]?.model.trim()}, shared by server, Postgres and client; load ${loadavg()[0]?.toFixed(1)} at the end. Medians of ${ROUNDS}
requests over HTTP at each size, one after the other, taken in turn in one run; a hundred repositories, of which \`r1\` has half of what is active,
so that its page is full at each size; what is done is spread over half a year, and two runs in ${STALLED} have stalled. Each may take at most ${MAX_RATIO} × its time with 1,000 active
and none done. The first page of \`/\` is at most ${(wireBytes / 1000).toFixed(1)} KB on the wire (allowed: ${MAX_WIRE_BYTES / 1000}).

| | ${sizes.map(({ active, done }) => `${active.toLocaleString('en')} active, ${done.toLocaleString('en')} done`).join(' | ')} |
|---|${sizes.map(() => '---:').join('|')}|
${rows.join('\n')}
`
  console.log(text)
  if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-board.md'), text)
  process.exitCode = isFlat && wireBytes <= MAX_WIRE_BYTES ? 0 : 1
} finally {
  await cluster.remove()
}

async function openSeeded({ active, done }: Size): Promise<DatabaseSite> {
  const database = await openTestDatabase('postgres')
  await seed(database, active, done)
  const site = await openDatabaseSite(database, NOW)
  return { url: site.url, close: () => site.close().then(() => database.close()) }
}

async function seed({ kysely }: TestDatabase, active: number, done: number): Promise<void> {
  await insertSeedRepositories({ kysely }, NOW)
  let first = 1
  for (const { light, share, pipeline } of KINDS) {
    const count = (active * share) / 10
    await insertPipelines({ kysely }, { light, pipeline, first, count, everySeconds: 1, now: NOW })
    first += count
  }
  await sql`update pipelines set repository_id = (select min(id) from repositories) where issue_number % 2 = 0`.execute(
    kysely,
  )
  await sql`
    with silent as (select id, case when issue_number % ${STALLED}::integer < 2 then ${minutesAfterNine(29)}::timestamptz
      else ${minutesAfterNine(50)} end as at from pipelines where light = 'running')
    update pipelines set silent_at = at, silent_health = 'stalled', needs_you_at = at, updated_at = ${minutesAfterNine(25)}
    from silent where silent.id = pipelines.id`.execute(kysely)
  if (done > 0) await insertDonePipelines({ kysely }, { first, count: done, now: NOW })
  await sql`vacuum analyze`.execute(kysely)
}

async function medianTimes(addresses: readonly string[]): Promise<readonly number[]> {
  const times = addresses.map((): number[] => [])
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [index, address] of addresses.entries()) {
      const before = performance.now()
      const response = await fetch(address)
      await response.arrayBuffer()
      if (response.status !== 200) throw new Error(`${address} answered ${response.status}`)
      if (round >= 0) times[index]?.push(performance.now() - before)
    }
  }
  return times.map(median)
}

/** About what a browser receives: the page, compressed again as the server does it, without the headers. */
async function wireBytesOf(address: string): Promise<number> {
  const response = await fetch(address)
  return gzipSync(await response.text()).length
}
