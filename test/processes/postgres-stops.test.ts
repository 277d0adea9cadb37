import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'
import { REPOSITORY } from '../support/deliveries.ts'
import { openEventReader } from '../support/event-reader.ts'
import { forEachConcurrently, openHttpClient, type StatusCounter, statusCounter } from '../support/http-load.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { findPostgres, startCluster } from '../support/postgres-cluster.ts'
import { openTraceStream, type TraceStream } from '../support/trace-stream.ts'

afterEach(stopAllProcesses)

const SENDERS = 16
const AWAY_MS = 5_000

test('5 s without Postgres under load cost 503s and nothing else', async () => {
  // A server of its own: other tests must not notice.
  const cluster = await startCluster(findPostgres() ?? 'postgres is not installed')
  try {
    const migrated = await startAndonProcess('migrate', { DATABASE_URL: cluster.url })
    expect((await migrated.exited()).code).toBe(0)
    const andon = await startAndonProcess('web', { DATABASE_URL: cluster.url })
    await andon.ready()
    const events = await openEventReader(`${andon.url}/events?as=json`)
    const stream = openTraceStream(seededRandom(randomSeed()), `away-${randomSeed()}`)
    const answers = statusCounter()
    const load = keepSending(andon, stream, answers)
    const rounds = repetitions(1, 3)
    for (let round = 0; round < rounds; round++) {
      await waitUntil('deliveries are taken', () => load.takenSince(100))
      await cluster.stop()
      expect((await fetch(`${andon.url}/healthz`)).status).toBe(200)
      await waitUntil('/readyz says 503', async () => (await fetch(`${andon.url}/readyz`)).status === 503)
      await pause(AWAY_MS)
      await cluster.start()
      await andon.ready()
      await waitUntil('deliveries are taken again', () => load.takenSince(100))
    }
    const acknowledged = await load.stop()
    const client = openHttpClient()
    await forEachConcurrently(SENDERS, stream.remaining(), async (delivery) => {
      expect((await client.post(andon.url, delivery)).status).toBe(202)
      acknowledged.add(delivery.guid)
    })
    client.close()

    expect(Object.keys(answers.counts())).toEqual(['202', '503'])
    expect(await missing(cluster.url, acknowledged)).toEqual([])
    const expected = stream.traces().filter(({ light }) => light !== null)
    const rows = await readAllRows(andon.url)
    expect(rows.map(({ issue, light }) => `${REPOSITORY.fullName}#${issue} ${light}`).sort()).toEqual(
      expected.map(({ issueNumber, light }) => `${REPOSITORY.fullName}#${issueNumber} ${light}`).sort(),
    )
    // The open page shows what happened meanwhile, without having reconnected.
    const last = rows.find(({ light }) => light === 'running' || light === 'queued')
    await waitUntil('the stream shows the newest revision', () => {
      const text = events
        .unread()
        .slice(-50)
        .map(({ data }) => data)
        .join('\n')
      return text.includes(`"issue":${last?.issue}`) && text.includes(`"revision":${last?.revision}`)
    })
    expect(events.isOpen()).toBe(true)
    events.close()
    recordMeasurements('postgres-stops', {
      faults: rounds,
      lost: 0,
      wrong: 0,
      acknowledged: acknowledged.size,
      'answered 503': answers.counts()[503] ?? 0,
      'answered otherwise': 0,
    })
    await andon.stop()
  } finally {
    await cluster.remove()
  }
})

type Load = {
  /** Whether that many more deliveries were acknowledged since the last call that returned true. */
  takenSince(count: number): boolean
  stop(): Promise<Set<string>>
}

function keepSending(andon: AndonProcess, stream: TraceStream, answers: StatusCounter): Load {
  const acknowledged = new Set<string>()
  const client = openHttpClient()
  let over = false
  let before = 0
  async function sender(): Promise<void> {
    while (!over) {
      const delivery = stream.next()
      const { status } = await client.post(andon.url, delivery)
      answers.add(status)
      if (status === 202) acknowledged.add(delivery.guid)
      else stream.requeue(delivery)
      // Without a pause, the senders would only measure how fast a 503 is answered.
      if (status !== 202) await pause(50)
    }
  }
  const senders = Array.from({ length: SENDERS }, sender)
  return {
    takenSince(count) {
      if (acknowledged.size < before + count) return false
      before = acknowledged.size
      return true
    },
    async stop() {
      over = true
      await Promise.all(senders)
      client.close()
      return acknowledged
    },
  }
}

async function missing(url: string, guids: ReadonlySet<string>): Promise<readonly string[]> {
  const database = await openPostgresDatabase(url)
  const rows = await database.kysely.selectFrom('deliveries').select(['guid', 'state']).execute()
  await expectConsistent({ database, now: new Date().toISOString() })
  await database.close()
  const applied = new Set(rows.filter(({ state }) => state !== 'failed').map(({ guid }) => guid))
  return [...guids].filter((guid) => !applied.has(guid))
}
