// One Andon, door and worker in one process, on a Postgres to which things happen, under deliveries.
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { type SeededRandom, seededRandom } from '../../../fake-github/random.ts'
import type { Database } from '../../../src/store/database.ts'
import { openPostgresDatabase } from '../../../src/store/postgres.ts'
import { startAndonProcess, waitUntil } from '../../support/andon-process.ts'
import { expectConsistent } from '../../support/consistency.ts'
import { openEventReader } from '../../support/event-reader.ts'
import { openHttpClient, statusCounter } from '../../support/http-load.ts'
import { randomSeed } from '../../support/measurements.ts'
import { openTraceStream } from '../../support/trace-stream.ts'
import type { Trace } from '../../support/traces.ts'
import { openFaultyPostgres, POSTGRES_FAULTS, type PostgresFault } from './postgres-faults.ts'
import { openReadinessPairs, type ReadinessVerdict, type SentDelivery } from './readiness-pairs.ts'

const SENDERS = 3
const SENDER_RESTS_MS = 40
/** Eight kinds in two seeds. */
const FAULTS_PER_SEED = 4
/** GitHub waits no longer. */
const GITHUB_WAITS_MS = 10_000
const CONVERGES_WITHIN_MS = 20_000

export type SeedOutcome = {
  readonly struck: readonly PostgresFault[]
  readonly acknowledged: number
  /** GUIDs that got a 2xx and are not applied. */
  readonly missing: readonly string[]
  /** From the end of the last fault until all was well. */
  readonly convergedInSeconds: number
  readonly readiness: ReadinessVerdict
  /** In words: what /readyz said, or the light of an issue. */
  readonly wrong: readonly string[]
}

export type FaultyWorld = {
  /** Faults one after the other, deliveries all the while, and afterwards everything right. */
  play(seed: number): Promise<SeedOutcome>
  /** How often each status was answered. */
  answers(): Readonly<Record<string, number>>
  /** Everything agrees, the worker beats, and the process that was started first ends well. */
  finish(): Promise<void>
  close(): Promise<void>
}

export async function openFaultyWorld(): Promise<FaultyWorld> {
  const postgres = await openFaultyPostgres()
  const migrated = await startAndonProcess('migrate', { DATABASE_URL: postgres.url })
  expect((await migrated.exited()).code).toBe(0)
  const andon = await startAndonProcess('all', { DATABASE_URL: postgres.url })
  await andon.ready()
  const events = await openEventReader(`${andon.url}/events?as=json`)
  const client = openHttpClient(GITHUB_WAITS_MS)
  const answers = statusCounter()
  const stream = openTraceStream(seededRandom(randomSeed()), `fault-${andon.port}`, 12)
  let settled = 0

  async function withDatabase<T>(use: (database: Database) => Promise<T>): Promise<T> {
    const database = await openPostgresDatabase(postgres.direct(), { connections: 1 })
    return await use(database).finally(() => database.close())
  }

  async function play(seed: number): Promise<SeedOutcome> {
    const chance = seededRandom(randomSeed(seed))
    const acknowledged: string[] = []
    const sent: SentDelivery[] = []
    let inARow = 0
    let over = false

    async function deliver(): Promise<SentDelivery> {
      const delivery = stream.next()
      const sentAt = performance.now()
      const { status } = await client.post(andon.url, delivery)
      answers.add(status)
      const isTaken = status === 202
      inARow = isTaken ? inARow + 1 : 0
      if (isTaken) acknowledged.push(delivery.guid)
      else stream.requeue(delivery)
      return { sentAt, answeredAt: performance.now(), isTaken }
    }

    async function sender(): Promise<void> {
      while (!over) {
        sent.push(await deliver())
        await pause(SENDER_RESTS_MS)
      }
    }

    const senders = Array.from({ length: SENDERS }, sender)
    const pairs = openReadinessPairs(andon, deliver)
    const struck = faultsOf(seed, chance)
    const story: string[] = []
    for (const fault of struck) {
      await pause(chance.integer(1_200))
      const from = Math.round(performance.now())
      story.push(
        `${fault} (${await postgres.strike(fault, chance)}) from ${from} to ${Math.round(performance.now())} ms`,
      )
    }
    const healedAt = performance.now()
    inARow = 0
    await waitUntil(
      `seed ${seed}, ${story.join(', ')}: all is well again`,
      async () => inARow >= 20 && (await fetch(`${andon.url}/readyz`)).status === 200,
      { withinMs: CONVERGES_WITHIN_MS },
    )
    const convergedInSeconds = (performance.now() - healedAt) / 1_000
    over = true
    await Promise.all(senders)
    const readiness = await pairs.judge({ sent, changedAt: postgres.changedAt })
    for (const delivery of stream.remaining()) {
      expect((await client.post(andon.url, delivery)).status).toBe(202)
      acknowledged.push(delivery.guid)
    }
    const traces = stream.traces().slice(settled)
    settled += traces.length
    await streamShowsTheNewest(traces)
    const wrong = [...readiness.wrong, ...(await withDatabase((database) => listWrongLights(database, traces)))]
    return {
      ...{ struck, acknowledged: acknowledged.length, convergedInSeconds, readiness },
      missing: await withDatabase((database) => listMissing(database, acknowledged)),
      wrong: wrong.map((what) => `seed ${seed}, ${story.join(', ')}: ${what}`),
    }
  }

  /** The page that was opened first, without having reconnected. */
  async function streamShowsTheNewest(traces: readonly Trace[]): Promise<void> {
    const issue = traces.findLast(({ light }) => light === 'running' || light === 'queued')?.issueNumber ?? 0
    await waitUntil(`the stream shows the newest revision of #${issue}`, async () => {
      const row = await withDatabase(({ kysely }) =>
        kysely.selectFrom('pipelines').select('revision').where('issueNumber', '=', issue).executeTakeFirstOrThrow(),
      )
      const isShown = ({ data }: { data: string }) =>
        new RegExp(`"issue":${issue}\\b`).test(data) && new RegExp(`"revision":${row.revision}\\b`).test(data)
      return events.unread().some(isShown)
    })
    events.unread().length = 0
    expect(events.isOpen()).toBe(true)
  }

  return {
    play,
    answers: answers.counts,
    async finish() {
      const now = new Date().toISOString()
      await withDatabase(async (database) => {
        await expectConsistent({ database, now })
        await waitUntil('the worker beats', async () => {
          const rows = await database.kysely.selectFrom('loops').select('beatAt').execute()
          return rows.some(({ beatAt }) => beatAt > now)
        })
      })
      events.close()
      client.close()
      expect((await andon.stop()).code).toBe(0)
    },
    async close() {
      events.close()
      await andon.stop('SIGKILL')
      await postgres.close()
    },
  }
}

/** The kinds in a random order, half of them in a seed and the rest in the next, and those in an order of its own. */
function faultsOf(seed: number, chance: SeededRandom): readonly PostgresFault[] {
  const order = seededRandom(randomSeed(Math.ceil(seed / 2))).shuffle(POSTGRES_FAULTS)
  return chance.shuffle(seed % 2 === 1 ? order.slice(0, FAULTS_PER_SEED) : order.slice(FAULTS_PER_SEED))
}

async function listWrongLights({ kysely }: Database, traces: readonly Trace[]): Promise<readonly string[]> {
  const rows = await kysely
    .selectFrom('pipelines')
    .select(['issueNumber', 'light'])
    .where('issueNumber', 'in', [0, ...traces.map(({ issueNumber }) => issueNumber)])
    .execute()
  const shown = new Map(rows.map(({ issueNumber, light }) => [issueNumber, light]))
  return traces.flatMap(({ issueNumber, light }) => {
    const found = shown.get(issueNumber) ?? null
    return found === light ? [] : [`#${issueNumber} is ${found}, and not ${light}`]
  })
}

async function listMissing({ kysely }: Database, guids: readonly string[]): Promise<readonly string[]> {
  const rows = await kysely
    .selectFrom('deliveries')
    .select('guid')
    .where('state', '<>', 'failed')
    .where('guid', 'in', ['', ...guids])
    .execute()
  const applied = new Set(rows.map(({ guid }) => guid))
  return guids.filter((guid) => !applied.has(guid))
}
