// Why a command cannot be done to a stage as it stands; null when it can. The stages are settled.

import { currentPullRequest } from '../facts/current-pull-request.ts'
import { isAdmitted } from '../model/attempt.ts'
import { already, type CommandResult, describeStage, notPossible } from '../model/command-result.ts'
import { isDispatched } from '../model/line-rules.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import { currentAttempt, isLiveAttempt } from '../stages/attempt-outcome.ts'
import { commandForTrigger, triggerOf } from '../stages/triggers.ts'

/** Carrying it out anew: never beside an attempt that is live, unless nobody can say whether that has a run at all. */
export function whyNotRerun(pipeline: Pipeline, stage: Stage): CommandResult | null {
  if (hasLiveAttempt(stage)) return already(`${describeStage(stage)}; nothing is started beside it`)
  if (!isDispatchedByAndon(pipeline, stage))
    return notPossible(`Andon does not start ${stage.name}: ${describeStarter(pipeline, stage)}`)
  return stage.queuedAt != null && stage.retryAt == null ? already(describeStage(stage)) : null
}

/** Cancelling it, with whatever runs for it. */
export function whyNotCancel(pipeline: Pipeline, stage: Stage): CommandResult | null {
  const { name, status } = stage
  if (status === 'cancelled') return already(describeStage(stage))
  if (status === 'idle') return notPossible(`${name} has not begun: there is nothing to cancel`)
  if (status === 'done' || status === 'skipped') return notPossible(`${name} is over: ${stage.reason || status}`)
  const current = currentAttempt(stage)
  if (current?.control?.cancel?.reason === 'command' && !isLostAttempt(current)) return already(describeStage(stage))
  const isLive = stage.attempts.some((attempt) => isAdmitted(attempt) && isLiveAttempt(attempt))
  if (isDispatchedByAndon(pipeline, stage) || isLive) return null
  return notPossible(`Andon did not start ${name} and cannot cancel it: ${describeStarter(pipeline, stage)}`)
}

/** Leaving it out. */
export function whyNotSkip(_: Pipeline, stage: Stage): CommandResult | null {
  return stage.status === 'done' || stage.status === 'skipped' ? already(describeStage(stage)) : null
}

/** Why no gate can be opened. */
export function whyNotApprove(pipeline: Pipeline): CommandResult {
  const approved = pipeline.stages.findLast(
    (stage) => commandForTrigger(stage, triggerOf(pipeline, stage), 'approve') !== null,
  )
  if (approved !== undefined) return already(describeStage(approved))
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest?.state === 'open' && pipeline.stages.some(({ status }) => status === 'review')) {
    return notPossible(`no gate is shut here; a review is given on pull request ${pullRequest.number} itself`)
  }
  return notPossible('nothing waits for an approval here', ['/andon why'])
}

/** Is it for a person to say what became of it? */
export function isLostAttempt(attempt: Attempt | null): boolean {
  return attempt?.control?.runId === null && attempt.control.dispatch?.needsPerson === true && isLiveAttempt(attempt)
}

/** Does Andon carry it out? */
export function isDispatchedByAndon({ line }: Pipeline, { name }: Pick<Stage, 'name'>): boolean {
  return line.stages.some((rule) => rule.name === name && isDispatched(rule))
}

function describeStarter({ line }: Pipeline, { name }: Stage): string {
  const workflow = line.stages.find((rule) => rule.name === name)?.workflow ?? null
  return workflow === null ? 'it follows the pull request' : `somebody else starts ${workflow}`
}

/** Is an attempt at it going on, as far as anybody knows? */
function hasLiveAttempt(stage: Stage): boolean {
  return stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isLostAttempt(attempt))
}
