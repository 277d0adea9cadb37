// While GitHub itself makes a run wait there is no silence: only its `limit` counts.
import { expect, test } from 'vitest'
import { wakeAt } from '../../../src/pipeline/deadlines/enforce-deadlines.ts'
import type { JobFact, RunFact } from '../../../src/pipeline/model/facts.ts'
import { deriveHealth } from '../../../src/pipeline/view/light.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import { jobFact, minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import {
  dispatchConfirmed,
  dispatchedRun,
  dispatchedRunChanged,
  lineWith,
  openPipelineHarness,
  type PipelineHarness,
  runAnswered,
  startPermission,
  woken,
} from '../../support/pipeline-harness.ts'

const WAITS_AT = minutesAfterNine(2)
const LIMIT = 120

/** An attempt with a silence of 1 minute and a limit of two hours, whose run waits. */
function waitingRun(known: Partial<RunFact>): { readonly line: PipelineHarness; readonly key: string } {
  const line = openPipelineHarness(lineWith({ plan: { timeoutSeconds: 60, limitSeconds: LIMIT * 60 } }))
  const key = line.apply(startPermission()).admit(minutesAfterNine(1)) ?? ''
  line.apply(dispatchConfirmed(key, 100, WAITS_AT), dispatchedRunChanged(key, 100, { at: WAITS_AT, ...known }))
  return { line, key }
}

const waitingJob: JobFact = jobFact({ status: 'waiting', at: WAITS_AT })
const reviewers = { kind: 'reviewers', environments: ['production'], readAt: WAITS_AT } as const
const timer = { kind: 'timer', environments: ['production'], readAt: WAITS_AT } as const

test.each<[string, boolean, Partial<RunFact>]>([
  ['an approval on GitHub', true, { conclusion: 'action_required' }],
  [
    'an approval on GitHub for environment production',
    true,
    { status: 'waiting', jobs: [waitingJob], environmentWait: reviewers },
  ],
  [
    'the wait timer of environment production on GitHub',
    false,
    { status: 'waiting', jobs: [waitingJob], environmentWait: timer },
  ],
  ["an environment's rules on GitHub", false, { status: 'waiting', jobs: [waitingJob] }],
  ['another run of its concurrency group on GitHub', false, { status: 'pending' }],
  ['GitHub to queue it', false, { status: 'requested' }],
])(
  'a run that waits for %s is not cancelled before its limit (a person is needed: %s)',
  (words, isPersonNeeded, run) => {
    const { line, key } = waitingRun(run)
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: `attempt 1 of 3 waits for ${words}`,
      waiting: { for: words, until: null },
    })
    expect(needsYouAt(line.pipeline)).toBe(isPersonNeeded ? WAITS_AT : minutesAfterNine(2 + LIMIT))
    for (let minute = 3; minute < 2 + LIMIT; minute += 1) {
      const at = minutesAfterNine(minute)
      line.apply(woken(at), runAnswered(100, dispatchedRun(key, 100, { at: WAITS_AT, ...run }), at))
      expect(deriveHealth(line.pipeline, at).health).toBe('ok')
    }
    expect(line.effectKeys('cancel')).toEqual([])
    expect(wakeAt(line.pipeline, minutesAfterNine(1 + LIMIT))).toBe(minutesAfterNine(2 + LIMIT))
    const at = minutesAfterNine(3 + LIMIT)
    line.apply(woken(at), runAnswered(100, dispatchedRun(key, 100, { at: WAITS_AT, ...run }), at))
    expect(line.stage('plan').reason).toContain('it exceeded its time limit')
  },
)

test.each<[string, Partial<RunFact>]>([
  ['queued', { status: 'queued' }],
  ['requested, with a queued job', { status: 'requested', jobs: [jobFact({ status: 'queued', at: WAITS_AT })] }],
  ['pending, with a queued job', { status: 'pending', jobs: [jobFact({ status: 'queued', at: WAITS_AT })] }],
])('a run that wants a runner is still cancelled for silence: %s', (_, run) => {
  const { line, key } = waitingRun(run)
  expect(line.stage('plan').reason).toBe('attempt 1 of 3 waits for a runner')
  line.apply(woken(minutesAfterNine(4)))
  line.apply(runAnswered(100, dispatchedRun(key, 100, { at: WAITS_AT, ...run }), minutesAfterNine(4)))
  expect(line.stage('plan').reason).toContain('no runner picked it up')
})

test('a run with a job in progress is at work, whatever the run and its other jobs say', () => {
  const { line, key } = waitingRun({ status: 'queued' })
  const jobs = [jobFact({ id: 1, at: WAITS_AT }), jobFact({ id: 2, status: 'queued', at: WAITS_AT })]
  line.apply(woken(minutesAfterNine(4)))
  line.apply(runAnswered(100, dispatchedRun(key, 100, { at: WAITS_AT, status: 'queued', jobs }), minutesAfterNine(4)))
  expect(line.stage('plan')).toMatchObject({ status: 'running', reason: 'attempt 1 of 3, job build' })
  expect(line.effectKeys('cancel')).toEqual([])
})

test('a run whose second job waits for an approval waits, though its first one has ended', () => {
  const first = jobFact({ id: 1, conclusion: 'success', at: WAITS_AT })
  const { line } = waitingRun({ jobs: [first, { ...waitingJob, id: 2 }] })
  expect(line.effectKeys('ask')).toContain('run/100/1/waiting/2')
  expect(line.stage('plan')).toMatchObject({
    status: 'queued',
    reason: expect.stringMatching(/waits for an environment's rules on GitHub$/),
  })
})
