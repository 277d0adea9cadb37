// The way to Postgres dies without a word, or leads to nothing: deliveries are turned away in time, the probes say so, and
// all of it ends by itself.
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { openTestDatabase } from '../support/database.ts'
import { openHttpClient } from '../support/http-load.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { openTraceStream } from '../support/trace-stream.ts'

afterEach(stopAllProcesses)

test('connections that go silent cost ten seconds at most, and no restart', async () => {
  const database = await openTestDatabase('postgres')
  const proxy = await openTcpProxy(database.url ?? '')
  const andon = await startAndonProcess('web', { DATABASE_URL: proxy.url })
  await andon.ready()
  const stream = openTraceStream(seededRandom(1), 'silent')
  const client = openHttpClient()
  const timed = async (work: () => Promise<{ status: number }>) => {
    const startedAt = performance.now()
    const { status } = await work()
    return { status, ms: performance.now() - startedAt }
  }
  const deliver = () => timed(() => client.post(andon.url, stream.next()))
  const probe = (path: string) => timed(() => fetch(`${andon.url}${path}`))
  for (let count = 0; count < 5; count++) expect((await deliver()).status).toBe(202)

  proxy.silence()
  const turnedAway = await deliver()
  expect([turnedAway.status, turnedAway.ms < 10_000]).toEqual([503, true])
  expect((await deliver()).status).toBe(202)
  await waitUntil('/readyz says 200', async () => (await probe('/readyz')).status === 200, { withinMs: 5_000 })

  // Now nothing comes from new connections either.
  proxy.silenceAll()
  const waiting = deliver()
  await pause(3_000)
  const health = await probe('/healthz')
  expect([health.status, health.ms < 1_000]).toEqual([200, true])
  expect((await probe('/readyz')).status).toBe(503)
  expect([(await waiting).status, (await waiting).ms < 10_000]).toEqual([503, true])
  proxy.heal()
  await waitUntil('deliveries are taken again', async () => (await deliver()).status === 202, { withinMs: 10_000 })
  await waitUntil('/readyz says 200', async () => (await probe('/readyz')).status === 200, { withinMs: 10_000 })

  client.close()
  await andon.stop()
  await proxy.close()
  await database.close()
})
