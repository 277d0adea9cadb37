// Why an attempt got no slot, was not sent, or ended without a run, in words.
import type { ClosedReason, DenialReason, DispatchReason } from '../pipeline/model/reason.ts'
import { describeHold } from './hold-text.ts'

/** Why no slot was given: `4 of 4 running`. */
export function describeDenial(reason: DenialReason): string {
  switch (reason.kind) {
    case 'repository-removed':
      return 'Andon no longer reaches the repository'
    case 'installation-suspended':
      return 'the installation is suspended'
    case 'default-branch-unknown':
      return 'the default branch is not known yet'
    case 'held':
      return describeHold(reason.hold)
    case 'starts-per-day':
      return `${reason.count} of ${reason.limit} begun today`
    case 'running':
      return `${reason.count} of ${reason.limit} running`
  }
}

/** Why sending an attempt waits, is in doubt or has ended. */
export function describeDispatch(reason: DispatchReason): string {
  switch (reason.kind) {
    case 'held':
      return describeHold(reason.hold)
    case 'rate-limited':
      return 'GitHub asks for patience: a rate limit is reached'
    case 'write-budget-spent':
      return 'what GitHub lets Andon write at present is spent'
    case 'sent-again':
      return 'GitHub shows no run of it, so it is sent once more'
    case 'github-unavailable':
      return `GitHub could not be asked: ${reason.words}`
    case 'run-not-named':
      return `GitHub accepted it and did not say which run it began; ${LOOKED_FOR}`
    case 'answer-lost':
      return `GitHub did not say whether it started: ${reason.words}; ${LOOKED_FOR}`
    case 'sender-ended':
      return `the process that sent it ended before GitHub had answered; ${LOOKED_FOR}`
    case 'runs-hidden':
      return `GitHub does not show the runs of it: ${reason.words}`
    case 'key-not-echoed':
      return unknowable(`the run-name of ${reason.workflow} does not say the attempt key`)
    case 'workflow-missing':
      return unknowable(`${reason.workflow} is not on the default branch`)
    case 'refused':
      return `GitHub refused to start ${reason.workflow}: ${reason.words}`
    case 'tries-used-up':
      return `GitHub did not start it in ${reason.tries} tries`
    case 'given-up':
      return 'it was given up before it was sent'
  }
}

/** How an attempt ended that no run concluded; follows the attempt's name. */
export function describeClosed(closed: ClosedReason): string {
  switch (closed.kind) {
    case 'refused':
      return `was refused: ${describeDispatch(closed.refusal)}`
    case 'gone':
      return 'has no run any more, says GitHub'
    case 'abandoned':
      return 'would not be cancelled and is left alone'
    case 'cancelled':
      if (closed.by !== null) return `was called off by @${closed.by}`
      return closed.run === 'never-seen' ? 'was called off; no run of it was seen' : 'was called off before it was sent'
  }
}

const LOOKED_FOR = 'its run is looked for'

function unknowable(why: string): string {
  return `nobody can tell whether GitHub started it, because ${why}; it is not sent again before a person has looked`
}
