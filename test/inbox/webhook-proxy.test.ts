// Deliveries that come by a webhook proxy enter by the same door as those that GitHub posts.
import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FakeWebhookProxy, openFakeWebhookProxy } from '../../fake-github/webhook-proxy.ts'
import { openWebhookProxy, readForwarded, reconnectDelayMs } from '../../src/inbox/webhook-proxy.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { type RecordedLog, recordLog } from '../support/recorded-log.ts'

const SECRET_WORDS = 'The merger with Initech'
/** A connection that is lost is made anew within a second. */
const WITHIN = { timeout: 10_000, interval: 20 }

let proxy: FakeWebhookProxy
let app: AndonApp
let recorded: RecordedLog

beforeEach(async () => {
  proxy = await openFakeWebhookProxy()
  recorded = recordLog()
  app = await openAndonApp({ webhookProxyUrl: proxy.url, log: recorded.log })
  app.github.deliveries.setTarget(proxy.url)
  await connected()
})
afterEach(async () => {
  await app.close()
  await proxy.close()
})

const connected = () => vi.waitFor(async () => expect(await degraded()).not.toContain(NOT_CONNECTED), WITHIN)
const NOT_CONNECTED = 'the webhook proxy is not connected: no delivery arrives'

async function degraded(): Promise<readonly string[]> {
  const { degraded } = (await (await fetch(`${app.url}/healthz`)).json()) as { degraded: readonly string[] }
  return degraded
}

async function titles(): Promise<readonly string[]> {
  const { pipelines } = (await (await fetch(`${app.url}/api/pipelines`)).json()) as { pipelines: { title: string }[] }
  return pipelines.map(({ title }) => title)
}

const deliveries = async () =>
  (await app.database.kysely.selectFrom('deliveries').select(['guid', 'state']).execute()).length

async function shows(title: string): Promise<void> {
  await app.github.openIssue(app.repository, { title, labels: ['andon'] })
  await vi.waitFor(async () => expect(await titles()).toContain(title), WITHIN)
}

/** What the proxy tells of a delivery; signed with the App's secret unless told otherwise. */
function message(o: { secret?: string; guid?: string; body?: object } = {}): string {
  const body = o.body ?? { action: 'opened', zen: SECRET_WORDS }
  const hmac = createHmac('sha256', o.secret ?? app.github.webhookSecret).update(JSON.stringify(body))
  return JSON.stringify({
    host: 'smee.io',
    'content-type': 'application/json',
    'x-github-event': 'ping',
    'x-github-delivery': o.guid ?? 'a-guid',
    'x-hub-signature-256': `sha256=${hmac.digest('hex')}`,
    body,
    query: {},
    timestamp: 1_732_000_000_000,
  })
}

test('a delivery is applied, and one that comes twice is applied once', async () => {
  await shows('Retry on flaky upload')
  const known = await deliveries()
  await proxy.write(`data: ${message()}\n\n`)
  await proxy.write(`data: ${message()}\n\n`)
  await shows('Says “ünïcode” 🚦\u2028 and \\u0041')
  expect(await deliveries()).toBeGreaterThan(known + 1)
  const pings = app.database.kysely.selectFrom('deliveries').select('guid').where('guid', '=', 'a-guid')
  expect(await pings.execute()).toHaveLength(1)
})

test('a forged signature is refused, and shown to people as one that GitHub posts is', async () => {
  await proxy.write(`data: ${message({ secret: 'x'.repeat(40), guid: 'forged' })}\n\n`)
  await vi.waitFor(async () => expect((await degraded()).join()).toContain('WEBHOOK_SECRET'), WITHIN)
  expect(await deliveries()).toBe(0)
  expect(recorded.text()).toContain('"status":401,"delivery":"forged"')
  expect(recorded.text()).not.toContain(SECRET_WORDS)
})

test('a body that the proxy has changed is refused: what it writes is what was signed, or nothing', async () => {
  await proxy.write(`data: ${message().replace('"opened"', '"closed"')}\n\n`)
  await shows('After it')
  const pings = app.database.kysely.selectFrom('deliveries').select('guid').where('guid', '=', 'a-guid')
  expect(await pings.execute()).toEqual([])
})

test('a connection that is lost is found again, and both are said', async () => {
  proxy.refuse(503)
  proxy.cut()
  await vi.waitFor(async () => expect(await degraded()).toContain(NOT_CONNECTED), WITHIN)
  proxy.refuse(null)
  await connected()
  await shows('After the cut')
  expect(recorded.text()).toMatch(/the webhook proxy is disconnected[\s\S]*the webhook proxy is connected/)
  // Whoever knows the channel reads what passes through it.
  expect(recorded.text()).not.toContain('a-channel')
})

test.each([
  'no event',
  ':\n\n',
  'data: no JSON\n\n',
  'data: null\n\ndata: 7\n\ndata: []\n\ndata: {}\n\n',
  'data: {"body":"text"}\n\ndata: {"body":{},"x-hub-signature-256":7,"content-type":null}\n\n',
  'event: strange\ndata: {"body":{}}\n\n',
  'event: ping\ndata: {}\n\n',
  'data: {"__proto__":{"x-github-event":"ping"},"body":{}}\n\n',
])('garbage (%j) harms nothing: the next delivery is applied', async (garbage) => {
  await proxy.write(`${garbage}\n\n`)
  await shows('After garbage')
  expect(proxy.listeners()).toBe(1)
})

test('an event larger than any delivery is not kept: the connection is made anew', async () => {
  const part = 'x'.repeat(1024 * 1024)
  void proxy.write('data: {"body":"')
  for (let written = 0; written < 28; written++) void proxy.write(part)
  await vi.waitFor(() => expect(recorded.text()).toContain('it sent more than any delivery has'), WITHIN)
  await connected()
  await shows('After a huge event')
})

test('shutdown ends the connection', async () => {
  await app.andon.close()
  await vi.waitFor(() => expect(proxy.listeners()).toBe(0), WITHIN)
})

describe('a proxy that', () => {
  const open = (url: string, silentMs?: number) => {
    const receive = async () => ({ status: 202, body: {} })
    return openWebhookProxy({ url, receive, fetch, log: recorded.log, ...(silentMs && { silentMs }) })
  }

  test('says nothing at all is taken for lost', async () => {
    const reader = open(proxy.url, 50)
    await vi.waitFor(() => expect(recorded.text()).toContain('it said nothing for too long'), WITHIN)
    await reader.close()
  })

  test('is something else is said to be none', async () => {
    const reader = open(`${app.url}/healthz`)
    await vi.waitFor(() => expect(recorded.text()).toContain('it is no webhook proxy'), WITHIN)
    expect(reader.problem()).toBe(NOT_CONNECTED)
    await reader.close()
  })

  test('cannot be reached is tried again, and closing does not wait for that', async () => {
    const gone = await openFakeWebhookProxy()
    await gone.close()
    const reader = open(gone.url)
    await vi.waitFor(() => expect(recorded.text()).toContain('ECONNREFUSED'), WITHIN)
    await reader.close()
  })
})

test('what stands beside body, query and timestamp are the headers', () => {
  const { headers, body } = readForwarded(message()) ?? {}
  expect(Object.keys(headers ?? {})).toEqual([
    'host',
    'content-type',
    'x-github-event',
    'x-github-delivery',
    'x-hub-signature-256',
  ])
  expect(JSON.parse(String(body))).toEqual({ action: 'opened', zen: SECRET_WORDS })
})

test('it is asked again after a second, later after a minute, each time a random half sooner or later', () => {
  expect([0, 1, 5, 6, 1000].map((failures) => reconnectDelayMs(failures, 1))).toEqual([
    1000, 2000, 32_000, 60_000, 60_000,
  ])
  expect(reconnectDelayMs(0, 0)).toBe(500)
})
