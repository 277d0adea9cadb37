// Finding due work must not slow down with work that is not due. The same hundred pipelines are due among a thousand and
// among a hundred thousand; every query of the loops for due work is timed on both in turn, on one
// throwaway Postgres. `npm run bench:due` (`-- --quick` for a look); writes docs/bench-due.md.
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { sql } from 'kysely'
import { claimNextRead, claimNextWrite, type PerformContext } from '../src/outbox/claim-effects.ts'
import { loadSlots } from '../src/store/admission.ts'
import type { Database, Transaction } from '../src/store/database.ts'
import { findDueWork, findNextDueAt } from '../src/store/due-work.ts'
import { fanOutGlobalHold, fanOutRepositoryHold } from '../src/store/holds.ts'
import { listPipelinesToWake } from '../src/store/pipelines.ts'
import { claimNextTarget } from '../src/store/publish-claims.ts'
import { openTestDatabase } from '../test/support/database.ts'
import { startBenchCluster } from './cluster.ts'
import { median } from './percentile.ts'

const NOW = '2026-11-21T12:00:00.000Z'
const MIDNIGHT = '2026-11-21T00:00:00.000Z'
const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 60 : 600
const WARM_UP = 30
const MAX_RATIO = 1.5

/** One query for work; it resolves to a function that returns what it claimed. */
type DueQuery = (database: Database) => Promise<(() => Promise<unknown>) | undefined>

const DUE_QUERIES: Readonly<Record<string, DueQuery>> = {
  'which work is due': async (database) => void (await findDueWork(database, NOW)),
  'when something is due next': async (database) => void (await findNextDueAt(database, NOW)),
  'pipelines to wake': async (database) => void (await listPipelinesToWake(database, NOW, 100)),
  'a repository’s slots and who waits for them': inTransaction((trx) =>
    loadSlots(trx, [{ id: 1, most: 4, held: [], probing: [] }], [], MIDNIGHT),
  ),
  'what to publish next': async (database) => {
    const subject = (await claimNextTarget(database, 9, NOW, randomUUID()))?.target
    if (subject === undefined) throw new Error('nothing is due for publication')
    return () =>
      sql`update ${sql.table(subject.table)} set publish_claim_token = null, publish_claimed_until = null
      where id = ${subject.id}`.execute(database.kysely)
  },
  'the next question to ask': async (database) => {
    const asked = await claimNextRead(stubPerformer(database), 'ask', ['due'])
    return releaseClaims(database, asked === null ? [] : [asked.id])
  },
  'the next attempt to dispatch': async (database) => {
    const next = await claimNextWrite(stubPerformer(database), 'dispatch', 'create')
    return releaseClaims(database, next === null || next.denied !== null ? [] : [next.claimed.id])
  },
  'whom to tell of a cord': inTransaction(
    async (trx) => (await fanOutGlobalHold(trx, 100)) + (await fanOutRepositoryHold(trx, 100, NOW)),
  ),
}

const cluster = await startBenchCluster()
try {
  const few = await seedDatabase(1_000)
  const many = await seedDatabase(100_000)
  const lines: string[] = []
  const ratios: number[] = []
  for (const [name, look] of Object.entries(DUE_QUERIES)) {
    const [small, large] = await medianTimes(look, few, many)
    ratios.push(large / small)
    lines.push(`| ${name} | ${small.toFixed(2)} ms | ${large.toFixed(2)} ms | ${(large / small).toFixed(2)} × |`)
  }
  await few.close()
  await many.close()
  const text = `# Finding what is due

Written by \`npm run bench:due\`. ${cpus().length} cores, ${cpus()[0]?.model.trim()}, shared with Postgres. Medians of ${ROUNDS} looks at each size,
taken in turn in one run. A hundred pipelines and two hundred effects are due, however many are not; each ratio may be at most ${MAX_RATIO}.

| looking for | among 1,000 pipelines | among 100,000 | ratio |
|---|---:|---:|---:|
${lines.join('\n')}
`
  console.log(text)
  if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-due.md'), text)
  process.exitCode = Math.max(...ratios) <= MAX_RATIO ? 0 : 1
} finally {
  await cluster.remove()
}

function inTransaction(read: (trx: Transaction) => Promise<unknown>): DueQuery {
  return async ({ kysely }) => void (await kysely.transaction().execute(read))
}

/** The part of a pipeline that claiming needs. */
function stubPerformer(database: Database): PerformContext {
  return { database, now: () => NOW, token: randomUUID, installationId: 9 } as unknown as PerformContext
}

function releaseClaims({ kysely }: Database, ids: readonly number[]): () => Promise<unknown> {
  if (ids.length === 0) throw new Error('no effect is due')
  return async () => {
    await sql`update effects set claim_token = null, claimed_until = null where id = any (${ids}::bigint[])`.execute(
      kysely,
    )
    await kysely.deleteFrom('budgets').execute()
  }
}

/** A database with that many pipelines in a hundred repositories, of which the same hundred are always due. */
async function seedDatabase(size: number): Promise<Database> {
  const database = await openTestDatabase('postgres')
  const { kysely } = database
  await sql`insert into installations (id, account) values (9, 'acme')`.execute(kysely)
  await sql`
    insert into repositories (id, installation_id, full_name, private, default_branch, updated_at)
    select n, 9, 'acme/r' || n, false, 'main', ${NOW}::timestamptz from generate_series(1, 100) as n`.execute(kysely)
  const document = JSON.stringify({ padding: 'x'.repeat(2_000) })
  await sql`
    insert into pipelines (repository_id, issue_number, revision, document, light, stage, since, created_at, updated_at,
      published_revision, wake_at, queued_at, live_attempts, started_at)
    select 1 + n % 100, n, 2, ${document}::jsonb, case when n <= 100 then 'running' else 'done' end, 'code', at, at, at,
      case when n <= 100 then 1 else 2 end,
      case when n <= 100 then at - interval '1 minute' when n % 3 = 0 then at + interval '1 hour' end,
      case when n in (100, 200, 300, 400, 500, 600) then at - interval '1 minute' * n end,
      case when n in (700, 800, 900) then 1 else 0 end,
      case when n % 2 = 0 then at - interval '1 day' * (1 + n % 300) end
    from generate_series(1, ${size}::integer) as n, (select ${NOW}::timestamptz as at) as clock`.execute(kysely)
  await sql`
    insert into effects (repository_id, pipeline_id, key, type, document, state, due_at, created_at, updated_at)
    select repository_id, id, type || '/' || issue_number, type, '{"stage": "code"}'::jsonb
        || jsonb_build_object('issueNumber', issue_number, 'attempt', 1),
      case when issue_number <= 100 then 'due' else 'done' end, since - interval '1 minute', since, since
    from pipelines, unnest(array['ask', 'dispatch']) as type`.execute(kysely)
  await sql`vacuum analyze`.execute(kysely)
  return database
}

/** Medians of one query on each of two databases. */
async function medianTimes(
  look: DueQuery,
  ...databases: readonly [Database, Database]
): Promise<readonly [number, number]> {
  const times = databases.map((): number[] => [])
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [index, database] of databases.entries()) {
      const before = performance.now()
      const putBack = await look(database)
      if (round >= 0) times[index]?.push(performance.now() - before)
      await putBack?.()
    }
  }
  const [few = Number.NaN, many = Number.NaN] = times.map(median)
  return [few, many]
}
