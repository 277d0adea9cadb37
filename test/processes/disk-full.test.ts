// While the disk of the embedded database is full, deliveries get 503, and the probes say so; when there is room again,
// both recover, and nothing that was accepted is missing.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { openHttpClient } from '../support/http-load.ts'
import { openTraceStream } from '../support/trace-stream.ts'

const scratch = mkdtempSync(join(tmpdir(), 'andon-full-'))
const mount = join(scratch, 'disk')
const client = openHttpClient()

afterAll(async () => {
  client.close()
  await stopAllProcesses()
  spawnSync('umount', [mount])
  rmSync(scratch, { recursive: true, force: true })
})

test('a full disk makes a process not ready until there is room again', async () => {
  mkdirSync(mount)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128m,mode=0700', 'tmpfs', mount]).status !== 0)
    return console.log('left out: a full disk, because this user may not mount one')
  const andon = await startAndonProcess('all', { ANDON_DATA: mount })
  await andon.ready(120_000)
  const stream = openTraceStream(seededRandom(1), 'full', 12)
  const deliver = async () => (await client.post(andon.url, stream.next())).status
  const readiness = async () => (await fetch(`${andon.url}/readyz`)).status
  const rooms = async () => (await readAllRows(andon.url)).length
  for (let sent = 0; sent < 20; sent++) expect(await deliver()).toBe(202)
  const before = await rooms()

  spawnSync('sh', ['-c', `head -c 200000000 /dev/zero > ${join(mount, 'ballast')}`])
  await waitUntil('a delivery is turned away', async () => (await deliver()) === 503, { withinMs: 120_000, everyMs: 0 })
  await waitUntil('the process is not ready', async () => (await readiness()) === 503, { withinMs: 5_000 })
  const health = await (await fetch(`${andon.url}/healthz`)).json()
  expect(health).toMatchObject({
    status: 'degraded',
    // That there is no GitHub here is another sentence.
    degraded: expect.arrayContaining([expect.stringMatching(/^deliveries cannot be stored \(/)]),
  })

  rmSync(join(mount, 'ballast'))
  await waitUntil('the process is ready again', async () => (await readiness()) === 200, { withinMs: 60_000 })
  await waitUntil('deliveries are stored again', async () => (await deliver()) === 202, { withinMs: 60_000 })
  expect(await rooms()).toBeGreaterThanOrEqual(before)
})
