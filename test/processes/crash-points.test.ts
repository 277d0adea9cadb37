// kill -9 at every named boundary: before and after each commit and each call of dispatching and publishing.
// Real workers on a real Postgres kill themselves exactly there; half of GitHub's webhooks are lost too.
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import type { Database } from '../../src/store/database.ts'
import { expectConsistent } from '../support/consistency.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import type { CallPoint, CommitPoint, CrashBoundary } from './support/crash-point.ts'
import { expectSingleRuns, ONE_STAGE_ANDON_YML } from './support/expect-single-run.ts'
import { openWorkerFleet, type Worker, type WorkerFleet } from './support/worker-fleet.ts'

const BETWEEN_TRIES_MS = 700
const MOST_TRIES = 60
const LANES = 2

let fleet: WorkerFleet
afterEach(() => fleet.close())

const DISPATCHING = beforeAndAfter([
  'an attempt is admitted',
  'a dispatch is sending',
  'dispatch',
  'a dispatch is claimed',
  'a dispatch is confirmed',
  'a lost dispatch is claimed',
  'a dispatch is unconfirmed',
  'list runs',
])

test('workers that die at every boundary of dispatching leave one run for each attempt', async () => {
  fleet = await openWorkerFleet({ factor: 10, configuration: ONE_STAGE_ANDON_YML })
  const { github, repository } = fleet
  github.onDispatch((run) => {
    run.start()
    setTimeout(() => run.succeed(), 200)
  })
  let issues = 0
  const startIssue = async () => {
    issues += 1
    await github.openIssue(repository, { title: `Issue ${issues}`, labels: ['andon'] })
  }
  await startIssue()
  await github.whenIdle()
  github.deliveries.injectFaults({ drop: repetitions(0, 0.5) })
  github.injectFault({
    requests: 'dispatch',
    kind: ['502-after', 'reset-after'],
    probability: repetitions(0, 0.3),
    seed: randomSeed(),
  })
  const deaths = await crashAtEachPoint(repetitions(3, DISPATCHING.length), DISPATCHING, startIssue)
  github.deliveries.clearFaults()
  github.clearFaults()
  const counts = await expectSingleRuns(fleet, { atMostSeconds: 4 * 3_600 })
  recordMeasurements('dispatch-boundaries', { ...deaths, ...counts })
})

const CREATING = beforeAndAfter([
  'comment',
  'a creation is intended',
  'check',
  'a write is recorded',
  'a pipeline is claimed',
])
const CHANGING = beforeAndAfter([
  'list comments',
  'comment-edit',
  'list check runs',
  'minimize',
  'a found surface is recorded',
  'check-edit',
  'a pipeline is released',
])
// A person who is needed is told once: GitHub mails on each new comment.
const ASKING = beforeAndAfter(['ask', 'a creation is intended', 'a write is recorded', 'minimize'])

test.each([
  ['creating', CREATING, 0],
  ['reading back and changing', CHANGING, 0.3],
  ['asking for a person', ASKING, 0.3],
] as const)(
  'workers that die at every boundary of %s leave one comment a stage and a need, and one check run a commit',
  async (_, boundaries, lost) => {
    fleet = await openWorkerFleet({ factor: 20 })
    const { github, repository, database } = fleet
    await clearBudget(database)
    github.injectFault({
      requests: ['comment', 'check'],
      kind: ['502-after', 'reset-after'],
      probability: lost,
      seed: randomSeed(),
    })
    const chance = seededRandom(randomSeed())
    const numbers: number[] = []
    let moves = 0
    /** Begins the pipeline of an issue, or makes the next change to one, so that its surfaces change. */
    const moved = async () => {
      moves += 1
      if (moves % 3 === 1) {
        numbers.push(await github.openIssue(repository, { title: `Issue ${moves}`, labels: ['andon'] }))
        return
      }
      const title = `andon ${chance.pick(numbers)}/plan/${moves}-k3v9x`
      const run = await github.startRun(repository, 'plan.yml', { title, event: 'workflow_dispatch' })
      run.start()
      if (chance.next() < 0.5) run.fail()
    }
    await moved()
    await github.whenIdle()
    const deaths = await crashAtEachPoint(repetitions(2, boundaries.length), boundaries, moved)
    github.clearFaults()
    await fleet.finishAlone(async () => !(await isBehind(database)), 6 * 3_600)
    const truth = await expectConsistent({ database, now: fleet.now(), github })
    expect(truth.pipelines).toBe(numbers.length)
    recordMeasurements('publish-boundaries', { ...deaths, ...truth, doubled: 0, stuck: 0 })
  },
)

/** Another test covers GitHub's limit: at one write a second, the deaths would leave hours of work to finish. */
async function clearBudget({ kysely }: Database): Promise<void> {
  await sql`
    create function forget_pace() returns trigger language plpgsql as
      $$ begin new.creations = '[]'; new.next_write_at = '-infinity'; return new; end $$;
    create trigger forget_pace before insert or update on budgets for each row execute function forget_pace()`.execute(
    kysely,
  )
}

async function isBehind({ kysely }: Database): Promise<boolean> {
  const behind = kysely.selectFrom('pipelines').select('id').whereRef('publishedRevision', '<', 'revision')
  const sending = kysely.selectFrom('publications').select('surface').where('state', '=', 'sending')
  return (await behind.executeTakeFirst()) !== undefined || (await sending.executeTakeFirst()) !== undefined
}

function beforeAndAfter(moments: readonly (CommitPoint | CallPoint)[]): readonly CrashBoundary[] {
  return moments.flatMap((moment) => [`before: ${moment}`, `after: ${moment}`] as const)
}

/** Makes workers die at each of the first boundaries, again and again, two at a time, while changes happen. */
async function crashAtEachPoint(first: number, boundaries: readonly CrashBoundary[], happens: () => Promise<void>) {
  const wanted = boundaries.slice(0, first)
  const turns = Array.from({ length: repetitions(1, 25) }, () => wanted).flat()
  const deaths = turns.length
  async function lane(): Promise<void> {
    for (let boundary = turns.shift(); boundary !== undefined; boundary = turns.shift()) {
      const worker = await fleet.startWorker({ at: boundary, signal: 'SIGKILL' })
      await untilCrashed(worker, boundary, happens)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return { boundaries: wanted.length, faults: deaths }
}

/** The other worker may be quicker: changes happen until this one also reaches its crash point. */
async function untilCrashed(worker: Worker, boundary: CrashBoundary, happens: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    await happens()
    if (await worker.reachedCrashPoint(BETWEEN_TRIES_MS)) return
  }
  throw new Error(`no worker reaches "${boundary}"`)
}
