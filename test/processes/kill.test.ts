// The promise of a 2xx: a delivery answered with one survives the death of the process that answered, at any moment.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { openEmbeddedDatabase } from '../../src/process/open-embedded-database.ts'
import type { Database } from '../../src/store/database.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'
import { openTestDatabase } from '../support/database.ts'
import { REPOSITORY } from '../support/deliveries.ts'
import { forEachConcurrently, type HttpClient, openHttpClient } from '../support/http-load.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { openTraceStream, type TraceStream } from '../support/trace-stream.ts'

afterEach(stopAllProcesses)

const SENDERS = 16
const LONGEST_LIFE_MS = 400

test('on Postgres, every delivery answered with a 2xx outlives kill -9 and is applied', async () => {
  const database = await openTestDatabase('postgres')
  const kills = repetitions(3, 100)
  const start = () => startAndonProcess('web', { DATABASE_URL: database.url })
  const { acknowledged, stories } = await killAgainAndAgain(kills, start, (guids) => expectKept(database, guids))
  recordMeasurements('kill', {
    faults: kills,
    lost: 0,
    wrong: 0,
    on: 'Postgres',
    acknowledged,
    issues: stories,
  })
  await database.close()
})

test('on the embedded database, every delivery answered with a 2xx outlives kill -9 and is applied', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'andon-kill-'))
  const kills = repetitions(2, 20)
  const start = () => startAndonProcess('all', { ANDON_DATA: directory })
  const { acknowledged, stories, guids } = await killAgainAndAgain(kills, start, async () => undefined)
  const database = await openEmbeddedDatabase(directory)
  await expectKept(database, guids)
  await database.close()
  rmSync(directory, { recursive: true, force: true })
  recordMeasurements('kill', {
    faults: kills,
    lost: 0,
    wrong: 0,
    on: 'the embedded database',
    acknowledged,
    issues: stories,
  })
})

async function killAgainAndAgain(
  kills: number,
  start: () => Promise<AndonProcess>,
  check: (guids: ReadonlySet<string>) => Promise<void>,
): Promise<{ acknowledged: number; stories: number; guids: ReadonlySet<string> }> {
  const chance = seededRandom(randomSeed())
  const stream = openTraceStream(chance, `kill-${randomSeed()}`, repetitions(12, 36))
  const acknowledged = new Set<string>()
  const client = openHttpClient()
  for (let round = 0; round < kills; round++) {
    const andon = await start()
    await andon.ready()
    await sendUntilKilled(andon, { stream, client, acknowledged, lifeMs: chance.integer(LONGEST_LIFE_MS) })
    await check(acknowledged)
  }
  const andon = await start()
  await andon.ready()
  await forEachConcurrently(SENDERS, stream.remaining(), async (delivery) => {
    expect((await client.post(andon.url, delivery)).status).toBe(202)
    acknowledged.add(delivery.guid)
  })
  await check(acknowledged)
  const expected = stream
    .traces()
    .filter(({ light }) => light !== null)
    .map(({ issueNumber, light }) => `${REPOSITORY.fullName}#${issueNumber} ${light}`)
  const rows = await readAllRows(andon.url)
  expect(rows.map((row) => `${row.repository}#${row.issue} ${row.light}`).sort()).toEqual(expected.sort())
  await andon.stop()
  client.close()
  return { acknowledged: acknowledged.size, stories: expected.length, guids: acknowledged }
}

// The process's time to live counts from the first answer, so that every round dies under load.
async function sendUntilKilled(
  andon: AndonProcess,
  o: { stream: TraceStream; client: HttpClient; acknowledged: Set<string>; lifeMs: number },
): Promise<void> {
  let dead = false
  let dying = false
  const unexpected: number[] = []
  async function sender(): Promise<void> {
    while (!dead) {
      const delivery = o.stream.next()
      const { status } = await o.client.post(andon.url, delivery)
      if (status === 202) {
        o.acknowledged.add(delivery.guid)
        if (!dying) setTimeout(() => andon.stop('SIGKILL'), o.lifeMs)
        dying = true
        continue
      }
      // Status 0 is the kill itself; any other failure is one of Andon.
      dead = true
      o.stream.requeue(delivery)
      if (status !== 0) unexpected.push(status)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  await andon.stop('SIGKILL')
  expect(unexpected).toEqual([])
}

async function expectKept(database: Database, guids: ReadonlySet<string>): Promise<void> {
  const rows = await database.kysely.selectFrom('deliveries').select(['guid', 'state']).execute()
  const applied = new Set(rows.filter(({ state }) => state !== 'failed').map(({ guid }) => guid))
  expect([...guids].filter((guid) => !applied.has(guid))).toEqual([])
  await expectConsistent({ database, now: new Date().toISOString() })
}
