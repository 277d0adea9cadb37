// The story of an issue: nothing of its history is left out or told twice, whatever happened.
import { expect, test } from 'vitest'
import { seededRandom } from '../../../fake-github/random.ts'
import { NO_OUTER_HOLDS } from '../../../src/pipeline/holds/holds.ts'
import { healthAtWork } from '../../../src/pipeline/view/health.ts'
import { timelineOf } from '../../../src/pipeline/view/timeline.ts'
import { outlookViewOf } from '../../../src/render/outlook.ts'
import { timeSpentOf } from '../../../src/render/time-spent.ts'
import { type TimelineItemView, timelineViewOf } from '../../../src/render/timeline.ts'
import { randomSeed } from '../../support/measurements.ts'
import {
  minutesAfterNine,
  pullRequestChanged,
  reviewChanged,
  reviewerPermission,
} from '../../support/pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  type PipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'
import { liveRandomLife } from '../../support/random-life.ts'

/** The story in words, newest first. */
function storyOf({ pipeline, entries }: PipelineHarness): readonly string[] {
  return timelineViewOf(
    pipeline,
    entries.toReversed(),
    healthAtWork(pipeline, entries.at(-1)?.at ?? '', { until: null }),
  ).map(itemInWords)
}

function itemInWords(item: TimelineItemView): string {
  switch (item.kind) {
    case 'attempt': {
      const { stage, title, word, cause } = item.card
      return `${stage}: ${title}, ${word}${cause ? `, ${cause}` : ''} [${item.steps.length}]`
    }
    case 'moment':
      return `${item.who === null ? '' : `${item.who} `}${item.text}`
    case 'steps':
      return `[${item.steps.length}]`
  }
}

test('each attempt is one chapter, counted anew for each retry, and says who asked for it', () => {
  const line = startedPipeline()
  for (let nth = 1; nth <= 3; nth++) line.completeAttempt(minutesAfterNine(20 * nth), 100 + nth, 'failure')
  const retry = commentCreated('/andon retry plan', { at: minutesAfterNine(90), by: 'linus' })
  line.apply(retry, commandPermission(retry))
  line.completeAttempt(minutesAfterNine(92), 104)
  expect(storyOf(line)).toMatchInlineSnapshot(`
    [
      "code: the next try, not begun [1]",
      "plan: 1st of 3 tries (attempt 4 in all), done, retry asked for by @linus [4]",
      "plan: 3rd of 3 tries, failed, asked for by @olga [4]",
      "plan: 2nd of 3 tries, failed, asked for by @olga [3]",
      "plan: 1st of 3 tries, failed, asked for by @olga [3]",
      "[1]",
      "@olga put it on the line with the label",
    ]
  `)
})

test('who asked for changes stands before the attempts that began with it', () => {
  const line = startedPipeline()
  for (const id of [100, 101, 102]) line.completeAttempt(minutesAfterNine(id - 98), id)
  line.apply(pullRequestChanged({ at: minutesAfterNine(8) }))
  const review = { at: minutesAfterNine(11), state: 'changes_requested', commitSha: 'bbb1' } as const
  line.apply(reviewChanged(review, { headSha: 'bbb1' }), reviewerPermission('mara'))
  line.completeAttempt(minutesAfterNine(12), 103)
  const story = storyOf(line)
  const began = story.findIndex((words) => words.startsWith('code: 1st of 3 tries (attempt 2 in all)'))
  expect(story.findIndex((words) => words.startsWith('@mara asked for changes'))).toBeGreaterThan(began)
  expect(began).toBeGreaterThanOrEqual(0)
})

test('of any life the whole history is told once, each attempt has one card, and all can be drawn', () => {
  let entriesSeen = 0
  for (let life = 1; life <= 150; life++) {
    const seed = randomSeed(life)
    const { pipeline, entries } = liveRandomLife(seededRandom(seed), 60)
    const history = entries.toReversed()
    const items = timelineOf(pipeline, history)
    const all = items.flatMap((item) => (item.kind === 'moment' ? [item.entry] : item.entries))
    expect(new Set(all), `life ${seed}`).toEqual(new Set(history))
    expect(all, `life ${seed}`).toHaveLength(history.length)
    const cards = items.flatMap((item) => (item.kind === 'attempt' && item.attempt ? [item.attempt.attempt] : []))
    const attempts = pipeline.stages.flatMap((stage) => stage.attempts)
    expect(cards, `life ${seed}`).toHaveLength(attempts.length)
    expect(new Set(cards), `life ${seed}`).toEqual(new Set(attempts))
    const now = history[0]?.at ?? pipeline.start.at
    const atWork = healthAtWork(pipeline, now, { until: null })
    const views = timelineViewOf(pipeline, history, atWork)
    const ids = views.flatMap((item) =>
      item.kind === 'attempt'
        ? [item.card.id, ...item.steps.map(({ id }) => id)]
        : item.kind === 'steps'
          ? [item.id, ...item.steps.map(({ id }) => id)]
          : [item.id],
    )
    expect(new Set(ids).size, `life ${seed}`).toBe(ids.length)
    expect(
      outlookViewOf({ pipeline, outerHolds: NO_OUTER_HOLDS, held: false }, now).next.every((sentence) =>
        /^[A-Z].*\.$/.test(sentence),
      ),
    ).toBe(true)
    for (const { bars } of timeSpentOf(pipeline, history, now, atWork).stages) {
      for (const { x, width } of bars) expect(x >= 0 && x + width <= 1000.1, `life ${seed}`).toBe(true)
    }
    entriesSeen += history.length
  }
  expect(entriesSeen).toBeGreaterThan(1000)
})

test('an attempt whose entries are not read any more still has its card, where it began', () => {
  const line = startedPipeline()
  line.completeAttempt(minutesAfterNine(20), 101)
  line.completeAttempt(minutesAfterNine(40), 102)
  const newest = line.entries.slice(-1)
  const items = timelineOf(line.pipeline, newest)
  const chapters = items.map((item) => (item.kind === 'attempt' ? `${item.stage} ${item.number}` : item.kind))
  expect(chapters.filter((name) => name.includes(' '))).toEqual(expect.arrayContaining(['code 1', 'plan 1']))
  expect(chapters.indexOf('code 1')).toBeLessThan(chapters.indexOf('plan 1'))
})
