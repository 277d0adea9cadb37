// The promise of a 2xx: what was answered with one survives the death of the process that answered, at any moment.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openEmbedded } from '../../src/process/open-embedded-database.ts'
import type { Database } from '../../src/store/database.ts'
import { type AndonProcess, endProcesses, startProcess } from '../support/andon-process.ts'
import { readEverything } from '../support/board-api.ts'
import { expectOneTruth } from '../support/consistency.ts'
import { freshDatabase } from '../support/database.ts'
import { REPOSITORY } from '../support/deliveries.ts'
import { inParallel, type Knocker, openKnocker } from '../support/http-load.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { seeded } from '../support/seeded-random.ts'
import { type StreamOfTraces, streamOfTraces } from '../support/trace-stream.ts'

afterEach(endProcesses)

const SENDERS = 16
const LONGEST_LIFE_MS = 400

test('on Postgres, every delivery answered with a 2xx outlives kill -9 and is applied', async () => {
  const database = await freshDatabase('postgres')
  const kills = howMany(3, 100)
  const start = () => startProcess('web', { DATABASE_URL: database.url })
  const { acknowledged, stories } = await killAgainAndAgain(kills, start, (guids) => expectKept(database, guids))
  record('kill', { 'kills on Postgres': kills, acknowledged, missing: 0, issues: stories, 'wrong lights': 0 })
  await database.close()
})

test('on the embedded database, every delivery answered with a 2xx outlives kill -9 and is applied', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'andon-kill-'))
  const kills = howMany(2, 20)
  const start = () => startProcess('all', { ANDON_DATA: directory })
  const { acknowledged, stories, guids } = await killAgainAndAgain(kills, start, async () => undefined)
  const database = await openEmbedded(directory)
  await expectKept(database, guids)
  await database.close()
  rmSync(directory, { recursive: true, force: true })
  record('kill', {
    'kills on the embedded database': kills,
    acknowledged,
    missing: 0,
    issues: stories,
    'wrong lights': 0,
  })
})

async function killAgainAndAgain(
  kills: number,
  start: () => Promise<AndonProcess>,
  check: (guids: ReadonlySet<string>) => Promise<void>,
): Promise<{ acknowledged: number; stories: number; guids: ReadonlySet<string> }> {
  const chance = seeded(runSeed())
  const stream = streamOfTraces(chance, `kill-${runSeed()}`, howMany(12, 36))
  const acknowledged = new Set<string>()
  const knocker = openKnocker()
  for (let round = 0; round < kills; round++) {
    const andon = await start()
    await andon.ready()
    await sendUntilKilled(andon, { stream, knocker, acknowledged, lifeMs: chance.integer(LONGEST_LIFE_MS) })
    await check(acknowledged)
  }
  const andon = await start()
  await andon.ready()
  await inParallel(SENDERS, stream.rest(), async (delivery) => {
    expect((await knocker.post(andon.url, delivery)).status).toBe(202)
    acknowledged.add(delivery.guid)
  })
  await check(acknowledged)
  const expected = stream
    .stories()
    .filter(({ light }) => light !== null)
    .map(({ issueNumber, light }) => `${REPOSITORY.fullName}#${issueNumber} ${light}`)
  const rows = await readEverything(andon.url)
  expect(rows.map((row) => `${row.repository}#${row.issue} ${row.light}`).sort()).toEqual(expected.sort())
  await andon.end()
  knocker.close()
  return { acknowledged: acknowledged.size, stories: expected.length, guids: acknowledged }
}

// The life is counted from the first answer, so that every round dies under load.
async function sendUntilKilled(
  andon: AndonProcess,
  o: { stream: StreamOfTraces; knocker: Knocker; acknowledged: Set<string>; lifeMs: number },
): Promise<void> {
  let dead = false
  let dying = false
  const unexpected: number[] = []
  async function sender(): Promise<void> {
    while (!dead) {
      const delivery = o.stream.take()
      const { status } = await o.knocker.post(andon.url, delivery)
      if (status === 202) {
        o.acknowledged.add(delivery.guid)
        if (!dying) setTimeout(() => andon.end('SIGKILL'), o.lifeMs)
        dying = true
        continue
      }
      // No answer is the death itself; any other answer is one too many.
      dead = true
      o.stream.giveBack(delivery)
      if (status !== 0) unexpected.push(status)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  await andon.end('SIGKILL')
  expect(unexpected).toEqual([])
}

async function expectKept(database: Database, guids: ReadonlySet<string>): Promise<void> {
  const rows = await database.kysely.selectFrom('deliveries').select(['guid', 'state']).execute()
  const applied = new Set(rows.filter(({ state }) => state !== 'failed').map(({ guid }) => guid))
  expect([...guids].filter((guid) => !applied.has(guid))).toEqual([])
  await expectOneTruth({ database, now: new Date().toISOString() })
}
