// A stage's reason in words, and what the stage waits for. Plain text, which may quote people.
import type { Hold } from '../pipeline/model/hold.ts'
import { type AttemptRef, isCancelledByPerson, type Reason } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { describeAttempt, explainAttempt } from './attempt-reason.ts'
import { describeDenial } from './dispatch-reason.ts'
import { type Explanation, says, type Wait, waits, waitsFor } from './explanation.ts'
import { describeHold } from './hold-text.ts'
import { formatTime } from './labels.ts'

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

/** Who or what ends the hold, and when. */
function waitForHold({ until }: Hold): readonly [string, Instant | null] {
  return until === undefined ? ['a person to resume it', null] : ['the end of the hold', until]
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

const PULL_REQUEST_TEXT = { merged: 'merged', closed: 'closed without merging', draft: 'is a draft' } as const
