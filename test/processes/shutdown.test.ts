// One shutdown for any number of signals: nothing more is claimed, the heartbeat says so, claimed work is finished or
// requeued, and the process ends by itself. Here GitHub does not answer a dispatch.
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { environmentOf } from '../../fake-github/environment.ts'
import type { Database } from '../../src/store/database.ts'
import { loadLoops } from '../../src/store/loops.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { openTestDatabase } from '../support/database.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { ONE_STAGE_ANDON_YML } from './support/expect-single-run.ts'

afterEach(stopAllProcesses)

test('one, two or five signals while a dispatch hangs are one shutdown', async () => {
  // At full count GitHub never answers; otherwise it cuts the connection once the process is seen to be stopping.
  const rounds = [5, 2, 1].slice(0, repetitions(1, 3))
  const seconds = await Promise.all(rounds.map((signals) => stoppedBy(signals, repetitions(1, 0) === 1)))
  recordMeasurements('one-shutdown', {
    faults: rounds.length,
    stuck: 0,
    'signals each': rounds.join(', '),
    'seconds at most': Math.ceil(Math.max(...seconds)),
    'exit code': 0,
  })
})

/** Resolves to the seconds it took. */
async function stoppedBy(signals: number, cutsConnection: boolean): Promise<number> {
  const database = await openTestDatabase('postgres')
  const github = await openFakeGitHub()
  const andon = await startAndonProcess('all', { DATABASE_URL: database.url, ...environmentOf(github) })
  await andon.ready()
  await dispatchThatHangs(github, andon)
  await waitUntil('the dispatch is on its way', () => github.writes.ofKind('dispatch').length > 0)
  expect(await claims(database)).toBe(1)
  const health = await (await fetch(`${andon.url}/healthz`)).json()
  expect(health).toMatchObject({ status: 'ok', degraded: [], loops: [{ state: 'alive' }] })

  const startedAt = Date.now()
  for (let sent = 0; sent < signals; sent++) process.kill(andon.pid, sent % 2 === 0 ? 'SIGTERM' : 'SIGINT')
  const isStopping = async () => (await loadLoops(database))[0]?.status === 'stopping'
  await waitUntil('it says that it is stopping', isStopping, { everyMs: 5 })
  // The heartbeat says so before the work is released.
  expect(await claims(database)).toBe(1)
  if (cutsConnection) await github.close()
  expect((await andon.exited()).code).toBe(0)
  const seconds = (Date.now() - startedAt) / 1000

  expect(lines(andon, 'stopping')).toBe(1)
  expect(lines(andon, 'stopped')).toBe(1)
  // It ended because nothing was left to do, not even a timer, and not because it was killed.
  expect(lines(andon, 'the shutdown takes too long: exiting, other processes take over when the claims expire')).toBe(0)
  expect(await claims(database)).toBe(0)
  expect(await dispatches(database)).toEqual(['unconfirmed'])
  expect(await loadLoops(database)).toEqual([])
  expect(github.writes.ofKind('dispatch')).toHaveLength(1)
  if (!cutsConnection) await github.close()
  await database.close()
  return seconds
}

async function dispatchThatHangs(github: FakeGitHub, andon: AndonProcess): Promise<void> {
  const [repository = ''] = github.repositories
  github.injectFault({ requests: 'dispatch', kind: 'hang-before' })
  github.deliveries.setTarget(`${andon.url}/api/github/webhooks`)
  github.writeFile(repository, '.github/andon.yml', ONE_STAGE_ANDON_YML)
  github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
}

/** How many dispatches are claimed now. */
async function claims({ kysely }: Database): Promise<number> {
  const at = new Date().toISOString()
  const effects = await kysely
    .selectFrom('effects')
    .select('id')
    .where('type', '=', 'dispatch')
    .where('claimedUntil', '>', at)
    .execute()
  return effects.length
}

async function dispatches({ kysely }: Database): Promise<readonly string[]> {
  const rows = await kysely.selectFrom('effects').select('state').where('type', '=', 'dispatch').execute()
  return rows.map(({ state }) => state)
}

function lines(andon: AndonProcess, message: string): number {
  return andon.output().split(`"msg":"${message}"`).length - 1
}
