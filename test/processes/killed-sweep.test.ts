// Workers are killed in the middle of a sweep, at any request for GitHub's log: the next one goes on from there.
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { whileAway } from '../support/undelivered.ts'
import { openWorkerFleet, type WorkerFleet } from './support/worker-fleet.ts'

/** A dead worker's claim lasts a minute, of this clock. */
const FACTOR = 50

let fleet: WorkerFleet
afterEach(() => fleet.close())

test('workers killed in the middle of a sweep lose nothing and apply nothing twice', async () => {
  fleet = await openWorkerFleet({ factor: FACTOR })
  const { github, repository, database } = fleet
  const chance = seededRandom(randomSeed())
  const issues = repetitions(60, 200)
  const kills = repetitions(2, 20)
  await whileAway(github, async () => {
    for (let n = 0; n < issues; n += 1) await github.openIssue(repository, { title: `Issue ${n}`, labels: ['andon'] })
  })
  for (let kill = 0; kill < kills; kill += 1) {
    const { promise: reached, resolve } = Promise.withResolvers<void>()
    let left = 1 + chance.integer(12)
    github.chooseFaults(({ path }) => {
      if (path.startsWith('/app/hook') && --left === 0) resolve()
      return null
    })
    const worker = await fleet.startWorker()
    await Promise.race([reached, new Promise((end) => setTimeout(end, 8_000))])
    await worker.kill()
  }
  github.chooseFaults(() => null)
  const { kysely } = database
  const count = async () => (await kysely.selectFrom('pipelines').select('id').execute()).length
  await fleet.finishAlone(async () => (await count()) === issues, 900)
  const guids = new Set(github.deliveries.log.map(({ guid }) => guid))
  const stored = await kysely.selectFrom('deliveries').select(['guid', 'state']).execute()
  const started = await kysely
    .selectFrom('history')
    .select('pipelineId')
    .where('type', '=', 'pipeline.started')
    .execute()
  const open = await kysely.selectFrom('missedDeliveries').select('guid').where('state', '<>', 'repaired').execute()
  const lost = [...guids].filter((guid) => !stored.some((row) => row.guid === guid && row.state !== 'failed'))
  const doubled = started.length - new Set(started.map(({ pipelineId }) => pipelineId)).size
  expect({ lost: lost.length, doubled, stuck: open.length, pipelines: started.length }).toEqual({
    ...{ lost: 0, doubled: 0, stuck: 0, pipelines: issues },
  })
  recordMeasurements('sweep-kills', { faults: kills, missed: 2 * issues, lost: 0, doubled: 0, stuck: 0 })
})
