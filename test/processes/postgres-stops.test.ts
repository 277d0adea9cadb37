import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { openPostgres } from '../../src/store/postgres.ts'
import { type AndonProcess, endProcesses, startProcess, until } from '../support/andon-process.ts'
import { readEverything } from '../support/board-api.ts'
import { expectOneTruth } from '../support/consistency.ts'
import { REPOSITORY } from '../support/deliveries.ts'
import { openEventStream } from '../support/event-stream.ts'
import { inParallel, openKnocker, type Tally, tally } from '../support/http-load.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { findPostgres, openCluster } from '../support/postgres-cluster.ts'
import { seeded } from '../support/seeded-random.ts'
import { type StreamOfTraces, streamOfTraces } from '../support/trace-stream.ts'

afterEach(endProcesses)

const SENDERS = 16
const AWAY_MS = 5_000

test('Postgres away for 5 s under load costs 503s and nothing else', async () => {
  // A server of its own: the others' tests must not feel this.
  const cluster = await openCluster(findPostgres() ?? 'postgres is not installed')
  try {
    const migrated = await startProcess('migrate', { DATABASE_URL: cluster.url })
    expect((await migrated.ended()).code).toBe(0)
    const andon = await startProcess('web', { DATABASE_URL: cluster.url })
    await andon.ready()
    const events = await openEventStream(`${andon.url}/events?as=json`)
    const stream = streamOfTraces(seeded(runSeed()), `away-${runSeed()}`)
    const answers = tally()
    const load = keepSending(andon, stream, answers)
    const rounds = howMany(1, 3)
    for (let round = 0; round < rounds; round++) {
      await until('deliveries are taken', () => load.takenSince(100))
      await cluster.stop()
      expect((await fetch(`${andon.url}/healthz`)).status).toBe(200)
      await until('/readyz says 503', async () => (await fetch(`${andon.url}/readyz`)).status === 503)
      await pause(AWAY_MS)
      await cluster.start()
      await andon.ready()
      await until('deliveries are taken again', () => load.takenSince(100))
    }
    const acknowledged = await load.stop()
    const knocker = openKnocker()
    await inParallel(SENDERS, stream.rest(), async (delivery) => {
      expect((await knocker.post(andon.url, delivery)).status).toBe(202)
      acknowledged.add(delivery.guid)
    })
    knocker.close()

    expect(Object.keys(answers.all())).toEqual(['202', '503'])
    expect(await missing(cluster.url, acknowledged)).toEqual([])
    const expected = stream.stories().filter(({ light }) => light !== null)
    const rows = await readEverything(andon.url)
    expect(rows.map(({ issue, light }) => `${REPOSITORY.fullName}#${issue} ${light}`).sort()).toEqual(
      expected.map(({ issueNumber, light }) => `${REPOSITORY.fullName}#${issueNumber} ${light}`).sort(),
    )
    // The page that was open all the while shows what happened since, without having connected again.
    const last = rows.find(({ light }) => light === 'running' || light === 'queued')
    await until('the stream shows the newest revision', () => {
      const text = JSON.stringify(events.messages().slice(-50))
      return text.includes(`"issue":${last?.issue}`) && text.includes(`"revision":${last?.revision}`)
    })
    expect(events.open()).toBe(true)
    events.close()
    record('postgres-stops', {
      'times away': rounds,
      acknowledged: acknowledged.size,
      'answered 503': answers.all()[503] ?? 0,
      'answered otherwise': 0,
      missing: 0,
      'wrong lights': 0,
    })
    await andon.end()
  } finally {
    await cluster.remove()
  }
})

type Load = {
  /** Whether that many more were acknowledged since it was last asked and said yes. */
  takenSince(count: number): boolean
  stop(): Promise<Set<string>>
}

function keepSending(andon: AndonProcess, stream: StreamOfTraces, answers: Tally): Load {
  const acknowledged = new Set<string>()
  const knocker = openKnocker()
  let over = false
  let before = 0
  async function sender(): Promise<void> {
    while (!over) {
      const delivery = stream.take()
      const { status } = await knocker.post(andon.url, delivery)
      answers.add(status)
      if (status === 202) acknowledged.add(delivery.guid)
      else stream.giveBack(delivery)
      // Refused at once, the senders would only count how fast a 503 can be said.
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
      knocker.close()
      return acknowledged
    },
  }
}

async function missing(url: string, guids: ReadonlySet<string>): Promise<readonly string[]> {
  const database = await openPostgres(url)
  const rows = await database.kysely.selectFrom('deliveries').select(['guid', 'state']).execute()
  await expectOneTruth({ database, now: new Date().toISOString() })
  await database.close()
  const applied = new Set(rows.filter(({ state }) => state !== 'failed').map(({ guid }) => guid))
  return [...guids].filter((guid) => !applied.has(guid))
}
