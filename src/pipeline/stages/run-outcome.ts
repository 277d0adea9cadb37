// The run of an attempt: whether it is over, how it ended, and how GitHub explains that.
import type { CancelExplanation, Conclusion, JobFact, RunFact } from '../model/facts.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'

/** `unexplained`: GitHub cancelled the run, or failed it before its job began, and has not said why. */
export type AttemptOutcome = 'live' | 'done' | 'skipped' | 'failed' | 'cancelled' | 'unexplained'

/** Is the run over for good? GitHub calls a run that waits for approval completed; once approved it goes on. */
export function isCompletedRun({ status, conclusion }: RunFact): boolean {
  return status === 'completed' && conclusion !== 'action_required'
}

/** Where nothing that Andon did to the run decides. */
export function outcomeOfRun(run: RunFact): AttemptOutcome {
  const conclusion = run.conclusion ?? 'stale'
  if (conclusion !== 'cancelled' && !hasFailedBeforeItsJob(run)) return OUTCOME_OF_CONCLUSION[conclusion]
  const explanation = explanationOf(run)
  if (explanation === null) return 'unexplained'
  if (conclusion === 'cancelled') return OUTCOME_OF_EXPLANATION[explanation.kind]
  return explanation.kind === 'deployment-rejected' ? 'cancelled' : 'failed'
}

/** A job that fails without a step was never begun: reviewers may have rejected it, and trying again would ask them again. */
export function hasFailedBeforeItsJob({ conclusion, jobs }: RunFact): boolean {
  return conclusion === 'failure' && jobs.some((job) => job.conclusion === 'failure' && job.stepsTotal === 0)
}

/** The job that failed; null when none is known. */
export function failedJobOf({ jobs }: RunFact): JobFact | null {
  return jobs.find(({ conclusion }) => conclusion !== null && FAILURES.includes(conclusion)) ?? null
}

const FAILURES: readonly Conclusion[] = ['failure', 'timed_out', 'startup_failure', 'stale']

const EXPLAIN_WITHIN_SECONDS = 60

/**
 * Why GitHub cancelled the run, or failed it before its job began. Annotations may come late, so that GitHub has not
 * explained it only after a minute.
 */
export function explanationOf({ cancellation }: RunFact): CancelExplanation | null {
  if (cancellation?.kind === 'unexplained' && cancellation.until < explainedBy(cancellation.since)) return null
  return cancellation ?? null
}

/** By when GitHub should have explained what it did not explain at first. */
export function explainedBy(since: Instant): Instant {
  return secondsAfter(since, EXPLAIN_WITHIN_SECONDS)
}

/** When GitHub last changed anything about the run. */
export function runAliveAt({ jobs, updatedAt }: RunFact): Instant {
  return jobs.map(({ at }) => at).reduce(latest, updatedAt)
}

export const OUTCOME_OF_CONCLUSION = {
  success: 'done',
  neutral: 'done',
  skipped: 'skipped',
  failure: 'failed',
  timed_out: 'failed',
  startup_failure: 'failed',
  stale: 'failed',
  action_required: 'live',
} as const satisfies Record<Exclude<Conclusion, 'cancelled'>, AttemptOutcome>

/** GitHub cancels runs for many reasons: only a person's wish or veto stands, and everything else is a failed attempt. */
export const OUTCOME_OF_EXPLANATION = {
  person: 'cancelled',
  bot: 'failed',
  replaced: 'failed',
  deadlock: 'failed',
  'job-time-limit': 'failed',
  'runner-lost': 'failed',
  'no-runner': 'failed',
  'deployment-rejected': 'cancelled',
  unexplained: 'failed',
} as const satisfies Record<CancelExplanation['kind'], AttemptOutcome>
