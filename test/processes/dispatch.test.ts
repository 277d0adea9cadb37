// One attempt, one run, with real workers on a real Postgres that are killed at random moments, and a GitHub that begins
// runs and then does not say so. At full count half of what it would tell about those runs never arrives.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openAndon } from '../../src/andon.ts'
import type { Database } from '../../src/store/database.ts'
import { freshDatabase } from '../support/database.ts'
import { howMany, record, runSeed } from '../support/figures.ts'
import { openGitHubWorld, WEBHOOK_SECRET } from '../support/github.ts'
import { until } from '../support/processes.ts'
import { seeded } from '../support/seeded.ts'
import { type Hasty, hastyClock, surroundings } from './support/hasty.ts'

const FACTOR = 10
const LONGEST_LIFE_MS = 2_000
const CONFIGURATION = `start: { label: andon }
stages:
  plan: { workflow: plan.yml }
limits: { running: 100, starts_per_day: 10000 }
checks: { before_pull_request: off }
comments: off
`

const workers = new Set<ChildProcess>()
const directory = mkdtempSync(join(tmpdir(), 'andon-dispatch-'))
afterEach(async () => {
  const left = [...workers]
  for (const worker of left) worker.kill('SIGKILL')
  await Promise.all(left.map((worker) => once(worker, 'close')))
  rmSync(directory, { recursive: true, force: true })
})

test('two workers are killed at random while a fifth of the answers are lost: every attempt has one run', async () => {
  const clock = { since: Date.now(), factor: FACTOR }
  const github = await openGitHubWorld({ seed: runSeed(), now: hastyClock(clock), together: 8 })
  const database = await freshDatabase('postgres')
  const { appId, privateKey, url: githubUrl } = github
  const hasty: Hasty = {
    ...clock,
    appId,
    privateKey,
    secret: WEBHOOK_SECRET,
    githubUrl,
    databaseUrl: database.url ?? '',
  }
  const web = await openAndon({ ...surroundings(hasty, 'web'), database })
  github.deliveries.aim(`http://127.0.0.1:${await web.listen()}/api/github/webhooks`)
  const [repository = ''] = github.repositories
  github.writeFile(repository, '.github/andon.yml', CONFIGURATION)
  github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  github.misbehave({ on: 'dispatch', how: ['502-after', 'reset-after'], share: 0.2, seed: runSeed() })
  // Each silence costs the ten seconds that a call may take, which are a hundred of this clock's.
  github.misbehave({ on: 'dispatch', how: 'hang-after', share: 0.01, seed: runSeed() + 1 })
  github.whenDispatched((run) => {
    run.start()
    setTimeout(() => run.succeed(), 200)
  })

  const attempts = howMany(30, 500)
  for (let index = 1; index <= attempts; index += 1) {
    await github.openIssue(repository, { title: `Issue ${index}`, labels: ['andon'] })
  }
  await github.settled()
  // Reading back what was never told takes its time: in full only.
  github.deliveries.disturb({ forget: howMany(0, 0.5) })
  const kills = await killAgainAndAgain(hasty, howMany(8, 100), () => github.runs.length < attempts)
  github.deliveries.calm()
  await Promise.all([startWorker(hasty), startWorker(hasty)])
  await until('every attempt is over', () => isOver(database, attempts), {
    withinMs: howMany(120_000, 1_800_000),
    everyMs: 500,
  })

  const titles = github.runs.map(({ state }) => state.title)
  const posts = github.writes.of('dispatch')
  record('dispatch-kills', {
    attempts,
    kills,
    POSTs: posts.length,
    'answers lost': posts.filter(({ fault, done }) => fault !== null && done).length,
    runs: titles.length,
    duplicates: titles.length - new Set(titles).size,
    stuck: 0,
  })
  expect(new Set(titles).size).toBe(titles.length)
  expect(titles.length).toBe(attempts)
  await web.close()
  await github.close()
  await database.close()
})

/** Kills one of two workers after another; resolves to how often. */
async function killAgainAndAgain(hasty: Hasty, most: number, goesOn: () => boolean): Promise<number> {
  const chance = seeded(runSeed())
  const pair = [await startWorker(hasty), await startWorker(hasty)]
  let kills = 0
  for (; kills < most && goesOn(); kills += 1) {
    const place = chance.integer(2)
    await new Promise((resolve) => setTimeout(resolve, chance.integer(LONGEST_LIFE_MS)))
    await end(pair[place])
    pair[place] = await startWorker(hasty)
  }
  await Promise.all(pair.map(end))
  return kills
}

async function startWorker(hasty: Hasty): Promise<ChildProcess> {
  const worker = spawn(process.execPath, ['test/processes/support/hasty-worker.ts'], {
    env: { PATH: process.env.PATH, HASTY: JSON.stringify(hasty), ANDON_DATA: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  workers.add(worker)
  worker.once('close', () => workers.delete(worker))
  if (worker.stdout) await once(worker.stdout, 'data')
  return worker
}

async function end(worker: ChildProcess | undefined): Promise<void> {
  if (worker === undefined || !workers.has(worker)) return
  worker.kill('SIGKILL')
  await once(worker, 'close')
}

async function isOver({ kysely }: Database, attempts: number): Promise<boolean> {
  const dispatches = await kysely.selectFrom('effects').select('state').where('type', '=', 'dispatch').execute()
  const stages = (await kysely.selectFrom('pipelines').select('document').execute()).map(
    ({ document }) => document.stages[0],
  )
  return (
    dispatches.length === attempts &&
    dispatches.every(({ state }) => state === 'done') &&
    stages.length === attempts &&
    stages.every((stage) => stage?.status === 'done')
  )
}
