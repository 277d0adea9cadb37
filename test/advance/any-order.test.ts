import { expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import type { InstallationRow, RepositoryRow } from '../../src/advance/rows.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { type AskedEffect, inMemoryWorld } from '../support/in-memory-world.ts'
import { headlineInWords } from '../support/in-words.ts'
import { answerQuestion, lifecycleEvents } from '../support/lifecycle-events.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { ISSUE, minutesAfterNine, REPOSITORY, stageStatuses } from '../support/pipeline-fixtures.ts'
import { OTHER_REPOSITORIES, PUBLISHED_COMMENT } from '../support/steering-events.ts'

const SHUFFLES = repetitions(60, 10_000)
const TIMED_SHUFFLES = repetitions(50, 1_000)
const PARTS = repetitions(80, 2_000)
const ONE_MOMENT = minutesAfterNine(0)
const YEARS_LATER = minutesAfterNine(5_000_000)

test('all events of a life, delivered in any order, one to three times, within one second, end in one state', () => {
  const life = lifecycleEvents(() => ONE_MOMENT)
  const expected = applyInOrder(life, (question) => answerQuestion(question, ONE_MOMENT), null)
  expect(stageStatuses(expected.pipeline).join(' ')).toBe('done done done done')
  expect(headlineInWords(expected.pipeline)).toMatchObject({ light: 'done', reason: 'pull request #7 merged' })
  expect(expected.pipeline.holdsAndReleases?.map(({ by, reason }) => [by, reason])).toEqual([
    ['bob', 'lunch'],
    ['ada', null],
  ])
  expect(expected.repositories.map(({ holdOrRelease, removedAt }) => [holdOrRelease?.by, removedAt === null])).toEqual([
    ['bob', true],
    [undefined, true],
    [undefined, false],
  ])
  let delivered = 0
  const began = performance.now()
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const deliveries = life.flatMap((event) => Array.from({ length: 1 + chance.integer(3) }, () => event))
    delivered += deliveries.length
    const ended = applyInOrder(chance.shuffle(deliveries), (question) => answerQuestion(question, ONE_MOMENT), chance)
    expect(ended, `seed ${seed}`).toEqual(expected)
  }
  recordMeasurements('any-order', {
    faults: SHUFFLES,
    wrong: 0,
    'deliveries of one life': life.length,
    'told in all': delivered,
    seconds: Math.round((performance.now() - began) / 1000),
  })
}, 1_800_000)

test('any part of a life, delivered in two orders within one second, ends in the same state', () => {
  // While GitHub answers that the issue is open, it has delivered no `closed`.
  const life = lifecycleEvents(() => ONE_MOMENT).filter((event) => event.type !== 'issue.changed')
  const answer = (question: AskedEffect) => answerQuestion(question, ONE_MOMENT, 'open')
  const lights = new Map<string, number>()
  for (let seed = 1; seed <= PARTS; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const share = chance.next()
    const part = life.filter((event) => event.type === 'issue.labeled' || chance.next() < share)
    const stood = applyInOrder(chance.shuffle(part), answer, chance)
    expect(applyInOrder(chance.shuffle([...part, ...part]), answer, chance), `seed ${seed}`).toEqual(stood)
    const colour = headlineInWords(stood.pipeline).light
    lights.set(colour, (lights.get(colour) ?? 0) + 1)
  }
  console.log(`${PARTS} parts of a life, each told in two orders: the same state; lights`, Object.fromEntries(lights))
}, 900_000)

test('all events of a life, delivered in any order, minutes apart, end in one state', () => {
  const life = lifecycleEvents(minutesAfterNine)
  const answer = (question: AskedEffect) => answerQuestion(question, YEARS_LATER)
  const expected = applyInOrder(life, answer, null)
  expect(expected.pipeline.stages.map(({ since }) => since)).not.toContain(null)
  for (let seed = 1; seed <= TIMED_SHUFFLES; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const ended = applyInOrder(chance.shuffle([...life, ...life]), answer, chance)
    expect(ended, `seed ${seed}`).toEqual(expected)
  }
  console.log(`${TIMED_SHUFFLES} shuffles of ${life.length} deliveries minutes apart, each told twice: one final state`)
}, 900_000)

type AnswerTiming = (question: AskedEffect) => Event

/** Applies the deliveries, and each answer some time after its question: in order, or at random. */
function applyInOrder(deliveries: readonly Event[], answer: AnswerTiming, chance: SeededRandom | null): EndState {
  const line = inMemoryWorld(REPOSITORY, {
    others: OTHER_REPOSITORIES,
    publishedComments: [PUBLISHED_COMMENT, 999],
  })
  const questions: AskedEffect[] = []
  const answerNext = () => {
    const [question] = questions.splice(chance === null ? 0 : chance.integer(questions.length), 1)
    questions.push(...questionsOf(line.apply(answer(question!))))
  }
  let early: Event[] = []
  for (const delivery of deliveries) {
    const isEarly = (event: Event) => !line.pipelines.has(causeOf(event) ?? ISSUE) && causeOf(event) !== null
    if (isEarly(delivery)) {
      early.push(delivery)
      continue
    }
    questions.push(...questionsOf(line.apply(delivery)))
    const late = early.filter((event) => !isEarly(event))
    for (const event of late) questions.push(...questionsOf(line.apply(event)))
    early = early.filter(isEarly)
    while (questions.length > 0 && (chance === null || chance.next() < 0.3)) answerNext()
  }
  while (questions.length > 0) answerNext()
  const pipeline = line.pipelines.get(ISSUE)
  if (pipeline === undefined) throw new Error('the issue has no pipeline')
  return withoutReadTimes({
    pipeline,
    others: [...line.pipelines].filter(([issue]) => issue !== ISSUE),
    // The times of the last description and question, and the progress of the fan-out, are bookkeeping.
    repositories: line.repositories
      .map(({ updatedAt: _, readAt: __, holdFanOutCursor: ___, ...row }) => row)
      .sort((a, b) => a.id - b.id),
    installations: line.installations.map(({ readAt: _, ...row }) => row),
    publishedComments: [...line.publishedComments],
  })
}

function questionsOf(effects: readonly AskedEffect[]): readonly AskedEffect[] {
  return effects.filter(({ type }) => type === 'ask')
}

/** Everything that an order of events leaves behind. */
type EndState = {
  readonly pipeline: Pipeline
  readonly others: readonly (readonly [number, Pipeline])[]
  readonly repositories: readonly Partial<RepositoryRow>[]
  readonly installations: readonly Partial<InstallationRow>[]
  readonly publishedComments: readonly number[]
}

/** The issue whose pipeline must begin first: only a delivered issue or a comment of ours can be deleted. */
function causeOf(event: Event): number | null {
  if (event.type === 'issue.removed') return event.issue.number
  return event.type === 'comment.deleted' ? event.issueNumber : null
}

/** The key of the question carries the time at which the pipeline began, which depends on the order. */
function withoutReadTimes(end: EndState): EndState {
  return JSON.parse(JSON.stringify(end).replaceAll(/"issue\/42\/[^"]+"/g, '"issue/42"'))
}
