// A pooler in transaction mode between Andon and Postgres: what it refuses is passed on, and what it swallows is said.
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { openTestDatabase } from '../support/database.ts'
import { openHttpClient } from '../support/http-load.ts'
import { openTraceStream } from '../support/trace-stream.ts'
import { hasPgbouncer, openPooler } from './support/pooler.ts'

if (!hasPgbouncer)
  console.log('left out: what a pooler does, because there is no pgbouncer (Debian: apt-get install pgbouncer)')

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await stopAllProcesses()
  for (const close of closing.splice(0).toReversed()) await close()
})

async function behindPooler(o: Parameters<typeof openPooler>[1] = {}) {
  const database = await openTestDatabase('postgres')
  closing.push(() => database.close())
  const pooler = await openPooler(database.url ?? '', o)
  closing.push(() => pooler.close())
  return { database, environment: { DATABASE_URL: pooler.url } }
}

test.runIf(hasPgbouncer)(
  'a pooler that refuses the parameters of a connection is quoted, with what to do',
  async () => {
    const { environment } = await behindPooler()
    const andon = await startAndonProcess('all', environment)
    const { code } = await andon.exited()
    expect([code, andon.stderr()]).toEqual([
      78,
      expect.stringMatching(/unsupported startup parameter[^\n]*: add that parameter to ignore_startup_parameters/),
    ])
  },
)

test.runIf(hasPgbouncer)(
  'a pooler that swallows notifications is named by health and doctor, and deliveries go on',
  async () => {
    const { database, environment } = await behindPooler({
      ignored: 'statement_timeout, idle_in_transaction_session_timeout, extra_float_digits',
    })
    const andon = await startAndonProcess('all', environment)
    await andon.ready()
    const client = openHttpClient()
    closing.push(async () => client.close())
    const stream = openTraceStream(seededRandom(1), 'pooled')
    for (let count = 0; count < 20; count += 1) expect((await client.post(andon.url, stream.next())).status).toBe(202)
    const applied = () => database.kysely.selectFrom('deliveries').select('id').execute()
    await waitUntil('they are there', async () => (await applied()).length === 20)
    const read = async (path: string) => await (await fetch(`${andon.url}${path}`)).text()
    expect(await read('/health')).toContain('a pooler in transaction mode swallows LISTEN')
    expect(await read('/metrics')).toMatch(/^andon_database_listening 0$/m)
    const doctor = await startAndonProcess('doctor', environment, ['--json'])
    await doctor.exited()
    const { findings } = JSON.parse(doctor.output()) as { findings: { check: string; state: string; cause: string }[] }
    const stateOf = (check: string) => findings.find((finding) => finding.check === check)
    expect(stateOf('notifications')).toMatchObject({ state: 'wrong', cause: 'pooler' })
    expect([stateOf('database')?.state, stateOf('workers')?.state]).toEqual(['ok', 'ok'])
  },
)
