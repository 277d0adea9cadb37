// Recorded payloads of GitHub, and damaged ones, posted to the endpoint and through the real door.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { type Door, openDoor } from '../../src/apply/door.ts'
import { createWebhookGuard } from '../../src/inbox/guard.ts'
import { createReceiver, rejectByHeaders } from '../../src/inbox/receive.ts'
import probotApp from '../../src/index.ts'
import type { Database } from '../../src/store/database.ts'
import { HANDLED_WEBHOOKS } from '../../src/translate/handled-webhooks.ts'
import { openTestDatabase } from '../support/database.ts'
import { allExamples, type SignedDelivery, signBody, signDelivery, WEBHOOK_SECRET } from '../support/deliveries.ts'
import { type HttpClient, openHttpClient } from '../support/http-load.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { mutatePayload } from '../support/payload-mutations.ts'
import { traces } from '../support/traces.ts'

const MUTATIONS = repetitions(300, 10_000)
const SEED = randomSeed(1_861)
const AT_ONCE = 64
const SLOW_TIMEOUT_MS = 300_000

let database: Database
let door: Door
let server: Server
let url: string
let httpClient: HttpClient

beforeAll(async () => {
  database = await openTestDatabase()
  const log = pino({ level: 'silent' })
  const now = () => new Date().toISOString()
  door = openDoor({ database, now, log })
  const { receive } = await createReceiver({ app: probotApp, door, secrets: [WEBHOOK_SECRET], now, log })
  const guard = createWebhookGuard({ receive, refuse: rejectByHeaders })
  server = createServer((request, response) => void guard.answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  httpClient = openHttpClient()
})

afterAll(async () => {
  httpClient.close()
  server.close()
  await door.close()
  await database.close()
})

test(
  'all 324 recorded payloads are accepted, and none of them fails',
  async () => {
    const deliveries = allExamples().map((delivery) => signDelivery(delivery))
    const statuses = await post(deliveries)
    const states = await statesOf(deliveries)
    recordMeasurements('recorded', {
      faults: deliveries.length,
      lost: 0,
    })
    console.log(`recorded payloads: ${deliveries.length}, statuses ${count(statuses)}, kept as ${count(states)}`)
    expect(deliveries).toHaveLength(324)
    expect(new Set(statuses)).toEqual(new Set([202]))
    expect(states.filter((state) => state === 'failed')).toEqual([])
  },
  SLOW_TIMEOUT_MS,
)

test(
  'damaged payloads are answered 2xx or 4xx, kept with their reason, and harm no other delivery',
  async () => {
    const random = seededRandom(SEED)
    const neighbours = { id: 990_001, fullName: 'neighbours/garden', installationId: 990_002 }
    const stories = traces(54, { repository: neighbours })
    const sources = [
      ...allExamples(),
      ...traces(18, { repository: { id: 880_001, fullName: 'damaged/goods', installationId: 880_002 } }).flatMap(
        (story) => story.deliveries,
      ),
    ]
    const known = sources.filter(({ name }) => Object.hasOwn(HANDLED_WEBHOOKS, name))
    const damaged = Array.from({ length: MUTATIONS }, () => {
      const { name, bytes, kind } = mutatePayload(random, random.pick(random.next() < 0.8 ? known : sources))
      return { delivery: signBody(name, bytes), kind }
    })
    const whole = stories.flatMap((story) => story.deliveries.map((delivery) => signDelivery(delivery)))

    const all = random.shuffle([...whole, ...damaged.map(({ delivery }) => delivery)])
    const answered = new Map((await post(all)).map((status, index) => [all[index]?.guid, status]))
    const statuses = damaged.map(({ delivery }) => answered.get(delivery.guid) ?? 0)
    const states = await statesOf(damaged.map(({ delivery }) => delivery))
    console.log(
      `damaged payloads: ${MUTATIONS} (${count(damaged.map(({ kind }) => kind))}), statuses ${count(statuses)}, kept as ${count(states)} (seed ${SEED})`,
    )
    expect(statuses.filter((status) => status !== 202 && status !== 400 && status !== 401)).toEqual([])
    expect(states).toHaveLength(statuses.filter((status) => status === 202).length)

    // Every undamaged delivery is applied, and every trace ends on its light.
    expect(new Set(whole.map(({ guid }) => answered.get(guid)))).toEqual(new Set([202]))
    expect(new Set(await statesOf(whole))).toEqual(new Set(['applied']))
    const lights = new Map(await lightsOf(neighbours.id))
    for (const { issueNumber, light, options } of stories) {
      expect(lights.get(issueNumber) ?? null, `issue ${issueNumber}, ${JSON.stringify(options)}`).toBe(light)
    }

    // Every failed delivery is kept with its reason and its exact bytes.
    const sent = new Map(damaged.map(({ delivery }) => [delivery.guid, delivery.body]))
    const failed = (await failedDeliveries()).filter(({ guid }) => sent.has(guid))
    expect(failed.length).toBeGreaterThan(MUTATIONS / 20)
    for (const { guid, error, body } of failed) {
      expect(error, guid).toBeTruthy()
      expect(Buffer.from(sent.get(guid) ?? []).equals(body ?? Buffer.of()), guid).toBe(true)
    }
    recordMeasurements('damaged', {
      faults: MUTATIONS,
      lost: 0,
      'kept as failed': failed.length,
      wrong: 0,
    })
  },
  SLOW_TIMEOUT_MS,
)

async function post(deliveries: readonly SignedDelivery[]): Promise<readonly number[]> {
  const statuses: number[] = []
  for (let first = 0; first < deliveries.length; first += AT_ONCE) {
    const answers = await Promise.all(deliveries.slice(first, first + AT_ONCE).map((one) => httpClient.post(url, one)))
    statuses.push(...answers.map(({ status }) => status))
  }
  return statuses
}

async function statesOf(deliveries: readonly SignedDelivery[]): Promise<readonly string[]> {
  const wanted = new Set(deliveries.map(({ guid }) => guid))
  const rows = await database.kysely.selectFrom('deliveries').select(['guid', 'state']).execute()
  return rows.filter(({ guid }) => wanted.has(guid)).map(({ state }) => state)
}

async function failedDeliveries() {
  const columns = ['guid', 'error', 'body'] as const
  return database.kysely.selectFrom('deliveries').select(columns).where('state', '=', 'failed').execute()
}

async function lightsOf(repositoryId: number): Promise<[number, string][]> {
  const rows = await database.kysely
    .selectFrom('pipelines')
    .select(['issueNumber', 'light'])
    .where('repositoryId', '=', repositoryId)
    .execute()
  return rows.map(({ issueNumber, light }) => [issueNumber, light])
}

function count(words: readonly (string | number)[]): string {
  const counts = Map.groupBy(words, (word) => word)
  return [...counts].map(([word, each]) => `${word}: ${each.length}`).join(', ')
}
