// Why a command cannot be done to a stage as it stands; null when it can. The stages are settled.

import { pullRequestOf } from '../facts/current-pull-request.ts'
import { isOwn } from '../model/attempt.ts'
import { already, impossible, type Said, standing } from '../model/command-result.ts'
import { dispatches } from '../model/line-rules.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import { currentAttempt, isLiveAttempt } from '../stages/attempt-outcome.ts'
import { callOf, orderAbout } from '../stages/triggers.ts'

/** Carrying it out anew: never beside an attempt that is live, unless nobody can say whether that has a run at all. */
export function unfitToBegin(pipeline: Pipeline, stage: Stage): Said | null {
  if (isUnderWay(stage)) return already(`${standing(stage)}; nothing is started beside it`)
  if (!isOurs(pipeline, stage)) return impossible(`Andon does not start ${stage.name}: ${whoElse(pipeline, stage)}`)
  return stage.queuedAt != null && stage.againAt == null ? already(standing(stage)) : null
}

/** Cancelling it, with whatever runs for it. */
export function unfitToCancel(pipeline: Pipeline, stage: Stage): Said | null {
  const { name, status } = stage
  if (status === 'cancelled') return already(standing(stage))
  if (status === 'idle') return impossible(`${name} has not begun: there is nothing to cancel`)
  if (status === 'done' || status === 'skipped') return impossible(`${name} is over: ${stage.reason || status}`)
  const current = currentAttempt(stage)
  if (current?.ours?.cancel?.why === 'order' && !isLost(current)) return already(standing(stage))
  const isLive = stage.attempts.some((attempt) => isOwn(attempt) && isLiveAttempt(attempt))
  if (isOurs(pipeline, stage) || isLive) return null
  return impossible(`Andon did not start ${name} and cannot cancel it: ${whoElse(pipeline, stage)}`)
}

/** Leaving it out. */
export function unfitToSkip(_: Pipeline, stage: Stage): Said | null {
  return stage.status === 'done' || stage.status === 'skipped' ? already(standing(stage)) : null
}

/** Why no gate can be opened. */
export function unfitToApprove(pipeline: Pipeline): Said {
  const approved = pipeline.stages.findLast((stage) => orderAbout(stage, callOf(pipeline, stage), 'approve') !== null)
  if (approved !== undefined) return already(standing(approved))
  const pullRequest = pullRequestOf(pipeline)
  if (pullRequest?.state === 'open' && pipeline.stages.some(({ status }) => status === 'review')) {
    return impossible(`no gate is shut here; a review is given on pull request ${pullRequest.number} itself`)
  }
  return impossible('nothing waits for an approval here', ['/andon why'])
}

/** Is it for a person to say what became of it? */
export function isLost(attempt: Attempt | null): boolean {
  return attempt?.ours?.runId === null && attempt.ours.dispatch?.needsPerson === true && isLiveAttempt(attempt)
}

/** Does Andon carry it out? */
export function isOurs({ line }: Pipeline, { name }: Pick<Stage, 'name'>): boolean {
  return line.stages.some((rule) => rule.name === name && dispatches(rule))
}

function whoElse({ line }: Pipeline, { name }: Stage): string {
  const workflow = line.stages.find((rule) => rule.name === name)?.workflow ?? null
  return workflow === null ? 'it follows the pull request' : `somebody else starts ${workflow}`
}

/** Is an attempt at it going on, as far as anybody knows? */
function isUnderWay(stage: Stage): boolean {
  return stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isLost(attempt))
}
