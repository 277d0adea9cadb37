// A cord is pulled while two workers are about to send twenty dispatches: after its commit none of them says `sending`,
// whatever the moment, and once it is let go each is sent exactly once.
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { setGlobalHold } from '../../src/apply/holds.ts'
import { applyOrThrow, repositoryOf } from '../apply/support/effect-worker.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { commandPermission, commentCreated } from '../support/pipeline-harness.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { openTwoWorkers, type TwoWorkers } from './support/two-workers.ts'

const DUE = 20

let world: TwoWorkers
let comments = 0
beforeEach(async () => {
  world = await openTwoWorkers()
})
afterEach(() => world.close())

/** Somebody who may write says it in a comment on the repository's first issue. */
async function command(body: string, repositoryId: number): Promise<void> {
  comments += 1
  const given = commentCreated(body, { commentId: comments, on: 1, at: world.now() })
  await applyOrThrow(world.workers[comments % 2]!.door, {
    ...commandPermission(given),
    repository: repositoryOf(repositoryId),
  })
}

const HOLD_CASES = {
  'hold-repository': {
    pull: (id: number) => command('/andon hold repository release week', id),
    letGo: (id: number) => command('/andon resume repository', id),
  },
  'hold-all': {
    pull: () => setGlobalHold(operator(), { by: 'root', reason: 'release week' }),
    letGo: () => setGlobalHold(operator(), { by: 'root', reason: null }),
  },
} as const

function operator() {
  return { database: world.workers[1].database, now: world.now }
}

test.each(Object.entries(HOLD_CASES))(
  '%s pulled while 20 dispatches are due on two workers: none starts after its commit, and all start once it is let go',
  async (row, cord) => {
    const rounds = repetitions(1, 100)
    const chance = seededRandom(randomSeed())
    const figures = {
      rounds,
      startedBefore: 0,
      heldBack: 0,
      handedBack: 0,
      startedAfter: 0,
      onTheirWay: 0,
      startedTwice: 0,
    }
    for (let round = 1; round <= rounds; round += 1) {
      world.advanceHour()
      await world.queueDispatches(round, DUE)
      const before = world.runs.length
      const pulling = passing(chance.integer(60)).then(async () => {
        await cord.pull(round)
        world.onDispatch = () => {
          figures.onTheirWay += 1
        }
      })
      const step = () => Promise.all(world.workers.map(({ outbox }) => outbox.step()))
      await Promise.all([pulling, step()])
      await step()

      const commits = await world.commits()
      const pulledAt = commits.findLastIndex(({ change }) => change === 'release week')
      const sent = commits.flatMap(({ change: what, repositoryId }, at) =>
        what === 'sending' && repositoryId === round ? [at] : [],
      )
      figures.startedAfter += sent.filter((at) => at > pulledAt).length
      const held = await effectsOf(round, 'due')
      figures.startedBefore += DUE - held.length
      figures.heldBack += held.length
      // They had said `sending`, and were handed back when they looked once more.
      figures.handedBack += sent.length + held.length - DUE
      expect(held.map(({ tries }) => tries)).toEqual(held.map(() => 0))
      world.onDispatch = () => undefined

      await cord.letGo(round)
      await world.drain()
      const keys = world.runs.slice(before).map(({ key }) => key)
      expect(keys.filter((key) => /^\d+\/code\/1-/.test(key))).toHaveLength(DUE)
      figures.startedTwice += keys.length - new Set(keys).size
      expect(await effectsOf(round, 'done')).toHaveLength(DUE)
    }
    recordMeasurements('cord', { pulled: row, ...figures })
    expect(figures).toMatchObject({ startedAfter: 0, startedTwice: 0 })
    expect(figures.heldBack).toBeGreaterThan(0)
  },
  600_000,
)

/** Some time in which the workers get on: that many answers of the database. */
async function passing(answers: number): Promise<void> {
  for (let answer = 0; answer < answers; answer += 1) await sql`select 1`.execute(world.workers[0].database.kysely)
}

function effectsOf(repositoryId: number, state: 'due' | 'done') {
  return world.workers[0].database.kysely
    .selectFrom('effects')
    .select(['key', 'tries'])
    .where('repositoryId', '=', repositoryId)
    .where('type', '=', 'dispatch')
    .where('state', '=', state)
    .execute()
}
