// What always goes wrong is tried as often as the file says, and then nothing happens any more.
import { expect, test } from 'vitest'
import { liveAttempts } from '../../../src/pipeline/admission.ts'
import { wakeAt } from '../../../src/pipeline/deadlines/wake-at.ts'
import { needsYouAt } from '../../../src/pipeline/view/health.ts'
import { light } from '../../../src/pipeline/view/light.ts'
import { record, runSeed } from '../../support/measurements.ts'
import { minute, pullRequestIs, reviewed } from '../../support/pipeline-fixtures.ts'
import { confirmed, ownRunIs, runningLine, started } from '../../support/pipeline-harness.ts'
import { seeded } from '../../support/seeded-random.ts'
import { type Dispatching, shop } from '../../support/simulation.ts'

const LEFT = 'would not be cancelled and is left alone'
const MISFORTUNES: readonly [string, Dispatching, string][] = [
  ['fails', { conclusion: 'failure' }, 'failed'],
  ['is refused', { refused: 'GitHub says 422: unexpected inputs' }, 'was refused: GitHub says 422: unexpected inputs'],
  ['finds no runner', { startsAfter: null, endsAfter: null }, 'was cancelled: no runner took it'],
  ['finds no runner and will not end', { startsAfter: null, endsAfter: null, heeds: 'nothing' }, LEFT],
  ['reports once and hangs', { endsAfter: null, reportsAfter: 60 }, 'was cancelled: it fell silent'],
  [
    'reports once, hangs and ends only by force',
    { endsAfter: null, reportsAfter: 60, heeds: 'force' },
    'was cancelled: it fell silent',
  ],
  ['never reports and hangs', { endsAfter: null }, 'was cancelled: it is past its limit'],
  ['has a run that GitHub then does not know', { lost: true }, 'has no run any more, says GitHub'],
]

test.each(MISFORTUNES)(
  'a workflow that always %s is tried as often as allowed, then needs a person, then silence',
  (what, how, words) => {
    let dispatches = 0
    for (const attempts of [1, 2, 3, 5]) {
      for (const seed of [1, 2, 3]) {
        const work = shop(runningLine({ plan: { attempts } }), () => how, seeded(runSeed(seed)))
        work.pass(48)
        expect(work.figures.dispatches, `seed ${seed}`).toBe(attempts)
        dispatches += work.figures.dispatches
        expect(work.figures.mostAtOnce).toBeLessThanOrEqual(1)
        expect(light(work.floor.pipeline)).toMatchObject({
          light: 'failed',
          reason: `attempt ${attempts} of ${attempts} ${words}; a person is needed: /andon retry plan`,
        })
        expect(liveAttempts(work.floor.pipeline)).toBe(0)
        expect(wakeAt(work.floor.pipeline, '2026-11-23T09:00:00.000Z')).toBeNull()
        const effects = work.floor.effects().length
        const { pipeline } = work.floor
        work.pass(240)
        expect(work.floor.effects().length).toBe(effects)
        expect(work.floor.pipeline).toBe(pipeline)
      }
    }
    record('no-storm', { workflow: `always ${what}`, allowed: 3 * (1 + 2 + 3 + 5), dispatches, 'ten days later': 0 })
  },
)

test('attempts rest longer and longer in between, at most a quarter of an hour', () => {
  const line = started(runningLine({ plan: { attempts: 10 } }))
  const rests: number[] = []
  let at = minute(1)
  for (let nth = 1; nth < 10; nth++) {
    line.carryOut(at, 99 + nth, 'failure')
    const again = line.stage('plan').againAt!
    rests.push((Date.parse(again) - Date.parse(at)) / 1000)
    at = again
  }
  const full = [30, 60, 120, 240, 480, 900, 900, 900, 900]
  for (const [index, rest] of rests.entries()) {
    expect(rest).toBeLessThanOrEqual(full[index]!)
    expect(rest).toBeGreaterThanOrEqual(full[index]! * 0.75)
  }
  expect(new Set(rests.slice(5)).size).toBeGreaterThan(1)
  record('no-storm', { 'rests between ten attempts, in seconds': rests.join(' ') })
})

test('a bot that always requests changes causes exactly the allowed rounds', () => {
  const told: string[] = []
  for (const rework of [0, 1, 2, 5, 10]) {
    const line = started(runningLine({}, { rework, bots: ['critic[bot]'] }))
    for (const id of [1, 2, 3]) line.carryOut(minute(id), id)
    line.tell(pullRequestIs({ at: minute(9), headSha: 'sha0' }))
    let head = 0
    for (let at = 10; at < 100; at += 4) {
      // Twice, and a stranger besides.
      for (const nth of [0, 1, 2]) {
        const reviewer = nth === 2 ? 'stranger[bot]' : 'critic[bot]'
        const objection = { id: at * 10 + nth, reviewer, bot: true, state: 'changes_requested' } as const
        line.tell(reviewed({ ...objection, at: minute(at), commitSha: `sha${head}` }, { headSha: `sha${head}` }))
      }
      const key = line.admit(minute(at + 1))
      // When nothing is begun any more, somebody pushes by hand: the bot asks for changes again.
      line.tell(
        pullRequestIs({ at: minute(at + 2), headSha: `sha${++head}`, replacedShas: [`sha${head - 1}`] }, 'synchronize'),
      )
      if (key === null) continue
      line.tell(confirmed(key, at * 10 + 5, minute(at + 1)))
      line.tell(ownRunIs(key, at * 10 + 5, { at: minute(at + 2), conclusion: 'success' }))
      line.carryOut(minute(at + 3), at * 10)
    }
    expect(line.stage('code').attempts).toHaveLength(1 + rework)
    expect(line.stage('test').attempts).toHaveLength(1 + rework)
    expect(line.keys('dispatch')).toHaveLength(3 + 2 * rework)
    told.push(`${rework} allowed: ${line.stage('code').attempts.length - 1} begun`)
    line.tell(
      reviewed(
        {
          id: 9_999,
          reviewer: 'critic[bot]',
          bot: true,
          state: 'changes_requested',
          at: minute(200),
          commitSha: `sha${head}`,
        },
        { headSha: `sha${head}` },
      ),
    )
    expect(needsYouAt(line.pipeline)).toBe(minute(200))
  }
  record('no-storm', { 'rounds of rework for a bot that asked 23 times': told.join(', ') })
})
