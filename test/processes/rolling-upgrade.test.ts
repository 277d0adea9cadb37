// A new version takes over while issues live and deliveries come: its migration runs on a full database under two old processes,
// new ones start beside them, and the old ones go.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, waitUntil } from '../support/andon-process.ts'
import { countRows } from '../support/count-rows.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { deleteSeeded, insertDonePipelines, insertSeedRepositories } from '../support/seed-pipelines.ts'
import { openBalancer } from './support/balancer.ts'
import { expectAsGitHub, listUnsettled } from './support/expect-as-github.ts'
import { LIVES_ANDON_YML, openIssueLives } from './support/issue-lives.ts'
import { LATER, makeNextVersion } from './support/next-version.ts'
import { openWorkerFleet, type WorkerFleet } from './support/worker-fleet.ts'

const DONE = repetitions(5_000, 1_000_000)
const ISSUES_A_STEP = repetitions(1, 15)
const STEP_MS = repetitions(500, 20_000)

let fleet: WorkerFleet
const home = mkdtempSync(join(tmpdir(), 'andon-next-'))
afterEach(async () => {
  await fleet.close()
  rmSync(home, { recursive: true, force: true })
})

test('an upgrade under two old processes, with new ones beside them, loses nothing and does nothing twice', async () => {
  fleet = await openWorkerFleet({ factor: 20, configuration: LIVES_ANDON_YML })
  const { github, repository, database } = fleet
  const chance = seededRandom(randomSeed())
  makeNextVersion(home)
  await insertSeedRepositories(database, fleet.now())
  await insertDonePipelines(database, { first: 1_000, count: DONE, now: fleet.now() })
  // GitHub is not asked about them.
  await sql`update installations set state = 'suspended' where id = 9`.execute(database.kysely)
  await sql`vacuum analyze`.execute(database.kysely)
  const lives = openIssueLives({ github, repository, chance })
  const balancer = await openBalancer()
  github.deliveries.setTarget(`${balancer.url}/api/github/webhooks`)

  async function start(version?: string) {
    const andon = await fleet.startAll(version)
    await andon.started
    balancer.doors.add(andon.port)
    return andon
  }
  /** Issues begin, and there is time for them. */
  async function step(): Promise<void> {
    for (let n = 0; n < ISSUES_A_STEP; n += 1) {
      await lives.begin()
      await new Promise((resolve) => setTimeout(resolve, STEP_MS / ISSUES_A_STEP))
    }
  }

  const old = [await start(), await start()]
  await step()
  const startedAt = performance.now()
  const [migration] = await Promise.all([migrate(), step()])
  const migrationSeconds = Math.round((performance.now() - startedAt) / 100) / 10
  expect(migration).toEqual({ code: 0, output: expect.stringContaining('_next_version') })
  const late = await startAndonProcess('web', { DATABASE_URL: database.url })
  expect({ ...(await late.exited()), says: late.stderr() }).toMatchObject({
    code: 78,
    says: expect.stringContaining('belongs to a newer version of Andon'),
  })
  await step()
  const fresh = [await start(home), await start(home)]
  await step()
  for (const andon of old) {
    balancer.doors.delete(andon.port)
    await andon.stop()
    await step()
  }
  await lives.settled()
  const compared = { github, database, repository, issues: lives.numbers }
  const began = Date.parse(fleet.now())
  let left: readonly string[] = []
  const isSettled = async () => {
    left = await listUnsettled(compared)
    return left.length === 0
  }
  const withinMs = repetitions(60_000, 600_000)
  await waitUntil('all is as GitHub knows', isSettled, { withinMs, everyMs: 250 }).catch((error: Error) => {
    throw new Error(`${error.message}: ${left.slice(0, 10).join('; ')}`)
  })
  const converge = Math.round((Date.parse(fleet.now()) - began) / 1000)
  const changed = await rowsWithoutTheirColumn()
  expect(changed).toEqual([])
  for (const andon of fresh) await andon.stop()
  await deleteSeeded(database)
  const counts = await expectAsGitHub({ ...compared, now: fleet.now() })
  const { log } = github.deliveries
  recordMeasurements('rolling-upgrade', {
    faults: old.length + fresh.length,
    converge,
    deliveries: log.length,
    'not accepted at first': log.filter(({ statusCode }) => statusCode !== 202).length,
    ...counts,
    'pipelines before': DONE,
    'seconds of the migration': migrationSeconds,
    'columns of the new version changed': changed.length,
  })
  await balancer.close()

  async function migrate() {
    const newer = await startAndonProcess('migrate', { DATABASE_URL: database.url }, [], [], home)
    const { code } = await newer.exited()
    return { code, output: newer.output() }
  }
  async function rowsWithoutTheirColumn(): Promise<readonly string[]> {
    const tables = [...(await countRows(database)).keys()].filter((name) => !name.startsWith('kysely'))
    const counts = await Promise.all(
      tables.map(async (table) => {
        const { rows } = await sql<{ count: number }>`select count(*)::integer as count from ${sql.table(table)}
          where later <> ${JSON.stringify(LATER)}::jsonb`.execute(database.kysely)
        return { table, count: rows[0]?.count ?? 0 }
      }),
    )
    return counts.flatMap(({ table, count }) => (count > 0 ? [`${table}: ${count}`] : []))
  }
})
