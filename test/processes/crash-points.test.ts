// kill -9 at every named boundary: before and after each commit and each call that dispatching and publishing are made of.
// Real workers on a real Postgres, each of which dies by its own hand exactly there; half of what GitHub tells is lost too.
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { expectOneTruth } from '../support/consistency.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { seeded } from '../support/seeded-random.ts'
import type { Boundary, Call, Commit } from './support/crash-point.ts'
import { expectOneRunEach, LINE_OF_ONE } from './support/expect-single-run.ts'
import { openWorks, type Worker, type Works } from './support/worker-fleet.ts'

const BETWEEN_TRIES_MS = 700
const MOST_TRIES = 60
const LANES = 2

let works: Works
afterEach(() => works.close())

const DISPATCHING = bothSidesOf([
  'an attempt is admitted',
  'a dispatch is sending',
  'dispatch',
  'a dispatch is claimed',
  'a dispatch is confirmed',
  'a lost dispatch is claimed',
  'a dispatch is unconfirmed',
  'look for runs',
])

test('workers that die at every boundary of dispatching leave one run for each attempt', async () => {
  works = await openWorks({ factor: 10, configuration: LINE_OF_ONE })
  const { github, repository } = works
  github.whenDispatched((run) => {
    run.start()
    setTimeout(() => run.succeed(), 200)
  })
  let issues = 0
  const begun = async () => {
    issues += 1
    await github.openIssue(repository, { title: `Issue ${issues}`, labels: ['andon'] })
  }
  await begun()
  await github.settled()
  github.deliveries.disturb({ forget: howMany(0, 0.5) })
  github.misbehave({ on: 'dispatch', how: ['502-after', 'reset-after'], share: howMany(0, 0.3), seed: runSeed() })
  const deaths = await dieEverywhere(howMany(3, DISPATCHING.length), DISPATCHING, begun)
  github.deliveries.calm()
  github.behave()
  const counts = await expectOneRunEach(works, { atMostSeconds: 4 * 3_600 })
  record('dispatch-boundaries', { ...deaths, ...counts })
})

const CREATING = bothSidesOf([
  'comment',
  'a creation is intended',
  'check',
  'a writing is noted',
  'a pipeline is claimed',
])
const CHANGING = bothSidesOf([
  'look for comments',
  'comment-edit',
  'look for checks',
  'a finding is noted',
  'check-edit',
  'a pipeline is released',
])

test.each([
  ['creating', CREATING, 0],
  ['reading back and changing', CHANGING, 0.3],
] as const)(
  'workers that die at every boundary of %s leave one comment a stage and one check run a commit',
  async (_, boundaries, lost) => {
    works = await openWorks({ factor: 20 })
    const { github, repository, database } = works
    await forgetPace(database)
    github.misbehave({ on: ['comment', 'check'], how: ['502-after', 'reset-after'], share: lost, seed: runSeed() })
    const chance = seeded(runSeed())
    const numbers: number[] = []
    let moves = 0
    /** An issue comes onto the line, or the next deed is done on one that is there: what is shown of it changes. */
    const moved = async () => {
      moves += 1
      if (moves % 3 === 1) {
        numbers.push(await github.openIssue(repository, { title: `Issue ${moves}`, labels: ['andon'] }))
        return
      }
      const title = `andon ${chance.pick(numbers)}/plan/${moves}-k3v9x`
      const run = await github.startRun(repository, 'plan.yml', { title })
      run.start()
      if (chance.next() < 0.5) run.fail()
    }
    await moved()
    await github.settled()
    const deaths = await dieEverywhere(howMany(2, boundaries.length), boundaries, moved)
    github.behave()
    await works.finish(async () => !(await isBehind(database)), 6 * 3_600)
    const truth = await expectOneTruth({ database, now: works.now(), github })
    expect(truth.pipelines).toBe(numbers.length)
    record('publish-boundaries', { ...deaths, ...truth, twins: 0, stuck: 0 })
  },
)

/** GitHub's pace is somebody else's test: at one write a second the deaths would leave hours of work to be finished. */
async function forgetPace({ kysely }: Database): Promise<void> {
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

function bothSidesOf(moments: readonly (Commit | Call)[]): readonly Boundary[] {
  return moments.flatMap((moment) => [`before: ${moment}`, `after: ${moment}`] as const)
}

/** Has workers die at each of the first boundaries, again and again, two at a time, while things happen. */
async function dieEverywhere(first: number, boundaries: readonly Boundary[], happens: () => Promise<void>) {
  const wanted = boundaries.slice(0, first)
  const turns = Array.from({ length: howMany(1, 25) }, () => wanted).flat()
  const deaths = turns.length
  async function lane(): Promise<void> {
    for (let boundary = turns.shift(); boundary !== undefined; boundary = turns.shift()) {
      const worker = await works.start({ at: boundary, how: 'SIGKILL' })
      await untilDead(worker, boundary, happens)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return { boundaries: wanted.length, deaths }
}

/** The other worker may be the quicker one: things happen until this one, too, gets where it dies. */
async function untilDead(worker: Worker, boundary: Boundary, happens: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    await happens()
    if (await worker.reached(BETWEEN_TRIES_MS)) return
  }
  throw new Error(`nobody reaches "${boundary}"`)
}
