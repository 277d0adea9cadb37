// A line that Andon runs, told in many orders: what GitHub tells comes shuffled, late and twice; what must come after its
// cause (a run after its dispatch, an answer after its question) does.
import { expect, test } from 'vitest'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import type { RunFact } from '../../src/pipeline/model/facts.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { awaitingAdmission } from '../../src/pipeline/stages/ready-stage.ts'
import { light } from '../../src/pipeline/view/light.ts'
import { lineInMemory } from '../support/in-memory-apply.ts'
import { howMany, record, runSeed } from '../support/measurements.ts'
import {
  ISSUE,
  issueIs,
  jobIs,
  labelled,
  mayWrite,
  minute,
  pullRequestIs,
  REPOSITORY,
  reviewed,
  statuses,
} from '../support/pipeline-fixtures.ts'
import {
  admitted,
  confirmed,
  dispatchIs,
  keyFor,
  mayStart,
  ownRunIs,
  runningLine,
} from '../support/pipeline-harness.ts'
import { type Seeded, seeded } from '../support/seeded-random.ts'

const SHUFFLES = howMany(100, 10_000)

/** What becomes known once an attempt was admitted; `''` is known from the start. */
type Life = Readonly<Record<string, readonly Event[]>>

test('a line that is run, told in any order that causes allow, ends in one state', () => {
  const line = runningLine({ plan: { gate: null } })
  const life = lifeOfOne()
  const expected = carryOut(life, line, null)
  expect(statuses(expected.pipeline).join(' ')).toBe('done done done done')
  expect(light(expected.pipeline)).toMatchObject({ light: 'done', reason: 'pull request #7 merged' })
  expect(expected.dispatched).toHaveLength(6)
  let told = 0
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const ended = carryOut(life, line, seeded(runSeed(seed)))
    told += ended.told
    expect(ended.pipeline, `seed ${seed}`).toEqual(expected.pipeline)
    expect(ended.dispatched, `seed ${seed}`).toEqual(expected.dispatched)
  }
  record('running-orders', { shuffles: SHUFFLES, 'told in all': told, 'final states': 1, 'dispatches of each': 6 })
}, 300_000)

/** Planned at the second try, coded, tested, sent back once, coded and tested again, approved, merged, closed. */
function lifeOfOne(): Life {
  const head = { headSha: 'bbb2', replacedShas: ['bbb1'] }
  const objection = { id: 501, at: minute(40), state: 'changes_requested', commitSha: 'bbb1' } as const
  return {
    '': [labelled(), labelled({ label: 'bug' })],
    [keyFor('plan', 1)]: runOf(keyFor('plan', 1), 100, 2, 'failure'),
    [keyFor('plan', 2)]: runOf(keyFor('plan', 2), 101, 8, 'success'),
    [keyFor('code', 1)]: [
      ...runOf(keyFor('code', 1), 102, 14, 'success'),
      pullRequestIs({ at: minute(15), draft: true }),
      pullRequestIs({ at: minute(16) }, 'ready_for_review'),
    ],
    [keyFor('test', 1)]: [...runOf(keyFor('test', 1), 103, 20, 'success'), reviewed(objection)],
    [keyFor('code', 2)]: [
      ...runOf(keyFor('code', 2), 104, 42, 'success'),
      pullRequestIs({ at: minute(43), ...head }, 'synchronize'),
    ],
    [keyFor('test', 2)]: [
      ...runOf(keyFor('test', 2), 105, 50, 'success'),
      reviewed({ id: 502, at: minute(55), commitSha: 'bbb2' }, head),
      pullRequestIs({ at: minute(56), ...head, state: 'merged' }, 'closed'),
      issueIs({ at: minute(57), state: 'closed', stateReason: 'completed', closedAt: minute(57) }, 'closed'),
    ],
  }
}

/** Only half of the workflows echo the key: the others are known by the answer to their dispatch. */
function runOf(key: string, id: number, at: number, conclusion: RunFact['conclusion']): readonly Event[] {
  const startedAt = minute(at)
  const title = id % 2 === 0 ? `andon ${key}` : 'Work'
  const run = (nth: number, known: Partial<RunFact>) =>
    ownRunIs(key, id, { title, startedAt, at: minute(at + nth), ...known })
  const job = (nth: number, status: 'queued' | 'in_progress' | 'completed') => {
    const over = status === 'completed' ? ({ conclusion: 'success' } as const) : {}
    return jobIs({ id: id * 10, runId: id, at: minute(at + nth), status, ...over })
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

function carryOut(life: Life, rules: ReturnType<typeof runningLine>, chance: Seeded | null) {
  const line = lineInMemory(REPOSITORY, rules)
  const open: Event[] = []
  const outbox: Event[][] = []
  const dispatched: string[] = []
  let told = 0

  const know = (key: string) => {
    const deliveries = life[key] ?? []
    const twice = chance === null ? [] : deliveries.filter(() => chance.next() < 0.3)
    open.push(...deliveries, ...twice)
  }
  const tell = (event: Event) => {
    told++
    line.apply(event).forEach(heed)
    const pipeline = line.pipelines.get(ISSUE)
    const awaited = pipeline && awaitingAdmission(pipeline, minute(600))
    if (!awaited) return
    const { stage, attempt } = awaited
    tell(admitted(stage, attempt, momentOf(life, stage, attempt)))
  }
  const heed = (effect: Effect) => {
    if (effect.type === 'dispatch') {
      const { attemptKey: key } = effect
      dispatched.push(key)
      know(key)
      outbox.push([dispatchIs(key, { state: 'sending' }, minute(60)), confirmed(key, idOf(life, key), minute(61))])
    }
    if (effect.type !== 'ask' || effect.question.about !== 'permission') return
    const { for: purpose, login } = effect.question
    outbox.push([purpose.kind === 'start' ? mayStart() : mayWrite(login, true, minute(58))])
  }

  know('')
  while (open.length + outbox.length > 0) {
    const place = chance === null ? 0 : chance.integer(open.length + outbox.length)
    if (place < open.length) {
      const [delivery] = open.splice(place, 1)
      tell(delivery!)
      continue
    }
    const answers = outbox[place - open.length]!
    const [answer] = answers
    outbox.splice(place - open.length, 1, ...(answers.length > 1 ? [answers.slice(1)] : []))
    tell(answer!)
  }
  return { pipeline: line.pipelines.get(ISSUE) as Pipeline, dispatched, told }
}

function idOf(life: Life, key: string): number {
  const run = life[key]?.find((event) => event.type === 'run.changed')
  if (run?.type !== 'run.changed') throw new Error(`${key} was not to be begun`)
  return run.run.id
}

function momentOf(life: Life, stage: string, attempt: number) {
  const key = keyFor(stage, attempt)
  const run = life[key]?.find((event) => event.type === 'run.changed')
  if (run?.type !== 'run.changed') throw new Error(`${key} was not to be begun`)
  return run.run.startedAt
}
