// Everything that happens to a Postgres, in random order, under deliveries, while one Andon runs: what got a 2xx is there, /readyz
// says what deliveries get (support/readiness-pairs.ts has the rule), and nothing has to be started again.
import { expect, onTestFinished, test } from 'vitest'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { type FaultyWorld, openFaultyWorld, type SeedOutcome } from './support/faulty-world.ts'
import { POSTGRES_FAULTS } from './support/postgres-faults.ts'

const SEEDS = repetitions(2, 200)
/** Side by side, each with a server and an Andon of its own that lives through all its seeds. */
const WORLDS = repetitions(2, 4)

test('whatever happens to Postgres, nothing accepted is lost, /readyz is right and nothing needs a restart', async () => {
  const worlds: FaultyWorld[] = []
  onTestFinished(async () => void (await Promise.all(worlds.map((world) => world.close()))))
  for (let count = 0; count < WORLDS; count++) worlds.push(await openFaultyWorld())
  const outcomes: SeedOutcome[] = []
  let last = 0
  const playSome = async (world: FaultyWorld) => {
    while (last < SEEDS) {
      const outcome = await world.play(++last)
      outcomes.push(outcome)
      if (process.env.ANDON_FAULTS === 'full') console.log(outcomes.length, JSON.stringify(outcome))
    }
  }
  await Promise.all(worlds.map(playSome))

  const sum = (count: (outcome: SeedOutcome) => number) => outcomes.reduce((total, each) => total + count(each), 0)
  const answered = (status: string) => worlds.reduce((total, world) => total + (world.answers()[status] ?? 0), 0)
  const missing = outcomes.flatMap((outcome) => outcome.missing)
  const wrong = outcomes.flatMap((outcome) => outcome.wrong)
  recordMeasurements('postgres-faults', {
    faults: sum(({ struck }) => struck.length),
    lost: missing.length,
    wrong: wrong.length,
    converge: Number(Math.max(...outcomes.map(({ convergedInSeconds }) => convergedInSeconds)).toFixed(1)),
    seeds: outcomes.length,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    'answered 503': answered('503'),
    '/readyz beside a delivery': sum(({ readiness }) => readiness.pairs),
    'both 503': sum(({ readiness }) => readiness.closed),
    'while it changed': sum(({ readiness }) => readiness.changing),
    'delivery waited': sum(({ readiness }) => readiness.waited),
    restarts: 0,
  })
  expect({ missing, wrong }).toEqual({ missing: [], wrong: [] })
  for (const world of worlds) expect(Object.keys(world.answers())).toEqual(['202', '503'])
  expect(new Set(outcomes.flatMap(({ struck }) => struck))).toEqual(new Set(POSTGRES_FAULTS))
  await Promise.all(worlds.map((world) => world.finish()))
})
