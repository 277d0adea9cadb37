// The reason of a stage that follows an attempt, in words.
import type { Conclusion } from '../pipeline/model/facts.ts'
import type { AttemptReason, AttemptRef, CancellationCause } from '../pipeline/model/reason.ts'
import { describeClosed, describeDispatch } from './dispatch-reason.ts'
import { type Explanation, says, waits, waitsFor } from './explanation.ts'
import { describeEnvironments, describeEnvironmentWait, describeExplanation } from './github-reason.ts'
import { formatTime } from './labels.ts'

export function explainAttempt(reason: AttemptReason): Explanation {
  const attempt = describeAttempt(reason.attempt)
  switch (reason.kind) {
    case 'being-started':
      return waits(`${attempt} is being started`, 'GitHub to start it')
    case 'waits-for-runner':
      return waitsFor('a runner', attempt)
    case 'waits-for-github-approval':
      return waitsFor(`an approval on GitHub${describeEnvironments(' for ', reason.environments)}`, attempt)
    case 'waits-for-environment':
      return waitsFor(describeEnvironmentWait(reason.on), attempt)
    case 'waits-for-concurrency-group':
      return waitsFor('another run of its concurrency group on GitHub', attempt)
    case 'waits-for-github-queue':
      return waitsFor('GitHub to queue it', attempt)
    case 'waits-for-dispatch': {
      const when = reason.until === null ? '' : ` is sent at ${formatTime(reason.until)}`
      return waits(`${attempt}${when} (${describeDispatch(reason.dispatch)})`, 'GitHub to start it', reason.until)
    }
    case 'unconfirmed': {
      const words = `${attempt}: ${describeDispatch(reason.dispatch)}`
      return reason.needsPerson ? waits(`${words}; a person is needed`, 'a person') : waits(words, 'its run to appear')
    }
    case 'running':
      return says(`${attempt}${describeJob(reason.job)}`)
    case 'reports': {
      const progress = reason.progress === null ? null : `${reason.progress} %`
      return says(`${attempt} runs: ${[progress, reason.text].filter((part) => part !== null).join(', ')}`)
    }
    case 'cancelling': {
      const { next, cause } = reason
      if (next === null) return waits(`${attempt} is being cancelled: ${CANCELLATION_TEXT[cause]}`, 'its run to appear')
      const how = next.isForced ? ' by force' : ''
      const then = `${next.isForced ? 'abandoned after' : 'by force at'} ${formatTime(next.at)}`
      return waits(
        `${attempt} is being cancelled${how}: ${CANCELLATION_TEXT[cause]}; ${then}`,
        'its run to end',
        next.at,
      )
    }
    case 'concluded': {
      const job = reason.failedJob === null ? '' : `: job ${reason.failedJob}`
      return says(`${attempt} ${CONCLUSION_TEXT[reason.conclusion]}${job}`)
    }
    case 'cancelled':
      return says(`${attempt} was cancelled: ${CANCELLATION_TEXT[reason.cause]}`)
    case 'asks-why-cancelled':
      return waits(`${attempt} was cancelled on GitHub; asks GitHub why`, 'GitHub to say why')
    case 'asks-why-failed':
      return waits(`${attempt} failed before its job began; asks GitHub why`, 'GitHub to say why')
    case 'deployment-rejected':
      return says(`${attempt}: the deployment of job ${reason.job} was rejected, or its environment does not allow it`)
    case 'cancelled-on-github':
      return says(`${attempt} was cancelled on GitHub${describeExplanation(reason)}`)
    case 'closed':
      return says(`${attempt} ${describeClosed(reason.closed)}`)
  }
}

/** The same without naming the attempt: `failed: job build`. */
export function describeAttemptState(reason: AttemptReason): string {
  const subject = describeAttempt(reason.attempt)
  return explainAttempt(reason)
    .text.replace(subject, '')
    .replace(/^[,:]? /, '')
}

/** `attempt 2 of 3 (re-run 1)`. */
export function describeAttempt({ number, limit, rerun }: AttemptRef): string {
  if (number === null) return 'a run that Andon did not start'
  return `attempt ${number}${limit === null ? '' : ` of ${limit}`}${rerun > 0 ? ` (re-run ${rerun})` : ''}`
}

function describeJob(job: Extract<AttemptReason, { kind: 'running' }>['job']): string {
  if (job === null) return ' runs'
  const step = job.step === null ? '' : `, step "${job.step}"`
  const steps = job.stepsTotal === 0 ? '' : ` (${job.stepsCompleted} of ${job.stepsTotal})`
  return `, job ${job.name}${step}${steps}`
}

const CANCELLATION_TEXT = {
  silence: 'it fell silent',
  time_limit: 'it exceeded its time limit',
  never_started: 'no runner picked it up',
  command: 'a person asked for it',
  superseded: 'a newer attempt has begun',
} as const satisfies Record<CancellationCause, string>

const CONCLUSION_TEXT = {
  success: 'succeeded',
  neutral: 'ended neutral',
  skipped: 'was skipped',
  failure: 'failed',
  timed_out: 'timed out',
  startup_failure: 'could not start',
  stale: 'was marked stale by GitHub',
  action_required: 'waits for an approval on GitHub',
} as const satisfies Record<Exclude<Conclusion, 'cancelled'>, string>
