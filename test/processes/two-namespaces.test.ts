// Two containers on one folder: neither sees the other's pid, and the second must not open the embedded database.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { openHttpClient } from '../support/http-load.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { openTraceStream } from '../support/trace-stream.ts'

const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const canUnshare = spawnSync('unshare', [...UNSHARE.slice(1), 'true']).status === 0
if (!canUnshare) console.log('left out: two PID namespaces, because this user may not make one')
const ways = [
  { name: 'beside each other', through: [] },
  ...(canUnshare ? [{ name: 'of two PID namespaces', through: UNSHARE }] : []),
]
const ROUNDS = repetitions(1, 10)
const REFUSED = { code: 78, output: expect.stringMatching(/^andon: [^\n]+ is in use by process \d+ on [^\n]+\.\n$/) }
const scratch = mkdtempSync(join(tmpdir(), 'andon-namespaces-'))
const client = openHttpClient()

afterAll(async () => {
  client.close()
  await stopAllProcesses()
  rmSync(scratch, { recursive: true, force: true })
})

test.each(ways)(
  'of processes $name one owns the folder, and nothing it accepted is lost',
  async ({ name, through }) => {
    const folder = join(scratch, name)
    const stream = openTraceStream(seededRandom(1), 'namespaces', 12)
    const owner = await start(folder, through)
    await owner.ready(120_000)
    for (let sent = 0; sent < 20; sent++) expect((await client.post(owner.url, stream.next())).status).toBe(202)
    const board = await boardOf(owner)
    expect(board.length).toBeGreaterThan(0)

    expect(await end(await start(folder, through))).toEqual(REFUSED)
    // Frozen is not dead: it will go on. (A namespace's first process cannot be frozen through the one that made it.)
    if (through.length === 0) owner.freeze()
    expect(await end(await start(folder, through))).toEqual(REFUSED)
    owner.thaw()
    await owner.stop('SIGKILL')

    const next = await start(folder, through)
    await next.ready(120_000)
    expect(await boardOf(next)).toEqual(board)
    await next.stop('SIGKILL')
  },
)

test.each(ways)(
  'of processes $name that start at once, one serves and the others say so',
  async ({ name, through }) => {
    for (let round = 1; round <= ROUNDS; round++) {
      const folder = join(scratch, `${name}, at once, ${round}`)
      const rivals = await Promise.all([1, 2, 3].map(() => start(folder, through)))
      const owner = await Promise.any(rivals.map((rival) => rival.ready(120_000).then(() => rival)))
      const others = await Promise.all(rivals.filter((rival) => rival !== owner).map((other) => other.exited()))
      expect(others.map(({ code }) => code)).toEqual([78, 78])
      await owner.stop('SIGKILL')
    }
    recordMeasurements('two-namespaces', { faults: 3 * ROUNDS, doubled: 0, started: name })
  },
)

function start(folder: string, through: readonly string[]): Promise<AndonProcess> {
  return startAndonProcess('all', { ANDON_DATA: folder, LOG_LEVEL: 'warn' }, [], through)
}

async function boardOf(andon: AndonProcess) {
  const rows = await readAllRows(andon.url)
  return rows.map(({ repository, issue, stage, light }) => ({ repository, issue, stage, light }))
}

async function end(andon: AndonProcess) {
  const { code } = await andon.exited()
  return { code, output: andon.output() }
}
