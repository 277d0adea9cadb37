// GitHub does the work and then says 502, cuts the connection, or says nothing: what must be there once is there once.
// Two Andons share the database and a clock that is moved, because GitHub's pace of one write a second would take hours.
import pino from 'pino'
import { expect, test } from 'vitest'
import { type Andon, openAndon } from '../../src/andon.ts'
import type { Config } from '../../src/config.ts'
import type { Database } from '../../src/store/database.ts'
import { expectOneTruth } from '../support/consistency.ts'
import { freshDatabase } from '../support/database.ts'
import { type FakeGitHub, openGitHubWorld } from '../support/fake-github.ts'
import { type MovedClock, movedClock } from '../support/manual-clock.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { type Seeded, seeded } from '../support/seeded-random.ts'

test('a fifth of the POSTs misbehave, and every issue has one comment per stage and one check run per stage and commit', async () => {
  const clock = movedClock('2026-11-20T08:00:00.000Z')
  const github = await openGitHubWorld({ seed: runSeed(), now: clock.now, together: 8 })
  const database = await freshDatabase('postgres')
  const andons = await Promise.all(
    [1, 2].map(() => openAndon({ ...surroundings(github), database, now: clock.now, fetch: impatient })),
  )
  github.deliveries.aim(`http://127.0.0.1:${await andons[0]?.listen()}/api/github/webhooks`)
  github.limitCreation()
  const how = ['502-after', 'reset-after', '502-before', 'reset-before'] as const
  github.misbehave({ on: ['comment', 'check'], how: [...how, 'hang-after'], share: 0.2, seed: runSeed() })

  const issues = howMany(6, 100)
  const chance = seeded(runSeed())
  const lives = Array.from({ length: issues }, (_, index) => life(github, chance, index))
  for (let living = lives; living.length > 0; ) {
    const steps = await Promise.all(living.map((one) => one.next()))
    living = living.filter((_, index) => !steps[index]?.done)
    await github.settled()
    await bringUpToDate(andons, database, clock)
    await expectOneTruth({ database, now: clock.now(), github })
  }

  const truth = await expectOneTruth({ database, now: clock.now(), github })
  expect(truth.pipelines).toBe(issues)
  const posts = [...github.writes.of('comment'), ...github.writes.of('check')]
  const misbehaved = posts.filter(({ fault }) => fault !== null && fault !== 'secondary-limit')
  expect(posts.filter(({ fault }) => fault === 'secondary-limit')).toEqual([])
  record('misbehaving-github', {
    issues,
    POSTs: posts.length,
    misbehaved: misbehaved.length,
    comments: truth.comments,
    'check runs': truth.checks,
    twins: 0,
  })
  for (const andon of andons) await andon.close()
  await github.close()
  await database.close()
})

/** One issue from its opening to its end, one deed at a time. */
async function* life(github: FakeGitHub, chance: Seeded, index: number): AsyncGenerator<void> {
  const repository = github.repositories[index % github.repositories.length] ?? ''
  const number = await github.openIssue(repository, {
    title: `Issue ${index} with @everyone & <b>care</b>`,
    labels: ['andon'],
  })
  yield
  const plan = await github.startRun(repository, 'plan.yml', { title: `andon ${number}/plan/1-k3v9x` })
  plan.start()
  const planning = plan.job('plan')
  planning.start()
  yield
  planning.succeed()
  plan.succeed()
  const branch = `andon/issue-${number}`
  await github.createBranch(repository, branch)
  const code = await github.startRun(repository, 'code.yml', { branch })
  code.start()
  yield
  if (chance.next() < 0.2) {
    code.fail()
    return
  }
  code.succeed()
  const pull = await github.openPullRequest(repository, {
    branch,
    title: `Resolve ${number}`,
    body: `Closes #${number}`,
  })
  yield
  const test = await github.startRun(repository, 'test.yml', { branch })
  test.start()
  test.succeed()
  yield
  if (chance.next() < 0.4) {
    await github.review(repository, pull, 'request changes', { by: 'grace' })
    yield
    await github.push(repository, branch)
    const rework = await github.startRun(repository, 'code.yml', { branch })
    rework.start()
    yield
    rework.succeed()
  }
  await github.review(repository, pull, 'approve', { by: 'ada' })
  yield
  if (chance.next() < 0.7) await github.merge(repository, pull)
}

/** Silence is the same after two seconds as after the ten that Andon gives a call. */
const impatient: typeof fetch = (input, init) => {
  const own = init?.signal ? [init.signal] : []
  return fetch(input, { ...init, signal: AbortSignal.any([...own, AbortSignal.timeout(2_000)]) })
}

// Everything is published when nothing is due and nothing waits for its moment: the clock moves until then.
async function bringUpToDate(andons: readonly Andon[], database: Database, clock: MovedClock): Promise<void> {
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    const done = await Promise.all(andons.map(({ steps }) => steps.outbox()))
    if (done.some((count) => count > 0)) clock.pass(APART_SECONDS)
    else if (await somethingWaits(database)) clock.pass(WAIT_SECONDS)
    else return
  }
  throw new Error('GitHub was not brought up to date')
}

const MOST_ROUNDS = 10_000
// A little more than the pace of writes; and while the hour's creations are spent, bigger strides.
const APART_SECONDS = 1.1
const WAIT_SECONDS = 3

async function somethingWaits({ kysely }: Database): Promise<boolean> {
  const behind = kysely.selectFrom('pipelines').select('id').whereRef('publishedRevision', '<', 'revision')
  const due = kysely.selectFrom('effects').select('id').where('state', 'not in', ['done', 'refused', 'buried'])
  return (await behind.executeTakeFirst()) !== undefined || (await due.executeTakeFirst()) !== undefined
}

function surroundings(github: FakeGitHub): Pick<Parameters<typeof openAndon>[0], 'config' | 'build' | 'log'> {
  const config: Config = {
    role: 'all',
    port: 0,
    host: '127.0.0.1',
    appId: github.appId,
    privateKey: github.privateKey,
    webhookSecrets: [github.webhookSecret],
    githubApiUrl: github.url,
    githubUrl: github.url,
    oidcIssuer: `${github.url}/-/oidc`,
    databaseUrl: null,
    dataDirectory: '',
    access: 'open',
    baseUrl: 'https://andon.example.com',
    logLevel: 'silent',
    production: false,
  }
  return { config, build: 'test', log: pino({ level: 'silent' }) }
}
