// A stage by the run of its attempt, where nothing that Andon did to the run decides.
import { githubWaitOf } from '../facts/github-wait.ts'
import type { RunFact } from '../model/facts.ts'
import type { Stage } from '../model/pipeline.ts'
import type { AttemptReason, AttemptRef } from '../model/reason.ts'
import {
  explanationOf,
  failedJobOf,
  hasFailedBeforeItsJob,
  OUTCOME_OF_CONCLUSION,
  OUTCOME_OF_EXPLANATION,
} from './run-outcome.ts'

export type DerivedFromRun = Pick<Stage, 'status' | 'since' | 'evidence'> & { readonly reason: AttemptReason }

/** What the run says about its stage. */
export function deriveFromRun(run: RunFact, attempt: AttemptRef): DerivedFromRun {
  const { evidence, startedAt: since } = run
  if (run.conclusion === 'action_required')
    return {
      status: 'queued',
      reason: { kind: 'waits-for-github-approval', attempt, environments: [] },
      since,
      evidence,
    }
  const reason = reasonToWait(run, attempt)
  if (reason !== null) return { status: 'queued', reason, since, evidence }
  if (run.status === 'in_progress')
    return { status: 'running', reason: { kind: 'running', attempt, job: jobInProgress(run) }, since, evidence }
  const conclusion = run.conclusion ?? 'stale'
  if (conclusion === 'cancelled') return deriveFromCancelledRun(run, attempt)
  if (hasFailedBeforeItsJob(run)) {
    const explanation = explanationOf(run)
    if (explanation === null)
      return { status: 'queued', reason: { kind: 'asks-why-failed', attempt }, since: run.updatedAt, evidence }
    if (explanation.kind === 'deployment-rejected') {
      const reason = { kind: 'deployment-rejected', attempt, job: explanation.job } as const
      return { status: 'cancelled', reason, since: run.updatedAt, evidence }
    }
  }
  const failedJob = failedJobOf(run)?.name ?? null
  const ended = { kind: 'concluded', attempt, conclusion, failedJob } as const
  return { status: OUTCOME_OF_CONCLUSION[conclusion], reason: ended, since: run.updatedAt, evidence }
}

function reasonToWait(run: RunFact, attempt: AttemptRef): AttemptReason | null {
  const { environmentWait: on = null, status } = run
  switch (githubWaitOf(run)) {
    case 'environment':
      return on?.kind === 'reviewers'
        ? { kind: 'waits-for-github-approval', attempt, environments: on.environments }
        : { kind: 'waits-for-environment', attempt, on }
    case 'concurrency':
      return { kind: 'waits-for-concurrency-group', attempt }
    case 'request':
      return { kind: 'waits-for-github-queue', attempt }
    case 'approval':
    case null:
      return status === 'in_progress' || status === 'completed' ? null : { kind: 'waits-for-runner', attempt }
  }
}

/** Until GitHub has explained it, nothing follows: a person may have meant it. */
function deriveFromCancelledRun(run: RunFact, attempt: AttemptRef): DerivedFromRun {
  const { evidence, updatedAt: since, jobs } = run
  const explanation = explanationOf(run)
  if (explanation === null)
    return { status: 'queued', reason: { kind: 'asks-why-cancelled', attempt }, since, evidence }
  const reason = { kind: 'cancelled-on-github', attempt, explanation, hadJobs: jobs.length > 0 } as const
  return { status: OUTCOME_OF_EXPLANATION[explanation.kind], reason, since, evidence }
}

function jobInProgress({ jobs }: RunFact): Extract<AttemptReason, { kind: 'running' }>['job'] {
  const job = jobs.find(({ status }) => status === 'in_progress')
  if (job === undefined) return null
  const { name, step, stepsCompleted, stepsTotal } = job
  return { name, step, stepsCompleted, stepsTotal }
}
