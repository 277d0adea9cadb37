// The history in words.

import type { HistoryChange, ShownPullRequestSummary } from '../pipeline/model/command-result.ts'
import { describeCommandAnswer } from './command-result.ts'
import { describeActor, describeHold, describeHoldEnd, describePlace } from './hold-text.ts'
import { describeReason } from './reason.ts'

/** One entry of the history as plain text, which may quote people. */
export function describeChange(change: HistoryChange): string {
  switch (change.kind) {
    case 'started':
      return START_TEXT[change.by]
    case 'issue':
      return `the issue was ${change.state}`
    case 'pull-request':
      return `pull request #${change.number} is ${change.isLinked ? 'linked' : 'no longer linked'}`
    case 'pull-request-shown':
      return describeShownPullRequest(change.pullRequest)
    case 'held':
      return describeHold(change.hold)
    case 'released':
      return `${describePlace(change.release.place)} was resumed by ${describeActor(change.release)}`
    case 'hold-ended':
      return `${describePlace(change.hold.place)} is no longer held: ${describeHoldEnd(change.hold)}`
    case 'stage': {
      const { name, status, reason } = change.stage
      return `${name}: ${describeReason(reason, name) || status}`
    }
    case 'press': {
      const { verb, stage, result } = change
      const subject = stage === null ? verb : `${verb} of ${stage}`
      return `${subject} was pressed on the board: ${describeCommandAnswer(result).message}`
    }
    case 'button': {
      const { verb, stage, result } = change
      return `${verb} was pressed on the check of ${stage}: ${describeCommandAnswer(result).message}`
    }
  }
}

/** `#226 by @mallory, from a fork: shown, decides nothing` */
export function describeShownPullRequest({ number, author, isFork }: ShownPullRequestSummary): string {
  const by = author === null ? '' : ` by @${author}`
  return `#${number}${by}${isFork ? ', from a fork' : ''}: shown, decides nothing`
}

const START_TEXT = {
  label: 'taken up: the issue was labelled',
  command: 'taken up by a command',
  branch: "taken up: an agent's branch names the issue",
} as const satisfies Record<Extract<HistoryChange, { kind: 'started' }>['by'], string>
