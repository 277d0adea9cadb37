// What always fails gets the attempts that the file allows, and then nothing more happens.
import { expect, test } from 'vitest'
import { seededRandom } from '../../../fake-github/random.ts'
import { wakeAt } from '../../../src/pipeline/deadlines/enforce-deadlines.ts'
import { countLiveAttempts } from '../../../src/pipeline/stages/attempts.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import { headlineInWords } from '../../support/in-words.ts'
import { randomSeed, recordMeasurements } from '../../support/measurements.ts'
import { minutesAfterNine, pullRequestChanged, reviewChanged } from '../../support/pipeline-fixtures.ts'
import { dispatchConfirmed, dispatchedRunChanged, lineWith, startedPipeline } from '../../support/pipeline-harness.ts'
import { type DispatchBehavior, openSimulation } from '../../support/simulation.ts'

const REMAINING_ATTEMPTS = 'could not be cancelled and was abandoned'
const FAILURE_MODES: readonly [string, DispatchBehavior, string][] = [
  ['fails', { conclusion: 'failure' }, 'failed'],
  ['finds no runner', { startsAfter: null, endsAfter: null }, 'was cancelled: no runner picked it up'],
  ['finds no runner and will not end', { startsAfter: null, endsAfter: null, stopsOn: 'nothing' }, REMAINING_ATTEMPTS],
  ['reports once and hangs', { endsAfter: null, reportsAfter: 60 }, 'was cancelled: it fell silent'],
  [
    'reports once, hangs and ends only by force',
    { endsAfter: null, reportsAfter: 60, stopsOn: 'force' },
    'was cancelled: it fell silent',
  ],
  ['never reports and hangs', { endsAfter: null }, 'was cancelled: it exceeded its time limit'],
  ['has a run that GitHub then does not know', { lost: true }, 'has no run on GitHub any more'],
]

test.each(FAILURE_MODES)(
  'a workflow that always %s gets its allowed attempts, then needs a person, then stays silent',
  (what, how, words) => {
    let dispatches = 0
    for (const attempts of [1, 2, 3, 5]) {
      for (const seed of [1, 2, 3]) {
        const work = openSimulation(lineWith({ plan: { attempts } }), () => how, seededRandom(randomSeed(seed)))
        work.advanceHours(48)
        expect(work.counts.dispatches, `seed ${seed}`).toBe(attempts)
        dispatches += work.counts.dispatches
        expect(work.counts.maxConcurrent).toBeLessThanOrEqual(1)
        expect(headlineInWords(work.harness.pipeline)).toMatchObject({
          light: 'failed',
          reason: `attempt ${attempts} of ${attempts} ${words}; a person is needed: /andon retry plan`,
        })
        expect(countLiveAttempts(work.harness.pipeline)).toBe(0)
        expect(wakeAt(work.harness.pipeline, '2026-11-23T09:00:00.000Z')).toBeNull()
        const effects = work.harness.effects().length
        const { pipeline } = work.harness
        work.advanceHours(240)
        expect(work.harness.effects().length).toBe(effects)
        expect(work.harness.pipeline).toBe(pipeline)
      }
    }
    recordMeasurements('no-storm', {
      workflow: `always ${what}`,
      allowed: 3 * (1 + 2 + 3 + 5),
      dispatches,
      doubled: 0,
    })
  },
)

test('the backoff between attempts grows up to a quarter of an hour', () => {
  const line = startedPipeline(lineWith({ plan: { attempts: 10 } }))
  const rests: number[] = []
  let at = minutesAfterNine(1)
  for (let nth = 1; nth < 10; nth++) {
    line.completeAttempt(at, 99 + nth, 'failure')
    const again = line.stage('plan').retryAt!
    rests.push((Date.parse(again) - Date.parse(at)) / 1000)
    at = again
  }
  const full = [30, 60, 120, 240, 480, 900, 900, 900, 900]
  for (const [index, rest] of rests.entries()) {
    expect(rest).toBeLessThanOrEqual(full[index]!)
    expect(rest).toBeGreaterThanOrEqual(full[index]! * 0.75)
  }
  expect(new Set(rests.slice(5)).size).toBeGreaterThan(1)
  recordMeasurements('no-storm', { 'rests between ten attempts, in seconds': rests.join(' ') })
})

test('a bot that always requests changes causes exactly the allowed rounds', () => {
  const summaries: string[] = []
  for (const rework of [0, 1, 2, 5, 10]) {
    const line = startedPipeline(lineWith({}, { rework, bots: ['critic[bot]'] }))
    for (const id of [1, 2, 3]) line.completeAttempt(minutesAfterNine(id), id)
    line.apply(pullRequestChanged({ at: minutesAfterNine(9), headSha: 'sha0' }))
    let head = 0
    for (let at = 10; at < 100; at += 4) {
      // Two reviews of the named bot, and one of another.
      for (const nth of [0, 1, 2]) {
        const reviewer = nth === 2 ? 'stranger[bot]' : 'critic[bot]'
        const objection = { id: at * 10 + nth, reviewer, bot: true, state: 'changes_requested' } as const
        line.apply(
          reviewChanged({ ...objection, at: minutesAfterNine(at), commitSha: `sha${head}` }, { headSha: `sha${head}` }),
        )
      }
      const key = line.admit(minutesAfterNine(at + 1))
      // When no round starts any more, a person pushes: the bot requests changes again.
      line.apply(
        pullRequestChanged(
          { at: minutesAfterNine(at + 2), headSha: `sha${++head}`, replacedShas: [`sha${head - 1}`] },
          'synchronize',
        ),
      )
      if (key === null) continue
      line.apply(dispatchConfirmed(key, at * 10 + 5, minutesAfterNine(at + 1)))
      line.apply(dispatchedRunChanged(key, at * 10 + 5, { at: minutesAfterNine(at + 2), conclusion: 'success' }))
      line.completeAttempt(minutesAfterNine(at + 3), at * 10)
    }
    expect(line.stage('code').attempts).toHaveLength(1 + rework)
    expect(line.stage('test').attempts).toHaveLength(1 + rework)
    expect(line.effectKeys('dispatch')).toHaveLength(3 + 2 * rework)
    summaries.push(`${rework} allowed: ${line.stage('code').attempts.length - 1} begun`)
    line.apply(
      reviewChanged(
        {
          id: 9_999,
          reviewer: 'critic[bot]',
          bot: true,
          state: 'changes_requested',
          at: minutesAfterNine(200),
          commitSha: `sha${head}`,
        },
        { headSha: `sha${head}` },
      ),
    )
    expect(needsYouAt(line.pipeline)).toBe(minutesAfterNine(200))
  }
  recordMeasurements('no-storm', { 'rounds of rework for a bot that asked 23 times': summaries.join(', ') })
})
