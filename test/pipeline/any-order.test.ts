import { expect, test } from 'vitest'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { inMemoryApply } from '../support/in-memory-apply.ts'
import { headlineInWords } from '../support/in-words.ts'
import { answerQuestion, lifecycleEvents } from '../support/lifecycle-events.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { ISSUE, minutesAfterNine, stageStatuses } from '../support/pipeline-fixtures.ts'
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts'

const SHUFFLES = repetitions(100, 10_000)
const TIMED_SHUFFLES = repetitions(100, 1_000)
const PARTS = repetitions(150, 2_000)
const ONE_MOMENT = minutesAfterNine(0)
const YEARS_LATER = minutesAfterNine(5_000_000)

test('a whole life told in any order, one to three times, within one second ends in one state', () => {
  const life = lifecycleEvents(() => ONE_MOMENT)
  const expected = applyInOrder(life, (question) => answerQuestion(question, ONE_MOMENT), null)
  expect(stageStatuses(expected).join(' ')).toBe('done done done done')
  expect(headlineInWords(expected)).toMatchObject({ light: 'done', reason: 'pull request #7 merged' })
  let told = 0
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const deliveries = life.flatMap((event) => Array.from({ length: 1 + chance.integer(3) }, () => event))
    told += deliveries.length
    const ended = applyInOrder(chance.shuffle(deliveries), (question) => answerQuestion(question, ONE_MOMENT), chance)
    expect(ended, `seed ${seed}`).toEqual(expected)
  }
  recordMeasurements('any-order', {
    shuffles: SHUFFLES,
    'deliveries of one life': life.length,
    'told in all': told,
    'final states': 1,
  })
}, 300_000)

test('any part of a life, told in two orders within one second, stands the same', () => {
  // While GitHub answers that the issue is open, it has sent no closing.
  const life = lifecycleEvents(() => ONE_MOMENT).filter((event) => event.type !== 'issue.changed')
  const answer = (question: Effect) => answerQuestion(question, ONE_MOMENT, 'open')
  const lights = new Map<string, number>()
  for (let seed = 1; seed <= PARTS; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const share = chance.next()
    const part = life.filter((event) => event.type === 'issue.labeled' || chance.next() < share)
    const stood = applyInOrder(chance.shuffle(part), answer, chance)
    expect(applyInOrder(chance.shuffle([...part, ...part]), answer, chance), `seed ${seed}`).toEqual(stood)
    const colour = headlineInWords(stood).light
    lights.set(colour, (lights.get(colour) ?? 0) + 1)
  }
  console.log(`${PARTS} parts of a life, each told in two orders: the same state; lights`, Object.fromEntries(lights))
}, 120_000)

test('a whole life told in any order, minutes apart, ends in one state', () => {
  const life = lifecycleEvents(minutesAfterNine)
  const answer = (question: Effect) => answerQuestion(question, YEARS_LATER)
  const expected = applyInOrder(life, answer, null)
  expect(expected.stages.map(({ since }) => since)).not.toContain(null)
  for (let seed = 1; seed <= TIMED_SHUFFLES; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const ended = applyInOrder(chance.shuffle([...life, ...life]), answer, chance)
    expect(withoutReadTimes(ended), `seed ${seed}`).toEqual(withoutReadTimes(expected))
  }
  console.log(`${TIMED_SHUFFLES} shuffles of ${life.length} deliveries minutes apart, each told twice: one final state`)
}, 120_000)

type AnswerTiming = (question: Effect) => Event

/** Tells the deliveries, and GitHub's answers somewhere after their questions: in order, or where chance puts them. */
function applyInOrder(deliveries: readonly Event[], answer: AnswerTiming, chance: SeededRandom | null): Pipeline {
  const line = inMemoryApply()
  const asked: Effect[] = []
  const answerOne = () => {
    const [question] = asked.splice(chance === null ? 0 : chance.integer(asked.length), 1)
    asked.push(...line.apply(answer(question!)))
  }
  for (const delivery of deliveries) {
    asked.push(...line.apply(delivery))
    while (asked.length > 0 && (chance === null || chance.next() < 0.3)) answerOne()
  }
  while (asked.length > 0) answerOne()
  expect([...line.pipelines.keys()]).toEqual([ISSUE])
  return line.pipelines.get(ISSUE)!
}

/** Which moment took the issue up first names the question by which it was read, and nothing else. */
function withoutReadTimes(pipeline: Pipeline): Pipeline {
  return JSON.parse(JSON.stringify(pipeline).replaceAll(/"issue\/42\/[^"]+"/g, '"issue/42"'))
}
