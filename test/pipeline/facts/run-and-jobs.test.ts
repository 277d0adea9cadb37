// A run that was read with its jobs, and one whose jobs were delivered one by one, are the same fact: for all combinations of
// their statuses, in every order.
import { expect, test } from 'vitest'
import { githubWaitOf } from '../../../src/pipeline/facts/github-wait.ts'
import { mergeJob, mergeRun } from '../../../src/pipeline/facts/merge.ts'
import type { JobFact, RunFact, RunStatus } from '../../../src/pipeline/model/facts.ts'
import { jobFact, runFact } from '../../support/pipeline-fixtures.ts'

const STATUSES = ['requested', 'queued', 'pending', 'waiting', 'in_progress', 'completed'] as const

const ended = (status: RunStatus) => ({ status, conclusion: status === 'completed' ? ('success' as const) : null })

test('a run and its jobs are the same fact, read together or delivered one by one, whatever their statuses', () => {
  let combinations = 0
  for (const [runStatus, firstStatus, secondStatus] of triplesOf(STATUSES)) {
    const run = runFact(ended(runStatus))
    const jobs = [jobFact({ id: 1, ...ended(firstStatus) }), jobFact({ id: 2, ...ended(secondStatus) })] as const
    const read = mergeRun(null, { ...run, jobs })
    for (const order of ordersOf([run, ...jobs])) {
      const delivered = order.reduce<RunFact | null>(
        (stored, fact) => ('runId' in fact ? mergeJob(stored, fact) : mergeRun(stored, fact)),
        null,
      )
      const shown = `${runStatus} with ${firstStatus} and ${secondStatus}`
      expect(delivered, shown).toEqual(read)
      combinations += 1
    }
  }
  expect(combinations).toBe(6 ** 3 * 6)
})

test.each<[RunStatus, readonly JobFact['status'][], RunStatus]>([
  ['queued', ['in_progress', 'queued'], 'in_progress'],
  ['requested', ['in_progress'], 'in_progress'],
  ['pending', ['in_progress', 'waiting'], 'in_progress'],
  ['waiting', ['in_progress', 'waiting'], 'in_progress'],
  ['queued', ['completed', 'queued'], 'in_progress'],
  ['requested', ['queued'], 'queued'],
  ['queued', [], 'queued'],
])('a run that is %s with jobs %j is %s', (status, jobs, raised) => {
  expect(mergeRun(null, withJobs(status, jobs)).status).toBe(raised)
})

test.each<[RunStatus, readonly JobFact['status'][], ReturnType<typeof githubWaitOf>]>([
  ['requested', [], 'request'],
  ['queued', [], null],
  ['pending', [], 'concurrency'],
  ['waiting', [], 'environment'],
  ['queued', ['queued'], null],
  ['queued', ['waiting'], 'environment'],
  ['queued', ['queued', 'waiting'], 'environment'],
  ['queued', ['pending'], 'concurrency'],
  ['queued', ['pending', 'queued'], null],
  ['in_progress', ['completed', 'waiting'], 'environment'],
  ['in_progress', ['completed', 'pending'], 'concurrency'],
  ['in_progress', ['in_progress', 'waiting'], null],
  ['in_progress', ['completed', 'queued'], null],
  ['completed', ['waiting'], null],
])('a run that is %s with jobs %j waits for %s', (status, jobs, wait) => {
  expect(githubWaitOf(mergeRun(null, withJobs(status, jobs)))).toBe(wait)
})

test('a run that GitHub calls completed because it needs an approval waits for it', () => {
  expect(githubWaitOf(runFact({ conclusion: 'action_required' }))).toBe('approval')
})

function withJobs(status: RunStatus, jobs: readonly JobFact['status'][]): RunFact {
  return { ...runFact(ended(status)), jobs: jobs.map((each, index) => jobFact({ id: index + 1, ...ended(each) })) }
}

function triplesOf<T>(all: readonly T[]): readonly (readonly [T, T, T])[] {
  return all.flatMap((a) => all.flatMap((b) => all.map((c) => [a, b, c] as const)))
}

function ordersOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length <= 1) return [all]
  return all.flatMap((one, index) => ordersOf(all.toSpliced(index, 1)).map((rest) => [one, ...rest]))
}
