// One attempt, one run, with real workers on a real Postgres that are killed at random, and a GitHub that starts
// runs without answering. At full count a third of the deliveries about those runs never arrives.
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { expectSingleRuns, ONE_STAGE_ANDON_YML } from './support/expect-single-run.ts'
import { openWorkerFleet, type Worker, type WorkerFleet } from './support/worker-fleet.ts'

const LONGEST_LIFE_MS = 1_500

let fleet: WorkerFleet
afterEach(() => fleet.close())

test('two workers killed at random, with a fifth of the answers lost, leave one run per attempt', async () => {
  fleet = await openWorkerFleet({ factor: 10, configuration: ONE_STAGE_ANDON_YML })
  const { github, repository } = fleet
  github.injectFault({
    requests: 'dispatch',
    kind: ['502-after', 'reset-after', 'hang-after'],
    probability: 0.2,
    seed: randomSeed(),
  })
  github.onDispatch((run) => {
    run.start()
    setTimeout(() => run.succeed(), 200)
  })
  const chance = seededRandom(randomSeed())
  const attempts = repetitions(15, 500)
  const kills = repetitions(3, 100)
  const pair: [Worker, Worker] = [await fleet.startWorker(), await fleet.startWorker()]
  for (let kill = 0, issue = 0; kill < kills; kill += 1) {
    // Every delivery about issues arrives; at full count a third of those about runs never do: reading them back takes time.
    github.deliveries.clearFaults()
    for (; issue < (attempts * (kill + 1)) / kills; issue += 1) {
      await github.openIssue(repository, { title: `Issue ${issue}`, labels: ['andon'] })
    }
    github.deliveries.injectFaults({ drop: repetitions(0, 0.3) })
    await new Promise((resolve) => setTimeout(resolve, chance.integer(LONGEST_LIFE_MS)))
    const index = chance.integer(2) === 0 ? 0 : 1
    await pair[index].kill()
    pair[index] = await fleet.startWorker()
  }
  await Promise.all(pair.map((worker) => worker.kill()))
  github.deliveries.clearFaults()
  github.clearFaults()
  const counts = await expectSingleRuns(fleet, { atMostSeconds: 4 * 3_600 })
  expect(counts.attempts).toBeGreaterThanOrEqual(attempts)
  recordMeasurements('dispatch-kills', { faults: kills + 2, ...counts })
})
