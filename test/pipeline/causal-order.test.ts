// A dispatched line, delivered in many orders: deliveries arrive shuffled, late and twice, but never before their cause
// (a run after its dispatch, an answer after its question).
import { expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { RunFact } from '../../src/pipeline/model/facts.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { stageReadyForAdmission } from '../../src/pipeline/stages/attempt-events.ts'
import { inMemoryWorld } from '../support/in-memory-world.ts'
import { headlineInWords } from '../support/in-words.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import {
  ISSUE,
  issueChanged,
  issueLabeled,
  jobChanged,
  minutesAfterNine,
  pullRequestChanged,
  REPOSITORY,
  reviewChanged,
  reviewerPermission,
  stageStatuses,
} from '../support/pipeline-fixtures.ts'
import {
  attemptAdmitted,
  attemptKeyOf,
  dispatchConfirmed,
  dispatchedRunChanged,
  dispatchResult,
  lineWith,
  startPermission,
} from '../support/pipeline-harness.ts'

const SHUFFLES = repetitions(100, 10_000)

/** The deliveries that follow the admission of an attempt; those of `''` need none. */
type CausalHistory = Readonly<Record<string, readonly Event[]>>

test('a dispatched line ends in one state, whatever causal order its events arrive in', () => {
  const line = lineWith({ plan: { gate: null } })
  const life = causalHistory()
  const expected = playLife(life, line, null)
  expect(stageStatuses(expected.pipeline).join(' ')).toBe('done done done done')
  expect(headlineInWords(expected.pipeline)).toMatchObject({ light: 'done', reason: 'pull request #7 merged' })
  expect(expected.dispatched).toHaveLength(6)
  let delivered = 0
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const ended = playLife(life, line, seededRandom(randomSeed(seed)))
    delivered += ended.delivered
    expect(ended.pipeline, `seed ${seed}`).toEqual(expected.pipeline)
    expect(ended.dispatched, `seed ${seed}`).toEqual(expected.dispatched)
  }
  recordMeasurements('running-orders', {
    shuffles: SHUFFLES,
    'told in all': delivered,
    'final states': 1,
    'dispatches of each': 6,
  })
}, 1_800_000)

/** Planned at the second attempt, coded, tested, sent back once, coded and tested again, approved, merged, closed. */
function causalHistory(): CausalHistory {
  const head = { headSha: 'bbb2', replacedShas: ['bbb1'] }
  const objection = { id: 501, at: minutesAfterNine(40), state: 'changes_requested', commitSha: 'bbb1' } as const
  return {
    '': [issueLabeled(), issueLabeled({ label: 'bug' })],
    [attemptKeyOf('plan', 1)]: runOf(attemptKeyOf('plan', 1), 100, 2, 'failure'),
    [attemptKeyOf('plan', 2)]: runOf(attemptKeyOf('plan', 2), 101, 8, 'success'),
    [attemptKeyOf('code', 1)]: [
      ...runOf(attemptKeyOf('code', 1), 102, 14, 'success'),
      pullRequestChanged({ at: minutesAfterNine(15), draft: true }),
      pullRequestChanged({ at: minutesAfterNine(16) }, 'ready_for_review'),
    ],
    [attemptKeyOf('test', 1)]: [...runOf(attemptKeyOf('test', 1), 103, 20, 'success'), reviewChanged(objection)],
    [attemptKeyOf('code', 2)]: [
      ...runOf(attemptKeyOf('code', 2), 104, 42, 'success'),
      pullRequestChanged({ at: minutesAfterNine(43), ...head }, 'synchronize'),
    ],
    [attemptKeyOf('test', 2)]: [
      ...runOf(attemptKeyOf('test', 2), 105, 50, 'success'),
      reviewChanged({ id: 502, at: minutesAfterNine(55), commitSha: 'bbb2' }, head),
      pullRequestChanged({ at: minutesAfterNine(56), ...head, state: 'merged' }, 'closed'),
      issueChanged(
        { at: minutesAfterNine(57), state: 'closed', stateReason: 'completed', closedAt: minutesAfterNine(57) },
        'closed',
      ),
    ],
  }
}

/** Half of the workflows echo the key; the runs of the others are known from the answer to their dispatch. */
function runOf(key: string, id: number, at: number, conclusion: RunFact['conclusion']): readonly Event[] {
  const startedAt = minutesAfterNine(at)
  const title = id % 2 === 0 ? `andon ${key}` : 'Work'
  const run = (nth: number, known: Partial<RunFact>) =>
    dispatchedRunChanged(key, id, { title, startedAt, at: minutesAfterNine(at + nth), ...known })
  const job = (nth: number, status: 'queued' | 'in_progress' | 'completed') => {
    const over = status === 'completed' ? ({ conclusion: 'success' } as const) : {}
    return jobChanged({ id: id * 10, runId: id, at: minutesAfterNine(at + nth), status, ...over })
  }
  return [
    run(0, { status: 'queued' }),
    job(0, 'queued'),
    run(1, {}),
    job(1, 'in_progress'),
    job(2, 'completed'),
    run(3, { conclusion }),
  ]
}

function playLife(life: CausalHistory, rules: ReturnType<typeof lineWith>, chance: SeededRandom | null) {
  const line = inMemoryWorld(REPOSITORY, { line: rules })
  const open: Event[] = []
  const outbox: Event[][] = []
  const dispatched: string[] = []
  let delivered = 0

  const reveal = (key: string) => {
    const deliveries = life[key] ?? []
    const twice = chance === null ? [] : deliveries.filter(() => chance.next() < 0.3)
    open.push(...deliveries, ...twice)
  }
  const apply = (event: Event) => {
    delivered++
    line.apply(event).forEach(perform)
    const pipeline = line.pipelines.get(ISSUE)
    const awaited = pipeline && stageReadyForAdmission(pipeline, minutesAfterNine(600))
    if (!awaited) return
    const { stage, attempt } = awaited
    apply(attemptAdmitted(stage, attempt, momentOf(life, stage, attempt)))
  }
  const perform = (effect: Effect) => {
    if (effect.type === 'dispatch') {
      const { attemptKey: key } = effect
      dispatched.push(key)
      reveal(key)
      outbox.push([
        dispatchResult(key, { state: 'sending' }, minutesAfterNine(60)),
        dispatchConfirmed(key, idOf(life, key), minutesAfterNine(61)),
      ])
    }
    if (effect.type !== 'ask' || effect.question.about !== 'permission') return
    const { purpose, login } = effect.question
    outbox.push([purpose.kind === 'start' ? startPermission() : reviewerPermission(login, true, minutesAfterNine(58))])
  }

  reveal('')
  while (open.length + outbox.length > 0) {
    const index = chance === null ? 0 : chance.integer(open.length + outbox.length)
    if (index < open.length) {
      const [delivery] = open.splice(index, 1)
      apply(delivery!)
      continue
    }
    const answers = outbox[index - open.length]!
    const [answer] = answers
    outbox.splice(index - open.length, 1, ...(answers.length > 1 ? [answers.slice(1)] : []))
    apply(answer!)
  }
  return { pipeline: line.pipelines.get(ISSUE) as Pipeline, dispatched, delivered }
}

function idOf(life: CausalHistory, key: string): number {
  const run = life[key]?.find((event) => event.type === 'run.changed')
  if (run?.type !== 'run.changed') throw new Error(`${key} was not to be begun`)
  return run.run.id
}

function momentOf(life: CausalHistory, stage: string, attempt: number) {
  const key = attemptKeyOf(stage, attempt)
  const run = life[key]?.find((event) => event.type === 'run.changed')
  if (run?.type !== 'run.changed') throw new Error(`${key} was not to be begun`)
  return run.run.startedAt
}
