// The answer to a command in words: in replies, in the history and on the operator's terminal.
import { MAX_HOLD_DAYS } from '../commands/hold-end.ts'
import type { AnsweredCommand, CommandAnswer, StageSummary } from '../pipeline/model/command-result.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import { describeActor, describeHold, describePlace, describeWorkflowHold } from './hold-text.ts'
import { formatMinute } from './labels.ts'
import { describeReason } from './reason.ts'

/** `message` is plain text that may quote people; `suggestions` are commands to type instead, the likeliest first. */
export type CommandAnswerText = { readonly message: string; readonly suggestions: readonly string[] }

/** The result of a command in words. */
export function describeCommandAnswer({ outcome, answer }: AnsweredCommand): CommandAnswerText {
  switch (answer.kind) {
    case 'issue-removed':
      return says(`the issue was ${answer.why}`)
    case 'issue-closed':
      return says('the issue is closed: reopen it first')
    case 'done-before':
      return says('it is done already')
    case 'no-stages':
      return says('this line has no stages')
    case 'no-such-stage':
      return says('this line has no such stage')
    case 'nothing-halted':
      return says('nothing here has failed or was cancelled', '/andon retry STAGE')
    case 'nothing-active':
      return says('nothing runs or waits here', '/andon status')
    case 'nothing-to-approve':
      return says('nothing waits for an approval here', '/andon why')
    case 'issue-not-on-line':
      return says('this issue is not on the line', '/andon start')
    case 'pull-request-not-on-line':
      return says(
        'this pull request belongs to no issue on the line: write “fixes” and the number of one in its description, or comment on the issue',
      )
    case 'stages':
      return says(answer.stages.map(describeStage).join('; '))
    case 'started-before':
      return says(`it was started before; ${describeStage(answer.stage)}`)
    case 'live-already':
      return says(`${describeStage(answer.stage)}; no second run is started`)
    case 'no-gate-shut':
      return says(`${describeStage(answer.stage)}; no gate waits for an approval there`)
    case 'moved-on':
      return says(`${describeStage(answer.stage)}; it has moved on since that was shown`)
    case 'over': {
      const { name, status, reason } = answer.stage
      return says(`${name} has ended: ${describeReason(reason, name) || status}`)
    }
    case 'not-begun':
      return says(`${answer.stage} has not begun: there is nothing to cancel`)
    case 'not-started-by-andon':
      return says(`Andon does not start ${answer.stage}: ${describeWorkflowStart(answer.workflow)}`)
    case 'not-cancelled-by-andon':
      return says(`Andon did not start ${answer.stage} and cannot cancel it: ${describeWorkflowStart(answer.workflow)}`)
    case 'review-on-pull-request':
      return says(`no gate waits for an approval here; review pull request ${answer.number} itself`)
    case 'check-is-old': {
      const [old, current] = [answer.sha, answer.currentSha].map((sha) => sha.slice(0, 7))
      return says(`that check is on ${old}, and ${answer.stage} has moved on to ${current}`)
    }
    case 'held':
      return says(`${holdSentence(answer.hold)}${outcome === 'done' ? '; what runs goes on' : ''}`)
    case 'held-later':
      return says(`${holdSentence(answer.hold)}, which was written later`)
    case 'no-such-end':
      return says(
        answer.isPast
          ? `nothing is held: ${formatMinute(answer.until)} is over`
          : `nothing is held: a hold with an end lasts at most ${MAX_HOLD_DAYS} days`,
      )
    case 'resumed-since': {
      const { release } = answer
      return says(`${describePlace(release.place)} was resumed by ${describeActor(release)} after that was written`)
    }
    case 'not-held':
      return describeNotHeld(answer)
    case 'released':
      return says([describeReleased(answer), ...answer.queued.map(describeStage)].join('; '))
  }
}

type HoldAnswer = Extract<CommandAnswer, { kind: 'not-held' | 'released' }>

function describeNotHeld({ place, other, workflow }: HoldAnswer): CommandAnswerText {
  if (place.kind === 'everything') return says('there is no hold on everything')
  if (other === null && workflow !== undefined)
    return says(
      `${describePlace(place)} is not held by itself, but ${describeWorkflowHold(workflow)}`,
      '/andon resume repository',
    )
  if (other === null) return says(`${describePlace(place)} is not held`)
  return says(`${describePlace(place)} is not held by itself; ${holdSentence(other)}`, ...resumeCommandFor(other))
}

function describeReleased({ place, other }: HoldAnswer): string {
  if (place.kind === 'everything') return 'the hold on everything is over'
  return `${describePlace(place)} is no longer held${other === null ? '' : `, but ${holdSentence(other)}`}`
}

function says(message: string, ...suggestions: readonly string[]): CommandAnswerText {
  return { message, suggestions }
}

/** The stage's name and its reason, or else its status: `plan: attempt 2 of 3 waits for a slot`. */
function describeStage({ name, status, reason }: StageSummary): string {
  return reason === null ? `${name} is ${status}` : `${name}: ${describeReason(reason, name)}`
}

function describeWorkflowStart(workflow: string | null): string {
  return workflow === null ? 'it follows the pull request' : `${workflow} is started elsewhere`
}

function holdSentence(hold: Hold): string {
  return hold.place.kind === 'issue' ? `${describePlace(hold.place)} is ${describeHold(hold)}` : describeHold(hold)
}

function resumeCommandFor({ place }: Hold): readonly string[] {
  switch (place.kind) {
    case 'issue':
      return ['/andon resume']
    case 'stage':
      return [`/andon resume ${place.stage}`]
    case 'repository':
      return ['/andon resume repository']
    case 'everything':
      return []
  }
}
