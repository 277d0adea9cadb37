// Random lives with every kind of event: after each one, whatever is not done, ended or held has something that will move it,
// or a person is needed. The harness checks it.
import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { headlineOf } from '../../src/pipeline/view/light.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { liveRandomLife } from '../support/random-life.ts'

const EVENTS = repetitions(20_000, 1_000_000)
const EVENTS_OF_ONE_LIFE = 60

test('in lives of any events nothing stands still in silence', () => {
  const lights = new Map<string, number>()
  let [events, lives] = [0, 0]
  while (events < EVENTS) {
    lives++
    const seed = randomSeed(lives)
    try {
      const life = liveRandomLife(seededRandom(seed), EVENTS_OF_ONE_LIFE)
      const { light } = headlineOf(life.pipeline)
      lights.set(light, (lights.get(light) ?? 0) + 1)
      events += life.events
    } catch (error) {
      throw new Error(`life ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }
  expect([...lights.keys()].toSorted()).toEqual(['done', 'failed', 'idle', 'queued', 'review', 'running'])
  recordMeasurements('nothing-stands-still', { faults: events, stuck: 0, lives, ...Object.fromEntries(lights) })
}, 3_600_000)
