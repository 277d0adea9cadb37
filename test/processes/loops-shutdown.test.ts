// One shutdown for any number of signals: nothing more is claimed, everybody is told, what is in hand is finished or
// handed back, and the process ends by itself.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { readLoops } from '../../src/store/loops.ts'
import { freshDatabase } from '../support/database.ts'
import { signed } from '../support/deliveries.ts'
import { record } from '../support/figures.ts'
import { openKnocker } from '../support/load.ts'
import { type AndonProcess, endProcesses, startProcess, until } from '../support/processes.ts'
import { trace } from '../support/traces.ts'

afterEach(endProcesses)

test.each([1, 2, 5])('%i signals while a call to GitHub hangs are one shutdown', async (signals) => {
  const database = await freshDatabase('postgres')
  const github = await startSilentGitHub()
  const andon = await startProcess('all', { DATABASE_URL: database.url, GITHUB_API_URL: github.url })
  await andon.ready()
  await deliver(andon)
  await until('a call to GitHub hangs', () => github.hanging() > 0)
  expect(await claims(database)).toBeGreaterThan(0)
  const health = await (await fetch(`${andon.url}/healthz`)).json()
  expect(health).toMatchObject({ status: 'ok', degraded: [], loops: [{ state: 'alive' }] })

  const startedAt = Date.now()
  for (let sent = 0; sent < signals; sent++) process.kill(andon.pid, sent % 2 === 0 ? 'SIGTERM' : 'SIGINT')
  const isStopping = async () => (await readLoops(database))[0]?.status === 'stopping'
  await until('it says that it is stopping', isStopping, { everyMs: 5 })
  // Told before it is released.
  expect(await claims(database)).toBeGreaterThan(0)
  expect((await andon.ended()).code).toBe(0)
  const seconds = (Date.now() - startedAt) / 1000

  expect(seconds).toBeLessThan(25)
  expect(lines(andon, 'stopping')).toBe(1)
  expect(lines(andon, 'stopped')).toBe(1)
  // It ended because nothing was left to do, not because it was cut off.
  expect(lines(andon, 'something does not end: it is left to whoever claims it next')).toBe(0)
  expect(await claims(database)).toBe(0)
  expect(await readLoops(database)).toEqual([])
  await github.close()
  await database.close()
  record('one shutdown', { signals, seconds: Math.ceil(seconds), 'claims left': 0 })
})

async function deliver(andon: AndonProcess): Promise<void> {
  const knocker = openKnocker()
  for (const [index, delivery] of trace(1).deliveries.slice(0, 3).entries()) {
    expect((await knocker.post(andon.url, signed(delivery, { guid: `shutdown-${index}` }))).status).toBe(202)
  }
  knocker.close()
}

/** What somebody has in hand now. */
async function claims({ kysely }: Database): Promise<number> {
  const at = new Date().toISOString()
  const effects = await kysely.selectFrom('effects').select('id').where('claimedUntil', '>', at).execute()
  const pipelines = await kysely.selectFrom('pipelines').select('id').where('publishToken', 'is not', null).execute()
  return effects.length + pipelines.length
}

function lines(andon: AndonProcess, message: string): number {
  return andon.output().split(`"msg":"${message}"`).length - 1
}

/** A GitHub that takes every request and never says a word. */
async function startSilentGitHub() {
  let hanging = 0
  const server = createServer((request) => {
    hanging++
    request.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hanging: () => hanging,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
