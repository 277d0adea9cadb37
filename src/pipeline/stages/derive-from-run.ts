// A stage that a workflow carries stands as its run does, whoever started it.

import type { Conclusion, RunFact } from '../model/facts.ts'
import type { Stage } from '../model/pipeline.ts'
import { type AttemptWithRun, newestAttemptWithRun, outcomeOfRun } from './attempt-outcome.ts'
import type { DerivedStage } from './derived-stage.ts'

/** How a stage stands whose runs somebody else starts; null while it has none. */
export function deriveObservedWorkflow(stage: Stage): DerivedStage | null {
  const tried = newestAttemptWithRun(stage)
  return tried === null ? null : deriveFromRun(tried.run, describeObservedAttempt(tried))
}

/** How a stage stands by one run, in words about the attempt. */
export function deriveFromRun(run: RunFact, attempt: string): DerivedStage {
  const told = { evidence: run.evidence, waiting: null, since: run.startedAt }
  if (run.conclusion === 'action_required')
    return {
      ...told,
      ...waitingFor('an approval on GitHub'),
      status: 'queued',
      reason: `${attempt} waits for an approval on GitHub`,
    }
  if (run.status === 'queued')
    return { ...told, ...waitingFor('a runner'), status: 'queued', reason: `${attempt} waits for a runner` }
  if (run.status === 'in_progress') return { ...told, status: 'running', reason: `${attempt}${describeProgress(run)}` }
  const conclusion = run.conclusion ?? 'stale'
  const outcome = outcomeOfRun(run)
  return {
    ...told,
    status: outcome === 'live' ? 'queued' : outcome,
    reason: `${attempt} ${CONCLUSION_TEXT[conclusion]}${describeFailure(run)}`,
    since: run.updatedAt,
  }
}

function waitingFor(awaited: string): Pick<DerivedStage, 'waiting'> {
  return { waiting: { for: awaited, until: null } }
}

function describeObservedAttempt({ number, run }: AttemptWithRun): string {
  return run.runAttempt === 1 ? `attempt ${number}` : `attempt ${number} (re-run ${run.runAttempt - 1})`
}

function describeProgress({ jobs }: RunFact): string {
  const job = jobs.find(({ status }) => status === 'in_progress')
  if (job === undefined) return ' runs'
  const step = job.step === null ? '' : `, step "${job.step}"`
  return job.stepsTotal === 0
    ? `, job ${job.name}${step}`
    : `, job ${job.name}${step} (${job.stepsCompleted} of ${job.stepsTotal})`
}

function describeFailure({ jobs }: RunFact): string {
  const job = jobs.find(({ conclusion }) => conclusion !== null && FAILURES.includes(conclusion))
  return job === undefined ? '' : `: job ${job.name}`
}

const FAILURES: readonly Conclusion[] = ['failure', 'timed_out', 'startup_failure', 'stale']

const CONCLUSION_TEXT = {
  success: 'succeeded',
  neutral: 'ended neutral',
  skipped: 'was skipped',
  failure: 'failed',
  timed_out: 'timed out',
  startup_failure: 'could not start',
  stale: 'was given up by GitHub',
  cancelled: 'was cancelled',
  action_required: 'waits for an approval on GitHub',
} as const satisfies Record<Conclusion, string>
