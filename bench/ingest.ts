// How many deliveries a second Andon's whole door commits (verify, translate, reduce, save, notify), beside a
// bare receiver and beside single-row inserts of pgbench: one run, one machine, one throwaway Postgres with fsync on.
// `npm run bench:ingest` (`-- --quick` for a look); writes docs/bench-ingest.md.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { migrate } from '../src/store/migrate.ts'
import { openPostgresDatabase } from '../src/store/postgres.ts'
import { startAndonProcess, stopAllProcesses } from '../test/support/andon-process.ts'
import { databaseUrlOf, withClient } from '../test/support/database-template.ts'
import { findPostgres, freePort, startCluster } from '../test/support/postgres-cluster.ts'
import type { LoadResult } from './load-generator.ts'
import { MIXES, type Mix, writePayloads } from './payloads.ts'
import { type InsertRate, type Measurement, renderReport } from './report.ts'
import { outputOf, runLoad } from './run-load.ts'

const CONNECTION_COUNTS = [1, 16, 64, 256] as const
const RECEIVERS = ['bare, body stored', 'bare, no body', 'andon'] as const
const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 1 : 3
/** Enough for the compiler to optimize hot code: a receiver runs for weeks. */
const WARM_UP = 3_000

const binaries = findPostgres()
if (!binaries) throw new Error('no Postgres server was found: install one (apt-get install postgresql).')
const scratch = mkdtempSync(join(tmpdir(), 'andon-bench-'))
const cluster = await startCluster(binaries, { fsync: 'on', synchronous_commit: 'on' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => cleanUp().finally(() => process.exit(130)))
}
try {
  const runs: Measurement[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    for (const mix of MIXES) runs.push(...(await measureMix(mix, round)))
  }
  const inserts = await pgbench()
  const text = renderReport({
    runs,
    inserts,
    machine: describeMachine(),
    receivers: RECEIVERS,
    levels: CONNECTION_COUNTS,
  })
  console.log(text)
  if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-ingest.md'), text)
} finally {
  await cleanUp()
}

async function cleanUp(): Promise<void> {
  await stopAllProcesses()
  await cluster.remove()
  rmSync(scratch, { recursive: true, force: true })
}

/** Every receiver on its own database. They take turns at each number of connections, so that other load on
 * the machine affects all of them. */
async function measureMix(mix: Mix, round: number): Promise<readonly Measurement[]> {
  const started: StartedReceiver[] = []
  for (const receiver of RECEIVERS) started.push(await startReceiver(receiver))
  for (const { port } of started) await sendMix(port, mix, { connections: 16, count: WARM_UP, firstIssue: 1 })
  const runs: Measurement[] = []
  for (const [nth, connections] of CONNECTION_COUNTS.entries()) {
    for (const each of started) {
      const run = await measureOnce(each, mix, { connections, firstIssue: 10_000 * (nth + 1) })
      runs.push(run)
      console.log(`${round}/${ROUNDS} ${mix}, ${run.receiver}, ${connections}: ${Math.round(run.perSecond)}/s`)
    }
  }
  for (const { end } of started) await end()
  return runs
}

async function measureOnce(
  { receiver, port, url }: StartedReceiver,
  mix: Mix,
  o: { connections: number; firstIssue: number },
): Promise<Measurement> {
  const count = deliveryCountFor(o.connections)
  const before = await countCommits(url, receiver)
  const { seconds, statuses, p50, p99 } = await sendMix(port, mix, { ...o, count })
  const after = await countCommits(url, receiver)
  if (statuses['202'] !== count) throw new Error(`${receiver}, ${mix}: ${JSON.stringify(statuses)}`)
  const deliveriesPerCommit = count / (after.commits - before.commits)
  const revisionsPerDelivery = (after.moved - before.moved) / count
  return {
    receiver,
    mix,
    connections: o.connections,
    perSecond: count / seconds,
    p50,
    p99,
    deliveriesPerCommit,
    revisionsPerDelivery,
  }
}

function deliveryCountFor(connections: number): number {
  const full = connections === 1 ? 800 : 10_000
  return quick ? full / 4 : full
}

async function sendMix(
  port: number,
  mix: Mix,
  o: { connections: number; count: number; firstIssue: number },
): Promise<LoadResult> {
  const file = join(scratch, 'payloads')
  writePayloads(file, mix, o.count, o.firstIssue)
  return runLoad(file, port, o.connections)
}

type StartedReceiver = {
  readonly receiver: Measurement['receiver']
  readonly url: string
  readonly port: number
  readonly end: () => Promise<unknown>
}

async function startReceiver(receiver: Measurement['receiver']): Promise<StartedReceiver> {
  const name = `bench_${process.hrtime.bigint().toString(36)}`
  const url = databaseUrlOf(cluster.url, name)
  await withClient(cluster.url, (client) => client.query(`create database ${name}`))
  const { port, stop } = await (receiver === 'andon' ? startAndon(url) : startBare(url, receiver))
  async function end(): Promise<void> {
    await stop()
    await withClient(cluster.url, (client) => client.query(`drop database ${name} with (force)`))
  }
  return { receiver, url, port, end }
}

type ListeningReceiver = { readonly port: number; readonly stop: () => Promise<unknown> }

async function startAndon(url: string): Promise<ListeningReceiver> {
  const database = await openPostgresDatabase(url)
  await migrate(database).finally(() => database.close())
  const andon = await startAndonProcess('web', {
    DATABASE_URL: url,
    LOG_LEVEL: 'warn',
    NODE_ENV: 'production',
    BASE_URL: 'http://localhost',
  })
  await andon.ready()
  return { port: andon.port, stop: () => andon.stop() }
}

async function startBare(url: string, receiver: Measurement['receiver']): Promise<ListeningReceiver> {
  const port = await freePort()
  const keeps = receiver === 'bare, body stored' ? 'with-body' : 'without-body'
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-receiver.ts'), `${port}`, url, keeps], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    port,
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** The numbers of transactions with deliveries, and of pipeline revisions, so far. */
async function countCommits(
  url: string,
  receiver: Measurement['receiver'],
): Promise<{ commits: number; moved: number }> {
  return withClient(url, async (client) => {
    const table = receiver === 'andon' ? 'deliveries' : 'bare'
    const { rows: commits } = await client.query(`select count(distinct xmin::text)::integer as count from ${table}`)
    if (receiver !== 'andon') return { commits: commits[0].count, moved: 0 }
    const { rows: moved } = await client.query('select coalesce(sum(revision), 0)::integer as count from pipelines')
    return { commits: commits[0].count, moved: moved[0].count }
  })
}

/** Single-row inserts, with nothing around them. */
async function pgbench(): Promise<readonly InsertRate[]> {
  await withClient(cluster.url, (client) =>
    client.query('create table single (id bigserial primary key, guid uuid, at timestamptz)'),
  )
  const script = join(scratch, 'insert.sql')
  writeFileSync(script, 'insert into single (guid, at) values (gen_random_uuid(), now());\n')
  const inserts: InsertRate[] = []
  for (const connections of CONNECTION_COUNTS) {
    const { port } = new URL(cluster.url)
    const server = ['-h', '127.0.0.1', '-p', port, '-U', 'postgres', 'postgres']
    const how = ['-n', '-f', script, '-c', `${connections}`, '-j', '2', '-T', quick ? '2' : '5']
    const output = await outputOf(findPgbench(), [...how, ...server])
    inserts.push({ connections, perSecond: Number(/tps = ([\d.]+)/.exec(output)?.[1]) })
  }
  return inserts
}

/** Debian installs it beside the server, and not always on the PATH. */
function findPgbench(): string {
  return globSync(['/usr/lib/postgresql/*/bin/pgbench', '/usr/pgsql-*/bin/pgbench']).sort().at(-1) ?? 'pgbench'
}

function describeMachine(): string {
  const version = execFileSync(join(binaries ?? '', 'postgres'), ['--version'])
    .toString()
    .trim()
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}, ${version}, fsync on`
}
