// A hold comes while two workers are about to send twenty dispatches: after its commit none of them writes `sending`,
// whatever the timing, and after the release each is sent exactly once. The workers have doors, outboxes and connections of
// their own. The recorded commits hold locks that exclude each other, so their order is the real one.
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ACME } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { setGlobalHold } from '../../src/apply/holds.ts'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { configurationAnswer } from '../apply/support/arrivals.ts'
import { andonYml, answerTo, applyOrThrow, claimEffects, repositoryOf } from '../apply/support/effect-worker.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { issueLabeled } from '../support/pipeline-fixtures.ts'
import { commandPermission, commentCreated } from '../support/pipeline-harness.ts'
import { type OutboxWorld, openOutboxWorld, type Worker } from './support/outbox-world.ts'
import { recordCommits, recordedCommits } from './support/record-commits.ts'

const DUE = 20

const ROUNDS = repetitions(1, 100)
const FILE = `${andonYml({ running: 100 })}checks: { before_pull_request: off }\ncomments: off\n`

let world: OutboxWorld
let workers: readonly [Worker, Worker]
let comments = 0
beforeEach(async () => {
  const names = Array.from({ length: ROUNDS }, (_, index) => repositoryOf(index + 1).fullName)
  const repositories = names.map((fullName) => ({ name: fullName.replace('acme/', '') }))
  world = await openOutboxWorld({ kind: 'postgres', organization: { ...ACME, repositories } })
  const second = await openPostgresDatabase(world.database.url ?? '')
  workers = [world.openWorker(), world.openWorker({ database: second })]
  await recordCommits(world.database)
})
afterEach(async () => {
  await world.close()
  await workers[1].database.close()
})

/** A comment on the repository's first issue, by a user who may write. */
async function command(body: string, repositoryId: number): Promise<void> {
  comments += 1
  const comment = commentCreated(body, { commentId: comments, on: 1, at: world.clock.now() })
  await applyOrThrow(workers[comments % 2]!.door, {
    ...commandPermission(comment),
    repository: repositoryOf(repositoryId),
  })
}

const HOLD_CASES = {
  'hold-repository': {
    start: (id: number) => command('/andon hold repository release week', id),
    release: (id: number) => command('/andon resume repository', id),
  },
  'hold-all': {
    start: () => setGlobalHold(operator(), { by: 'root', reason: 'release week' }),
    release: () => setGlobalHold(operator(), { by: 'root', reason: null }),
  },
} as const

function operator() {
  return { database: workers[1].database, now: world.clock.now }
}

test.each(Object.entries(HOLD_CASES))(
  '%s while 20 dispatches are due on two workers starts none after its commit, and all after its release',
  async (row, hold) => {
    const chance = seededRandom(randomSeed())
    const figures = {
      rounds: ROUNDS,
      startedBefore: 0,
      heldBack: 0,
      handedBack: 0,
      startedAfter: 0,
      onTheirWay: 0,
      startedTwice: 0,
    }
    for (let round = 1; round <= ROUNDS; round += 1) {
      world.clock.advance(3_600)
      await queueDispatches(round, DUE)
      const before = world.github.runs.length
      let isHeld = false
      world.fault = ({ kind }) => {
        if (kind === 'dispatch' && isHeld) figures.onTheirWay += 1
        return null
      }
      const holding = passTime(chance.integer(60)).then(async () => {
        await hold.start(round)
        isHeld = true
      })
      const step = () => Promise.all(workers.map(({ outbox }) => outbox.step()))
      await Promise.all([holding, step()])
      await step()

      const commits = await recordedCommits(world.database)
      const pulledAt = commits.findLastIndex(({ change }) => change === 'release week')
      const sent = commits.flatMap(({ change: what, repositoryId }, at) =>
        what === 'sending' && repositoryId === round ? [at] : [],
      )
      figures.startedAfter += sent.filter((at) => at > pulledAt).length
      const held = await effectsOf(round, 'due')
      figures.startedBefore += DUE - held.length
      figures.heldBack += held.length
      // They were `sending`, and were requeued when the hold was checked again.
      figures.handedBack += sent.length + held.length - DUE
      expect(held.map(({ tries }) => tries)).toEqual(held.map(() => 0))
      isHeld = false

      await hold.release(round)
      await drain()
      const keys = world.github.runs.slice(before).map(({ state }) => state.title.replace('andon ', ''))
      expect(keys.filter((key) => /^\d+\/code\/1-/.test(key))).toHaveLength(DUE)
      figures.startedTwice += keys.length - new Set(keys).size
      expect(await effectsOf(round, 'done')).toHaveLength(DUE)
    }
    expect(figures).toMatchObject({ startedAfter: 0, startedTwice: 0 })
    const { startedAfter: wrong, startedTwice: doubled, startedBefore, heldBack, handedBack, onTheirWay } = figures
    const others = {
      'started before': startedBefore,
      'held back': heldBack,
      'handed back': handedBack,
      'on their way': onTheirWay,
    }
    recordMeasurements('cord', { faults: ROUNDS, doubled, wrong, pulled: row, ...others })
    expect(figures.heldBack).toBeGreaterThan(0)
  },
  600_000,
)

/** Queues that many issues of a repository, ready to be sent. */
async function queueDispatches(repositoryId: number, issues: number): Promise<void> {
  const repository = repositoryOf(repositoryId)
  const [{ door }] = workers
  const at = world.clock.now()
  await applyOrThrow(door, { ...configurationAnswer(FILE, { at }), repository })
  const numbers = Array.from({ length: issues }, (_, index) => index + 1)
  await Promise.all(numbers.map((number) => applyOrThrow(door, { ...issueLabeled({ number, at }), repository })))
  const questions = (await claimEffects(world.database, 1_000)).flatMap((claimed) =>
    claimed.effect.type === 'ask' ? [{ ...claimed, effect: claimed.effect }] : [],
  )
  await Promise.all(questions.map((claimed) => applyOrThrow(door, answerTo(claimed, FILE, at), claimed)))
}

/** Steps both until neither has work left, nor a few seconds later. */
async function drain(): Promise<void> {
  // A write that a reaction or a reply delayed is due a moment later.
  for (let idle = 0; idle < 2; world.clock.advance(idle * 2)) {
    const done = await Promise.all(workers.map(({ outbox }) => outbox.step()))
    idle = done.some((count) => count > 0) ? 0 : idle + 1
  }
}

/** Time for the workers to continue: the given number of database answers. */
async function passTime(answers: number): Promise<void> {
  for (let answer = 0; answer < answers; answer += 1) await sql`select 1`.execute(workers[0].database.kysely)
}

function effectsOf(repositoryId: number, state: 'due' | 'done') {
  return workers[0].database.kysely
    .selectFrom('effects')
    .select(['key', 'tries'])
    .where('repositoryId', '=', repositoryId)
    .where('type', '=', 'dispatch')
    .where('state', '=', state)
    .execute()
}
