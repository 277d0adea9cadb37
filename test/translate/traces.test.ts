import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { translateDelivery } from '../../src/inbox/translate-delivery.ts'
import { headlineOf } from '../../src/pipeline/view/light.ts'
import { REPOSITORY } from '../support/deliveries.ts'
import { inMemoryWorld } from '../support/in-memory-world.ts'
import { TRACE_OPTIONS, type Trace, traceOf } from '../support/traces.ts'

const SHUFFLES = 20
const SEED = 2026

/** The light and the stage of the trace's issue after these deliveries were applied in this order. */
function endOf(story: Trace, order = story.deliveries): readonly [string, string] | null {
  const { id, fullName, installationId } = REPOSITORY
  const world = inMemoryWorld({ id, fullName, installationId, private: false, defaultBranch: 'main' })
  order.forEach(({ name, payload }, index) => {
    const receipt = { guid: `guid-${index}`, receivedAt: '2026-11-21T10:00:00.000Z' }
    const { event } = translateDelivery(name, payload, receipt)
    if (event) world.apply(event)
  })
  const pipeline = world.pipelines.get(story.issueNumber)
  return pipeline ? [headlineOf(pipeline).light, headlineOf(pipeline).stage] : null
}

test.each(TRACE_OPTIONS.map((plot) => [JSON.stringify(plot), plot] as const))(
  'the trace %s ends on its light',
  (_, plot) => {
    const random = seededRandom(SEED)
    for (const equalTimestamps of [false, true]) {
      const story = traceOf(42, { ...plot, equalTimestamps })
      const end = story.light === null ? null : [story.light, story.stage]
      expect(endOf(story), 'in order').toEqual(end)
      for (let shuffle = 0; shuffle < SHUFFLES; shuffle++) {
        expect(endOf(story, random.shuffle(story.deliveries)), `shuffle ${shuffle}`).toEqual(end)
      }
    }
  },
)
