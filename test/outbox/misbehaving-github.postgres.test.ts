// GitHub does the work and then answers 502, cuts the connection, or stays silent: everything is still written once.
// Two Andons share the database and a manual clock, because GitHub's limit of one write a second would take hours.
import { expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import type { Andon } from '../../src/andon.ts'
import type { Database } from '../../src/store/database.ts'
import { openAndonApp } from '../support/andon-app.ts'
import { expectConsistent } from '../support/consistency.ts'
import type { FakeGitHub } from '../support/fake-github.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

test(
  'while a fifth of the POSTs misbehave, every issue gets one comment per stage and one check run per stage and commit',
  async () => {
    const app = await openAndonApp({ seed: randomSeed(), maxConcurrent: 8 })
    const { github, database, clock } = app
    const andons = [app.andon, await app.startAnother()]
    github.enforceLimits()
    const how = ['502-after', 'reset-after', '502-before', 'reset-before'] as const
    github.injectFault({
      requests: ['comment', 'check'],
      kind: [...how, 'hang-after'],
      probability: 0.2,
      seed: randomSeed(),
    })

    const issues = repetitions(6, 100)
    const chance = seededRandom(randomSeed())
    const lives = Array.from({ length: issues }, (_, index) => driveIssue(github, chance, index))
    for (let living = lives; living.length > 0; ) {
      const steps = await Promise.all(living.map((one) => one.next()))
      living = living.filter((_, index) => !steps[index]?.done)
      await github.whenIdle()
      await publishUntilQuiet(andons, database, clock)
      await expectConsistent({ database, now: clock.now(), github })
    }

    const truth = await expectConsistent({ database, now: clock.now(), github })
    expect(truth.pipelines).toBe(issues)
    const posts = [...github.writes.ofKind('comment'), ...github.writes.ofKind('check')]
    const misbehaved = posts.filter(({ fault }) => fault !== null && fault !== 'secondary-limit')
    expect(posts.filter(({ fault }) => fault === 'secondary-limit')).toEqual([])
    recordMeasurements('misbehaving-github', {
      faults: misbehaved.length,
      doubled: 0,
      issues,
      POSTs: posts.length,
      comments: truth.comments,
      'check runs': truth.checkRuns,
    })
    await app.close()
  },
  repetitions(120_000, 3_600_000),
)

/** One issue from its opening to its end, one step at a time. */
async function* driveIssue(github: FakeGitHub, chance: SeededRandom, index: number): AsyncGenerator<void> {
  const repository = github.repositories[index % github.repositories.length] ?? ''
  const number = await github.openIssue(repository, {
    title: `Issue ${index} with @everyone & <b>care</b>`,
    labels: ['andon'],
  })
  yield
  const plan = await github.startRun(repository, 'plan.yml', {
    title: `andon ${number}/plan/1-k3v9x`,
    event: 'workflow_dispatch',
  })
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

// Everything is published when nothing is due now or later: the clock moves until then.
async function publishUntilQuiet(andons: readonly Andon[], database: Database, clock: ManualClock): Promise<void> {
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    const done = await Promise.all(andons.map(({ steps }) => steps.outbox()))
    if (done.some((count) => count > 0)) clock.advance(APART_SECONDS)
    else if (await somethingWaits(database)) clock.advance(WAIT_SECONDS)
    else return
  }
  throw new Error('GitHub was not brought up to date')
}

const MOST_ROUNDS = 10_000
// A little more than the interval between writes; bigger steps while the hour's creations are spent.
const APART_SECONDS = 1.1
const WAIT_SECONDS = 3

async function somethingWaits({ kysely }: Database): Promise<boolean> {
  const behind = kysely.selectFrom('pipelines').select('id').whereRef('publishedRevision', '<', 'revision')
  const due = kysely.selectFrom('effects').select('id').where('state', 'not in', ['done', 'refused', 'buried'])
  return (await behind.executeTakeFirst()) !== undefined || (await due.executeTakeFirst()) !== undefined
}
