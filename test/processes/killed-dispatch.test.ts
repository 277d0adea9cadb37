// One attempt, one run, with real workers on a real Postgres that are killed at random moments, and a GitHub that begins
// runs and then does not say so. At full count a third of what it would tell about those runs never arrives.
import { afterEach, expect, test } from 'vitest'
import { howMany, record, runSeed } from '../support/measurements.ts'
import { seeded } from '../support/seeded-random.ts'
import { expectOneRunEach, LINE_OF_ONE } from './support/expect-single-run.ts'
import { openWorks, type Worker, type Works } from './support/worker-fleet.ts'

const LONGEST_LIFE_MS = 1_500

let works: Works
afterEach(() => works.close())

test('two workers are killed at random while a fifth of the answers are lost: every attempt has one run', async () => {
  works = await openWorks({ factor: 10, configuration: LINE_OF_ONE })
  const { github, repository } = works
  github.misbehave({ on: 'dispatch', how: ['502-after', 'reset-after', 'hang-after'], share: 0.2, seed: runSeed() })
  github.whenDispatched((run) => {
    run.start()
    setTimeout(() => run.succeed(), 200)
  })
  const chance = seeded(runSeed())
  const attempts = howMany(15, 500)
  const kills = howMany(3, 100)
  const pair: [Worker, Worker] = [await works.start(), await works.start()]
  for (let kill = 0, issue = 0; kill < kills; kill += 1) {
    // What is told of the issues arrives; of their runs a third is never told, in full only: reading it back takes time.
    github.deliveries.calm()
    for (; issue < (attempts * (kill + 1)) / kills; issue += 1) {
      await github.openIssue(repository, { title: `Issue ${issue}`, labels: ['andon'] })
    }
    github.deliveries.disturb({ forget: howMany(0, 0.3) })
    await new Promise((resolve) => setTimeout(resolve, chance.integer(LONGEST_LIFE_MS)))
    const place = chance.integer(2) === 0 ? 0 : 1
    await pair[place].kill()
    pair[place] = await works.start()
  }
  await Promise.all(pair.map((worker) => worker.kill()))
  github.deliveries.calm()
  github.behave()
  const counts = await expectOneRunEach(works, { atMostSeconds: 4 * 3_600 })
  expect(counts.attempts).toBeGreaterThanOrEqual(attempts)
  record('dispatch-kills', { kills: kills + 2, ...counts })
})
