// `cancelled` has several causes. Unless Andon or a command cancelled the run, GitHub is asked which it was.
import { describe, expect, test } from 'vitest'
import type { CancelExplanation } from '../../../src/pipeline/model/facts.ts'
import { needsYouAt } from '../../../src/pipeline/view/needs-you.ts'
import { headlineInWords, stagesInWords } from '../../support/in-words.ts'
import { given, issueLabeled, minutesAfterNine, runChanged, runFact } from '../../support/pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  dispatchConfirmed,
  dispatchedRun,
  dispatchedRunChanged,
  openPipelineHarness,
  type PipelineHarness,
  runAnswered,
  secondsAfterNine,
  startedPipeline,
  woken,
} from '../../support/pipeline-harness.ts'

const CANCELLED_AT = secondsAfterNine(240)
const ADA = { kind: 'person', login: 'ada' } as const

/** The first attempt's run was cancelled, and nobody has explained it. */
function cancelledRun(): PipelineHarness {
  const line = startedPipeline()
  const key = line.admit(minutesAfterNine(1)) ?? ''
  const ended = { at: CANCELLED_AT, startedAt: minutesAfterNine(2), conclusion: 'cancelled' } as const
  return line.apply(dispatchConfirmed(key, 100, minutesAfterNine(2)), dispatchedRunChanged(key, 100, ended))
}

function explained(line: PipelineHarness, cancellation: CancelExplanation, at = secondsAfterNine(242), runAttempt = 1) {
  const [key = ''] = line.pipeline.stages.flatMap(({ attempts }) => attempts.flatMap((attempt) => attempt.key ?? []))
  const run = dispatchedRun(key, 100, { at: CANCELLED_AT, conclusion: 'cancelled', cancellation, runAttempt })
  return line.apply(runAnswered(100, run, at))
}

function unexplained(at: string) {
  return { kind: 'unexplained', since: at, until: at } as const
}

describe('a run that GitHub cancelled', () => {
  test('has no consequence until GitHub has explained it', () => {
    const line = cancelledRun()
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: 'attempt 1 of 3 was cancelled on GitHub; asks GitHub why',
      waiting: { for: 'GitHub to say why', until: null },
      queuedAt: null,
    })
    expect(line.effectKeys('ask')).toContain('run/100/1/cancelled')
    expect(line.admit(minutesAfterNine(600))).toBeNull()
  })

  test.each<[string, CancelExplanation]>([
    [': job build reached its time limit', { kind: 'job-time-limit', job: 'build' }],
    [': a newer run replaced it in its concurrency group', { kind: 'replaced', job: 'build' }],
    [': its concurrency group waits for itself', { kind: 'deadlock', job: 'build' }],
    [': job build lost its runner', { kind: 'runner-lost', job: 'build' }],
    [': no runner took job build', { kind: 'no-runner', job: 'build' }],
    [' by @helper[bot]', { kind: 'bot', login: 'helper[bot]' }],
  ])('is a failed attempt that was cancelled on GitHub%s', (words, explanation) => {
    const line = explained(cancelledRun(), explanation)
    expect(line.stage('plan')).toMatchObject({
      status: 'queued',
      reason: expect.stringContaining(`(attempt 1 of 3 was cancelled on GitHub${words})`),
    })
    expect(line.admit(minutesAfterNine(6))).toBe('42/plan/2-k3v9x')
  })

  test('stands when a person cancelled it, and a command lets it go on', () => {
    const line = explained(cancelledRun(), ADA)
    const reason = 'attempt 1 of 3 was cancelled on GitHub by @ada; a person is needed: /andon retry plan'
    expect(line.stage('plan')).toMatchObject({ status: 'cancelled', reason, waiting: null })
    expect(headlineInWords(line.pipeline)).toMatchObject({ light: 'idle', stage: 'plan', reason })
    expect(needsYouAt(line.pipeline)).toBe(CANCELLED_AT)
    expect(line.admit(minutesAfterNine(600))).toBeNull()
    const retry = commentCreated('/andon retry')
    line.apply(retry, commandPermission(retry))
    expect(line.admit(minutesAfterNine(21))).toBe('42/plan/2-k3v9x')
  })

  test('can be given up by a command after a person cancelled it', () => {
    const line = explained(cancelledRun(), ADA)
    const cancel = commentCreated('/andon cancel plan')
    line.apply(cancel, commandPermission(cancel))
    expect(line.stage('plan')).toMatchObject({
      status: 'cancelled',
      reason: expect.stringMatching(/^cancelled by @mara/),
    })
  })

  test('is cancelled by the command that comes before the explanation', () => {
    const line = cancelledRun()
    const cancel = commentCreated('/andon cancel', { at: secondsAfterNine(241) })
    line.apply(cancel, commandPermission(cancel))
    explained(line, { kind: 'runner-lost', job: 'build' })
    expect(line.stage('plan')).toMatchObject({
      status: 'cancelled',
      reason: expect.stringMatching(/^cancelled by @mara/),
    })
  })

  test('is a failed attempt without a cause when GitHub does not explain it within a minute', () => {
    const line = explained(cancelledRun(), unexplained(secondsAfterNine(242)))
    expect(line.stage('plan').reason).toBe('attempt 1 of 3 was cancelled on GitHub; asks GitHub why')
    line.apply(woken(secondsAfterNine(302)))
    expect(line.effectKeys('ask')).toContain(`run/100/${secondsAfterNine(302)}`)
    explained(line, unexplained(secondsAfterNine(303)), secondsAfterNine(303))
    const words = 'was cancelled on GitHub before any of its jobs began, and GitHub does not say why'
    expect(line.stage('plan').reason).toContain(words)
    expect(line.admit(minutesAfterNine(6))).toBe('42/plan/2-k3v9x')
  })

  test('is explained by the second answer when the first came too early', () => {
    const line = explained(cancelledRun(), unexplained(secondsAfterNine(242)))
    line.apply(woken(secondsAfterNine(302)))
    explained(line, ADA, secondsAfterNine(303))
    expect(line.stage('plan')).toMatchObject({ status: 'cancelled', reason: expect.stringContaining('by @ada') })
  })

  test('is a failed attempt when GitHub does not answer twice', () => {
    const line = cancelledRun()
    line.apply(woken(secondsAfterNine(840)))
    expect(line.effectKeys('ask')).toContain(`run/100/${secondsAfterNine(840)}`)
    expect(line.admit(minutesAfterNine(20))).toBeNull()
    line.apply(woken(secondsAfterNine(1_440)))
    expect(line.stage('plan').reason).toContain('and GitHub does not say why')
    expect(line.admit(minutesAfterNine(30))).toBe('42/plan/2-k3v9x')
  })

  test('goes on when it is re-run on GitHub', () => {
    const line = explained(cancelledRun(), ADA)
    const [key = ''] = line.pipeline.stages.flatMap(({ attempts }) => attempts.flatMap((attempt) => attempt.key ?? []))
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(9), runAttempt: 2 }))
    expect(line.stage('plan')).toMatchObject({ status: 'running', reason: 'attempt 1 of 3 (re-run 1) runs' })
    line.apply(dispatchedRunChanged(key, 100, { at: minutesAfterNine(12), runAttempt: 2, conclusion: 'cancelled' }))
    expect(line.effectKeys('ask')).toContain('run/100/2/cancelled')
    explained(line, { kind: 'job-time-limit', job: 'build' }, minutesAfterNine(13), 2)
    expect(line.stage('plan').reason).toContain('(re-run 1) was cancelled on GitHub: job build reached its time limit')
  })
})

describe('a run that Andon did not start', () => {
  const cancelled = { workflow: 'plan.yml', conclusion: 'cancelled', at: minutesAfterNine(4) } as const

  test.each<[string, string, CancelExplanation]>([
    ['cancelled', 'attempt 1 was cancelled on GitHub by @ada', ADA],
    ['failed', 'attempt 1 was cancelled on GitHub: job build lost its runner', { kind: 'runner-lost', job: 'build' }],
  ])('leaves its stage %s: %s', (status, reason, cancellation) => {
    const { pipeline } = given(issueLabeled()).when(
      runChanged(cancelled),
      runAnswered(100, runFact({ ...cancelled, cancellation }), minutesAfterNine(5)),
    )
    expect(stagesInWords(pipeline)[0]).toMatchObject({ status, reason })
    expect(needsYouAt(pipeline)).toBe(minutesAfterNine(4))
  })

  test('is asked about once, and not when a newer run has begun', () => {
    const line = openPipelineHarness(undefined, issueLabeled())
    const other = { ...cancelled, workflow: 'code.yml' }
    line.apply(runChanged({ ...other, id: 101, conclusion: null }), runChanged({ ...other, id: 100 }))
    expect(line.effectKeys('ask')).not.toContain('run/100/1/cancelled')
    line.apply(runChanged({ ...other, id: 101 }))
    expect(line.effectKeys('ask')).toContain('run/101/1/cancelled')
  })
})
