// In words: why an attempt got no slot, was not sent, or ended without a run.
import type { ClosedReason, DenialReason, DispatchReason } from '../pipeline/model/reason.ts'
import { describeHold } from './hold-text.ts'

/** Why an attempt got no slot: `4 of 4 running`. */
export function describeDenial(reason: DenialReason): string {
  switch (reason.kind) {
    case 'repository-removed':
      return 'Andon has no access to the repository any more'
    case 'installation-suspended':
      return 'the installation is suspended'
    case 'default-branch-unknown':
      return 'the default branch is not known yet'
    case 'held':
      return describeHold(reason.hold)
    case 'starts-per-day':
      return `${reason.count} of ${reason.limit} started today`
    case 'running':
      return `${reason.count} of ${reason.limit} running`
  }
}

/** Why a dispatch waits, is in doubt or was refused. */
export function describeDispatch(reason: DispatchReason): string {
  switch (reason.kind) {
    case 'held':
      return describeHold(reason.hold)
    case 'rate-limited':
      return "GitHub's rate limit is reached"
    case 'write-budget-spent':
      return 'the limit for writing to GitHub is reached'
    case 'sent-again':
      return 'GitHub shows no run for it, so it is sent once more'
    case 'github-unavailable':
      return `GitHub could not be reached: ${reason.words}`
    case 'run-not-named':
      return `GitHub accepted it without naming the run; ${SEARCHES_RUN}`
    case 'answer-lost':
      return `GitHub did not confirm the start: ${reason.words}; ${SEARCHES_RUN}`
    case 'sender-ended':
      return `the process that sent it ended before GitHub answered; ${SEARCHES_RUN}`
    case 'runs-hidden':
      return `GitHub does not list its runs: ${reason.words}`
    case 'key-not-echoed':
      return startUnknown(`the run-name of ${reason.workflow} does not contain the attempt key`)
    case 'workflow-missing':
      return startUnknown(`${reason.workflow} is not on the default branch`)
    case 'refused':
      return `GitHub refused to start ${reason.workflow}: ${reason.words}`
    case 'tries-used-up':
      return `GitHub did not start it in ${reason.tries} tries`
    case 'given-up':
      return 'it was given up before it was sent'
  }
}

/** How an attempt ended without a conclusion of its run; follows the attempt's name. */
export function describeClosed(closed: ClosedReason): string {
  switch (closed.kind) {
    case 'refused':
      return `was refused: ${describeDispatch(closed.refusal)}`
    case 'gone':
      return 'has no run on GitHub any more'
    case 'abandoned':
      return 'could not be cancelled and was abandoned'
    case 'cancelled':
      if (closed.by !== null) return `was called off by @${closed.by}`
      return closed.run === 'never-seen'
        ? 'was called off; its run was never found'
        : 'was called off before it was sent'
  }
}

const SEARCHES_RUN = 'Andon is looking for its run'

function startUnknown(why: string): string {
  return `Andon cannot tell whether GitHub started it, because ${why}; a person must check before it is sent again`
}
