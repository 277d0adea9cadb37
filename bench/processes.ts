// Four web and four worker processes on one Postgres with 10⁶ pipelines that are done, beside one process that does everything: how
// many deliveries a second they commit, and how soon an event is on a page. One run, one machine, a GitHub in this process.
// `npm run bench:processes` (`-- --quick` for a look); writes docs/bench-processes.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { environmentOf } from '../fake-github/environment.ts'
import { ACME } from '../fake-github/organization.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses } from '../test/support/andon-process.ts'
import { openTestDatabase } from '../test/support/database.ts'
import { exampleDelivery, signDelivery, type TestRepository, WEBHOOK_SECRET } from '../test/support/deliveries.ts'
import { openFakeGitHub } from '../test/support/fake-github.ts'
import { openHttpClient } from '../test/support/http-load.ts'
import { insertDonePipelines, insertSeedRepositories } from '../test/support/seed-pipelines.ts'
import { traceOf } from '../test/support/traces.ts'
import { startBenchCluster } from './cluster.ts'
import { writePayloads } from './payloads.ts'
import { median, percentile } from './percentile.ts'
import { runLoad } from './run-load.ts'

const quick = process.argv.includes('--quick')
const DONE = quick ? 10_000 : 1_000_000
const ROUNDS = quick ? 1 : 3
const DELIVERIES = quick ? 1_000 : 2_000
const WARM_UP = 500
const CONNECTIONS = 64
const EVENTS = quick ? 50 : 200
const EVENTS_A_SECOND = 20
/** The issues whose titles change, all on the first page. */
const SHOWN = 20

type Fleet = {
  readonly name: string
  readonly webs: readonly AndonProcess[]
  readonly database: Awaited<ReturnType<typeof openTestDatabase>>
  readonly perSecond: number[]
  /** Deliveries that were answered 503, because a commit took too long. */
  turnedAway: number
  readonly latencies: number[]
}

const scratch = mkdtempSync(join(tmpdir(), 'andon-processes-'))
const cluster = await startBenchCluster()
const github = await openFakeGitHub({
  organization: { ...ACME, repositories: [{ name: 'watched' }] },
  webhookSecret: WEBHOOK_SECRET,
})
const WATCHED: TestRepository = { id: 1, fullName: 'acme/watched', installationId: github.installationId }
try {
  const fleets = [
    await openFleet('one process', ['all']),
    await openFleet('4 web, 4 worker', [...Array(4).fill('web'), ...Array(4).fill('worker')]),
  ]
  let firstIssue = 10_000
  for (const fleet of fleets) {
    await flood(fleet, WARM_UP, firstIssue)
    await beginShown(fleet)
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    firstIssue += 10_000
    for (const fleet of fleets) {
      fleet.perSecond.push(await flood(fleet, DELIVERIES, firstIssue))
      await sleep(2_000)
      fleet.latencies.push(...(await watch(fleet, round)))
      console.log(`${round}/${ROUNDS} ${row(fleet)}`)
    }
  }
  const text = `# Several processes on one Postgres

Written by \`npm run bench:processes\`. ${cpus().length} cores, ${cpus()[0]?.model.trim()}, shared by all processes, Postgres, GitHub and the load; load ${loadavg()[0]?.toFixed(1)} at the end.
Each in a database of its own with ${DONE.toLocaleString('en')} pipelines that are done, in turn in one run. *Deliveries a second*: ${DELIVERIES.toLocaleString('en')} deliveries that move pipelines, over
${CONNECTIONS} connections, spread evenly over the doors; the median of ${ROUNDS}; *503*: of all, a commit took longer than 8 s. *Event → page*: ${EVENTS_A_SECOND} changes a second, delivered at one door, until each is in an open event
stream of another process (of the same, where there is one). More processes than cores cannot be faster; they must not be much slower, and on
machines of their own they are.

| | deliveries a second | answered 503 | event → page p50 | p99 |
|---|--:|--:|--:|--:|
${fleets.map(row).join('\n')}
`
  console.log(text)
  if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-processes.md'), text)
  for (const { database } of fleets) await database.close()
} finally {
  await stopAllProcesses()
  await github.close()
  await cluster.remove()
  rmSync(scratch, { recursive: true, force: true })
}

async function openFleet(name: string, roles: readonly string[]): Promise<Fleet> {
  console.log(`seeding ${DONE.toLocaleString('en')} pipelines for ${name}`)
  const database = await openTestDatabase('postgres')
  const now = new Date().toISOString()
  await insertSeedRepositories(database, now)
  await insertDonePipelines(database, { first: 1, count: DONE, now })
  // GitHub is not asked about them.
  await sql`update installations set state = 'suspended' where id = 9`.execute(database.kysely)
  await sql`vacuum analyze`.execute(database.kysely)
  const environment = { DATABASE_URL: database.url, LOG_LEVEL: 'error', ...environmentOf(github) }
  const all = await Promise.all(roles.map((role) => startAndonProcess(role, environment)))
  const webs = all.filter(({ role }) => role !== 'worker')
  await Promise.all(webs.map((web) => web.ready(120_000)))
  return { name, webs, database, perSecond: [], turnedAway: 0, latencies: [] }
}

/** Every door gets its share at once; deliveries a second of all together. */
async function flood(fleet: Fleet, count: number, firstIssue: number): Promise<number> {
  const { webs } = fleet
  const loads = webs.map((web, nth) => {
    const file = join(scratch, `payloads-${nth}`)
    writePayloads(file, 'stories', count / webs.length, firstIssue + nth * 2_000)
    return { file, port: web.port }
  })
  const results = await Promise.all(loads.map(({ file, port }) => runLoad(file, port, CONNECTIONS / webs.length)))
  let accepted = 0
  for (const { statuses } of results) {
    accepted += statuses['202'] ?? 0
    fleet.turnedAway += statuses['503'] ?? 0
  }
  return accepted / Math.max(...results.map(({ seconds }) => seconds))
}

/** Issues that run, whose titles then change. */
async function beginShown({ webs }: Fleet): Promise<void> {
  const client = openHttpClient()
  for (let issue = 1; issue <= SHOWN; issue += 1)
    for (const delivery of traceOf(issue, { repository: WATCHED, end: 'coding' }).deliveries)
      await client.post(webs[0]?.url ?? '', signDelivery(delivery))
  client.close()
}

/** Milliseconds from each delivery's leaving until the new title is in the stream of the last process. */
async function watch({ webs }: Fleet, round: number): Promise<readonly number[]> {
  const sentAt = new Map<number, number>()
  const latencies: number[] = []
  const abort = new AbortController()
  const address = `${webs.at(-1)?.url}/events?as=json&repository=${WATCHED.fullName}`
  const response = await fetch(address, { signal: abort.signal })
  const reading = read(response, new RegExp(`tick-${round}-(\\d+)-end`, 'g'), (newest) => {
    // A title that the next one of its issue has replaced is seen with that.
    for (let event = newest; sentAt.has(event); event -= SHOWN) {
      latencies.push(performance.now() - (sentAt.get(event) ?? 0))
      sentAt.delete(event)
    }
  }).catch(() => undefined)
  const client = openHttpClient()
  for (let event = 0; event < EVENTS; event += 1) {
    const issue = 1 + (event % SHOWN)
    const token = `tick-${round}-${event}-end`
    const at = new Date().toISOString().replace(/\.\d+/, '')
    const edited = {
      id: WATCHED.id * 10_000 + issue,
      number: issue,
      title: token,
      state: 'open',
      updated_at: at,
      closed_at: null,
    }
    const delivery = signDelivery(
      exampleDelivery('issues', 'edited', WATCHED, { issue: edited, changes: { title: { from: '' } } }),
    )
    sentAt.set(event, performance.now())
    void client.post(webs[0]?.url ?? '', delivery)
    await sleep(1_000 / EVENTS_A_SECOND)
  }
  await sleep(3_000)
  abort.abort()
  await reading
  client.close()
  if (latencies.length < 0.9 * EVENTS) throw new Error(`${latencies.length} of ${EVENTS} events were seen`)
  return latencies
}

async function read(response: Response, pattern: RegExp, seen: (event: number) => void): Promise<void> {
  let rest = ''
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    rest += text
    for (const [, event] of rest.matchAll(pattern)) seen(Number(event))
    rest = rest.slice(-30)
  }
}

function row({ name, perSecond, turnedAway, latencies }: Fleet): string {
  const at = (share: number) => `${Math.round(percentile(latencies, share))} ms`
  return `| ${name} | ${Math.round(median(perSecond))} | ${turnedAway} | ${at(0.5)} | ${at(0.99)} |`
}
