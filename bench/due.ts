// Finding what is due must not grow slower with what is not. The same hundred pipelines are due among a thousand and
// among a hundred thousand; every query that looks for work is timed on both.
//
//   ANDON_TEST_POSTGRES=postgres://… node bench/due.ts [docs/bench-due.md]
import { writeFileSync } from 'node:fs'
import { sql } from 'kysely'
import { readSlots } from '../src/store/admission.ts'
import type { Database } from '../src/store/database.ts'
import { dueToWake, lockUnheard } from '../src/store/pipelines.ts'
import { freshDatabase } from '../test/support/database.ts'

const NOW = '2026-11-21T12:00:00.000Z'
const MIDNIGHT = '2026-11-21T00:00:00.000Z'
const SIZES = [1_000, 100_000] as const
const ROUNDS = 300
const MOST = 1.5

type Look = { readonly name: string; readonly run: (database: Database) => Promise<unknown> }

const LOOKS: readonly Look[] = [
  { name: 'pipelines to wake', run: (database) => dueToWake(database, NOW, 100) },
  {
    name: 'pipelines to ask GitHub about',
    run: ({ kysely }) => kysely.transaction().execute((trx) => lockUnheard(trx, NOW, 20)),
  },
  {
    name: 'slots of a repository and who waits for them',
    run: ({ kysely }) => kysely.transaction().execute((trx) => readSlots(trx, [{ id: 1, most: 4 }], [], MIDNIGHT)),
  },
  {
    name: 'effects to perform',
    run: ({ kysely }) =>
      kysely
        .selectFrom('effects')
        .select('id')
        .where('state', 'in', ['due', 'sending', 'unconfirmed'])
        .where('dueAt', '<=', NOW)
        .orderBy('dueAt')
        .limit(10)
        .execute(),
  },
]

const [small, large] = await Promise.all(SIZES.map(async (size) => ({ size, database: await filled(size) })))
if (small === undefined || large === undefined) throw new Error('two databases are compared')
const lines = ['| looking for | 1,000 pipelines | 100,000 pipelines | ratio |', '|---|---|---|---|']
let worst = 0
for (const look of LOOKS) {
  const [few, many] = await timed(look, small.database, large.database)
  worst = Math.max(worst, many / few)
  lines.push(`| ${look.name} | ${few.toFixed(2)} ms | ${many.toFixed(2)} ms | ${(many / few).toFixed(2)} |`)
}
await Promise.all([small.database.close(), large.database.close()])
const text = `# Finding what is due

\`node bench/due.ts\` on ${process.env.ANDON_TEST_KIND === 'postgres' ? 'Postgres' : 'the embedded database'}: the median of ${ROUNDS} looks, taken in turn on both databases. 100 pipelines are due in each,
whatever else is there; each ratio may be at most ${MOST}.

${lines.join('\n')}
`
console.log(text)
const file = process.argv[2]
if (file !== undefined) writeFileSync(file, text)
process.exitCode = worst <= MOST ? 0 : 1

/** A database with that many pipelines in a hundred repositories, of which the same hundred are always due. */
async function filled(size: number): Promise<Database> {
  const database = await freshDatabase()
  const { kysely } = database
  await sql`insert into installations (id, account, updated_at) values (9, 'acme', ${NOW})`.execute(kysely)
  await sql`
    insert into repositories (id, installation_id, full_name, private, default_branch, updated_at)
    select n, 9, 'acme/r' || n, false, 'main', ${NOW}::timestamptz from generate_series(1, 100) as n`.execute(kysely)
  const document = JSON.stringify({ padding: 'x'.repeat(2_000) })
  await sql`
    insert into pipelines (repository_id, issue_number, revision, document, light, stage, since, created_at, updated_at,
      published_revision, wake_at, reconcile_at, queued_at, live_attempts, started_at)
    select 1 + n % 100, n, 1, ${document}::jsonb, case when n <= 100 then 'running' else 'done' end, 'code', at, at, at, 1,
      case when n <= 100 then at - interval '1 minute' when n % 3 = 0 then at + interval '1 hour' end,
      case when n <= 100 then at - interval '1 minute' when n % 5 = 0 then at + interval '1 hour' end,
      case when n in (100, 200, 300, 400, 500, 600) then at - interval '1 minute' * n end,
      case when n in (700, 800, 900) then 1 else 0 end,
      case when n % 2 = 0 then at - interval '1 day' * (1 + n % 300) end
    from generate_series(1, ${size}::integer) as n, (select ${NOW}::timestamptz as at) as clock`.execute(kysely)
  await sql`
    insert into effects (repository_id, key, document, state, due_at, created_at, updated_at)
    select 1 + n % 100, 'issue/' || n, '{}', case when n <= 100 then 'due' else 'done' end, at - interval '1 minute', at, at
    from generate_series(1, ${size}::integer) as n, (select ${NOW}::timestamptz as at) as clock`.execute(kysely)
  await sql`analyze`.execute(kysely)
  return database
}

async function timed({ run }: Look, ...databases: readonly Database[]): Promise<readonly [number, number]> {
  const times = databases.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, database] of databases.entries()) {
      const before = performance.now()
      await run(database)
      // The first rounds warm the caches.
      if (round >= ROUNDS / 10) times[index]?.push(performance.now() - before)
    }
  }
  const [few = Number.NaN, many = Number.NaN] = times.map(median)
  return [few, many]
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
