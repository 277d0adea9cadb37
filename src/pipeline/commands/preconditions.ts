// Why a command cannot be done to a stage as it stands; null when it can. The stages are settled.

import { currentPullRequest } from '../facts/current-pull-request.ts'
import { isAdmitted } from '../model/attempt.ts'
import { already, type CommandResult, notPossible, stageSummary, summaryOf } from '../model/command-result.ts'
import { isDispatched } from '../model/line-rules.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import { currentAttempt, isLiveAttempt } from '../stages/attempt-outcome.ts'
import { commandForTrigger, triggerOf } from '../stages/triggers.ts'

/** Carrying it out anew: never beside an attempt that is live, unless nobody can say whether that has a run at all. */
export function whyNotRerun(pipeline: Pipeline, stage: Stage): CommandResult | null {
  if (hasLiveAttempt(stage)) return already({ kind: 'live-already', stage: stageSummary(stage) })
  if (!isDispatchedByAndon(pipeline, stage))
    return notPossible({ kind: 'not-started-by-andon', stage: stage.name, workflow: workflowOf(pipeline, stage) })
  return stage.queuedAt != null && stage.retryAt == null ? already(summaryOf([stage])) : null
}

/** Cancelling it, with whatever runs for it. */
export function whyNotCancel(pipeline: Pipeline, stage: Stage): CommandResult | null {
  const { name, status } = stage
  if (status === 'cancelled') return already(summaryOf([stage]))
  if (status === 'idle') return notPossible({ kind: 'not-begun', stage: name })
  if (status === 'done' || status === 'skipped') return notPossible({ kind: 'over', stage: stageSummary(stage) })
  const current = currentAttempt(stage)
  if (current?.control?.cancel?.reason === 'command' && !isLostAttempt(current)) return already(summaryOf([stage]))
  const isLive = stage.attempts.some((attempt) => isAdmitted(attempt) && isLiveAttempt(attempt))
  if (isDispatchedByAndon(pipeline, stage) || isLive) return null
  return notPossible({ kind: 'not-cancelled-by-andon', stage: name, workflow: workflowOf(pipeline, stage) })
}

/** Leaving it out. */
export function whyNotSkip(_: Pipeline, stage: Stage): CommandResult | null {
  return stage.status === 'done' || stage.status === 'skipped' ? already(summaryOf([stage])) : null
}

/** Why no gate can be opened. */
export function whyNotApprove(pipeline: Pipeline): CommandResult {
  const approved = pipeline.stages.findLast(
    (stage) => commandForTrigger(stage, triggerOf(pipeline, stage), 'approve') !== null,
  )
  if (approved !== undefined) return already(summaryOf([approved]))
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest?.state === 'open' && pipeline.stages.some(({ status }) => status === 'review')) {
    return notPossible({ kind: 'review-on-pull-request', number: pullRequest.number })
  }
  return notPossible({ kind: 'nothing-to-approve' })
}

/** Is it for a person to say what became of it? */
export function isLostAttempt(attempt: Attempt | null): boolean {
  return attempt?.control?.runId === null && attempt.control.dispatch?.needsPerson === true && isLiveAttempt(attempt)
}

/** Does Andon carry it out? */
export function isDispatchedByAndon({ line }: Pipeline, { name }: Pick<Stage, 'name'>): boolean {
  return line.stages.some((rule) => rule.name === name && isDispatched(rule))
}

function workflowOf({ line }: Pipeline, { name }: Stage): string | null {
  return line.stages.find((rule) => rule.name === name)?.workflow ?? null
}

/** Is an attempt at it going on, as far as anybody knows? */
function hasLiveAttempt(stage: Stage): boolean {
  return stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isLostAttempt(attempt))
}
