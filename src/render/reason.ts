// A stage's reason in words, and what the stage waits for. Plain text, which may quote people.
import type { Conclusion } from '../pipeline/model/facts.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import {
  type AttemptReason,
  type AttemptRef,
  type CancellationCause,
  isCancelledByPerson,
  type Reason,
} from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { describeClosed, describeDenial, describeDispatch } from './dispatch-reason.ts'
import { describeEnvironments, describeEnvironmentWait, describeExplanation } from './github-reason.ts'
import { describeHold } from './hold-text.ts'
import { formatTime } from './labels.ts'

/** What a stage waits for, and until when if that is known. */
export type Wait = { readonly for: string; readonly until: Instant | null }

/** The reason in words, for the stage of that name; empty without a reason. */
export function describeReason(reason: Reason | null, stage: string): string {
  return reason === null ? '' : explain(reason, stage).text
}

/** What the stage waits for; null when it waits for nothing. */
export function waitOf(reason: Reason | null): Wait | null {
  return reason === null ? null : explain(reason, '').wait
}

/** The end of a wait, unless the words for the reason already name it: only those for a denial do not. */
export function unmentionedWaitEnd(reason: Reason | null): Instant | null {
  return reason?.kind === 'denied' ? reason.until : null
}

type Explanation = { readonly text: string; readonly wait: Wait | null }

function explain(reason: Reason, stage: string): Explanation {
  switch (reason.kind) {
    case 'waits-for-run':
      return waitsFor(`run ${reason.runId} to end`, describeAttempt(reason.attempt))
    case 'held':
      return waits(`${describeHold(reason.hold)}; then ${describeNext(reason, stage)}`, ...waitForHold(reason.hold))
    case 'denied': {
      const { denial } = reason
      const text = `waiting: ${describeDenial(denial)}; then ${describeNext(reason, stage)}`
      if (denial.kind === 'held-by-andon') return waits(text, 'its workflow to work again', denial.hold.until)
      return denial.kind === 'held' ? waits(text, ...waitForHold(denial.hold)) : waits(text, 'a slot', reason.until)
    }
    case 'waits-to-retry': {
      const attempt = describeAttempt(reason.attempt)
      const text = `${attempt} starts at ${formatTime(reason.until)}${inBrackets(reason.previous, stage)}`
      return waits(text, 'a pause before the retry', reason.until)
    }
    case 'waits-for-slot':
      return waitsFor('a slot', describeAttempt(reason.attempt))
    case 'attempts-used-up':
      return says(`${describeReason(reason.last, stage)}; a person is needed: /andon retry ${stage}`)
    case 'checks-workflow':
      return waits(`${describeReason(reason.last, stage)}; Andon looks again`, 'GitHub to know its workflow')
    case 'start-refused':
      return says(`${describeReason(reason.last, stage)}; then it starts by itself, or at /andon retry ${stage}`)
    case 'attempt-cancelled':
      return isCancelledByPerson(reason)
        ? says(`${describeReason(reason.last, stage)}; a person is needed: /andon retry ${stage}`)
        : says(`${describeReason(reason.last, stage)}; /andon retry ${stage} tries again`)
    case 'waits-for-approval':
      return waits(`${describeReason(reason.last, stage)}; waits for an approval: /andon approve`, 'an approval')
    case 'gate-approved':
      return says(`${describeReason(reason.last, stage)}, approved by @${reason.by}`)
    case 'cancelled-by':
      return says(`cancelled by @${reason.by}; /andon retry ${stage} tries again`)
    case 'skipped-by':
      return says(`skipped by @${reason.by}`)
    case 'asks-permission':
      return waits(`asks GitHub whether @${reason.login} may start this`, `GitHub's answer about @${reason.login}`)
    case 'lacks-permission':
      return says(
        reason.login.endsWith('[bot]')
          ? `@${reason.login} may not start this: a bot counts where andon.yml names it under bots`
          : `@${reason.login} may not start this: it needs write permission`,
      )
    case 'waits-for-start':
      return waitsFor(describeStart(reason.workflow))
    case 'asks-issue':
      return waits('asks GitHub about the issue, and for andon.yml', "GitHub's answer about the issue")
    case 'file-mistaken':
      return waitsFor('a version of andon.yml without mistakes')
    case 'stage-over':
      return says(`${stage} has ended; waits for ${describeStart(reason.workflow)}`)
    case 'waits-for-stage':
      return says(`runs again after ${reason.stage}`)
    case 'called-off-with-issue':
      return says(`called off: the issue ${reason.state === 'closed' ? 'is' : 'was'} ${reason.state}`)
    case 'asks-issue-state':
      return waits(
        'the issue was opened and closed within one second: GitHub is asked which came last',
        'GitHub’s answer about the issue',
      )
    case 'called-off-with-pull-request': {
      const how = reason.state === 'merged' ? 'is merged' : 'was closed without merging'
      return says(`called off: pull request #${reason.number} ${how}`)
    }
    case 'issue-removed':
      return says(`the issue was ${reason.why}`)
    case 'issue-closed':
      return says(`the issue was closed${describeStateReason(reason.stateReason)}`)
    case 'pull-request':
      return says(`pull request #${reason.number} ${PULL_REQUEST_TEXT[reason.state]}`)
    case 'waits-for-review':
      return waitsFor(reason.reviewer === null ? 'a review by a maintainer' : `another review by ${reason.reviewer}`)
    case 'review-approved':
      return says(`approved by ${reason.reviewer}`)
    case 'changes-requested': {
      const round = reason.round === null ? '' : `, round ${reason.round} of ${reason.rework}`
      return says(`changes requested by ${reason.reviewer}${round}`)
    }
    case 'rework-used-up': {
      const { reviewer, rework } = reason
      const used = rework === 0 ? 'no rework is allowed' : `${rework} of ${rework} rounds are used`
      return says(`changes requested by ${reviewer}; ${used}, a person is needed`)
    }
    default:
      return explainAttempt(reason)
  }
}

function explainAttempt(reason: AttemptReason): Explanation {
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

function says(text: string): Explanation {
  return { text, wait: null }
}

function waits(text: string, awaited: string, until: Instant | null = null): Explanation {
  return { text, wait: { for: awaited, until } }
}

/** Who or what ends the hold, and when. */
function waitForHold({ until }: Hold): readonly [string, Instant | null] {
  return until === undefined ? ['a person to resume it', null] : ['the end of the hold', until]
}

/** `attempt 2 of 3 waits for a slot`. */
function waitsFor(awaited: string, subject = ''): Explanation {
  return waits(`${subject} waits for ${awaited}`.trimStart(), awaited)
}

/** `attempt 2 of 3 (re-run 1)`. */
function describeAttempt({ number, limit, rerun }: AttemptRef): string {
  if (number === null) return 'a run that Andon did not start'
  return `attempt ${number}${limit === null ? '' : ` of ${limit}`}${rerun > 0 ? ` (re-run ${rerun})` : ''}`
}

function describeNext(
  { attempt, previous }: { readonly attempt: AttemptRef; readonly previous: Reason | null },
  stage: string,
): string {
  return `${describeAttempt(attempt)}${inBrackets(previous, stage)}`
}

function inBrackets(reason: Reason | null, stage: string): string {
  return reason === null ? '' : ` (${describeReason(reason, stage)})`
}

/** What a stage that has not begun waits for. */
function describeStart(workflow: string | null): string {
  return workflow === null ? 'a pull request' : `${workflow} to start a run`
}

function describeStateReason(stateReason: Extract<Reason, { kind: 'issue-closed' }>['stateReason']): string {
  return stateReason === null || stateReason === 'reopened' ? '' : ` as ${stateReason.replaceAll('_', ' ')}`
}

function describeJob(job: Extract<AttemptReason, { kind: 'running' }>['job']): string {
  if (job === null) return ' runs'
  const step = job.step === null ? '' : `, step "${job.step}"`
  const steps = job.stepsTotal === 0 ? '' : ` (${job.stepsCompleted} of ${job.stepsTotal})`
  return `, job ${job.name}${step}${steps}`
}

const PULL_REQUEST_TEXT = { merged: 'merged', closed: 'closed without merging', draft: 'is a draft' } as const

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
