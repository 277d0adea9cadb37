// The whole of Andon in two processes on one Postgres, each killed at random moments, at its start too, while issues live at GitHub.
// What GitHub could not deliver meanwhile is found by the sweep.
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { openBalancer } from './support/balancer.ts'
import { expectAsGitHub, listUnsettled } from './support/expect-as-github.ts'
import { LIVES_ANDON_YML, openIssueLives } from './support/issue-lives.ts'
import { openWorkerFleet, type WorkerFleet } from './support/worker-fleet.ts'

const LONGEST_LIFE_MS = 3_000
const KILLS = repetitions(4, 1_000)
const DELIVERIES = repetitions(200, 10_000)
const ISSUES = repetitions(5, 200)

let fleet: WorkerFleet
afterEach(() => fleet.close())

test('two processes killed at random lose nothing, do nothing twice and leave nothing standing still', async () => {
  fleet = await openWorkerFleet({ factor: 20, configuration: LIVES_ANDON_YML })
  const { github, repository, database } = fleet
  const chance = seededRandom(randomSeed())
  const lives = openIssueLives({ github, repository, chance })
  const compared = { github, database, repository, issues: lives.numbers }
  const balancer = await openBalancer()
  const alone = github.deliveries.target()
  github.deliveries.setTarget(`${balancer.url}/api/github/webhooks`)
  let kills = 0

  /** One place for a process: it is started, lives for a while, is killed, and started again. */
  async function lane(): Promise<void> {
    while (kills < KILLS) {
      kills += 1
      const andon = await fleet.startAll()
      balancer.doors.add(andon.port)
      if (chance.chance(0.8)) await andon.started
      await new Promise((resolve) => setTimeout(resolve, chance.integer(LONGEST_LIFE_MS)))
      await andon.kill()
      balancer.doors.delete(andon.port)
    }
  }
  /** GitHub goes on meanwhile, evenly over the kills. */
  async function happen(): Promise<void> {
    const passed = () => kills / KILLS
    while (kills < KILLS || lives.numbers.length < ISSUES || github.deliveries.log.length < DELIVERIES) {
      if (lives.numbers.length < Math.max(1, passed() * ISSUES)) await lives.begin()
      else if (github.deliveries.log.length < passed() * DELIVERIES) await lives.edit()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  await Promise.all([lane(), lane(), happen()])
  github.deliveries.setTarget(alone)
  const isSettled = async () => {
    await lives.settled()
    return (await listUnsettled(compared)).length === 0
  }
  const converge = await fleet.finishAlone(isSettled, 24 * 3_600).catch(async (error: Error) => {
    throw new Error(`${error.message}: ${(await listUnsettled(compared)).slice(0, 10).join('; ')}`)
  })
  const counts = await expectAsGitHub({ ...compared, now: fleet.now() })
  const { log } = github.deliveries
  expect(log.length).toBeGreaterThanOrEqual(DELIVERIES)
  recordMeasurements('kills', {
    faults: kills,
    converge,
    deliveries: log.length,
    'not accepted at first': log.filter(({ statusCode }) => statusCode !== 202).length,
    ...counts,
  })
  await balancer.close()
})
