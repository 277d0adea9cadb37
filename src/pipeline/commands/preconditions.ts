// Why a command cannot run on a stage, null when it can; and which buttons a check run therefore shows. A check run stays
// open in a browser while its pipeline moves on: its button counts only while it means what it said.
import type { Button } from '../../commands/button-command.ts'
import type { Command } from '../../commands/commands.ts'
import { isDispatched } from '../../line/stage-rules.ts'
import { currentPullRequest } from '../facts/correlate.ts'
import { pipelineHolds } from '../holds/holds.ts'
import { isAdmitted } from '../model/attempt.ts'
import {
  already,
  type CommandOutcome,
  type CommandResult,
  type HistoryEntry,
  notPossible,
  stageSummary,
  summaryOf,
} from '../model/command-result.ts'
import type { Event } from '../model/events.ts'
import type { CommandOrigin } from '../model/given-commands.ts'
import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import { isCancelledByPerson } from '../model/reason.ts'
import { currentAttempt, isLiveAttempt } from '../stages/attempts.ts'
import { commandFor, triggerOf } from '../stages/triggers.ts'
import { surfacesOf } from '../view/surfaces.ts'
import type { EventContext } from './authorized-commands.ts'

/** Why a stage cannot be rerun: an attempt is live (unless it is lost), or Andon does not start the stage. */
export function whyNotRerun({ line }: Pipeline, stage: Stage): CommandResult | null {
  const { name, queuedAt, retryAt } = stage
  const isLive = stage.attempts.some((attempt) => isLiveAttempt(attempt) && !isLostAttempt(attempt))
  if (isLive) return already({ kind: 'live-already', stage: stageSummary(stage) })
  if (!isDispatchedStage(line, name))
    return notPossible({ kind: 'not-started-by-andon', stage: name, workflow: workflowOf(line, name) })
  return queuedAt != null && retryAt == null ? already(summaryOf([stage])) : null
}

export function whyNotCancel({ line }: Pipeline, stage: Stage): CommandResult | null {
  const { name, status } = stage
  if (status === 'cancelled' && !isCancelledByPerson(stage.reason)) return already(summaryOf([stage]))
  if (status === 'idle') return notPossible({ kind: 'not-begun', stage: name })
  if (status === 'done' || status === 'skipped') return notPossible({ kind: 'over', stage: stageSummary(stage) })
  const current = currentAttempt(stage)
  if (current?.control?.cancel?.reason === 'command' && !isLostAttempt(current)) return already(summaryOf([stage]))
  const isLive = stage.attempts.some((attempt) => isAdmitted(attempt) && isLiveAttempt(attempt))
  if (isDispatchedStage(line, name) || isLive) return null
  return notPossible({ kind: 'not-cancelled-by-andon', stage: name, workflow: workflowOf(line, name) })
}

export function whyNotSkip(_: Pipeline, stage: Stage): CommandResult | null {
  return stage.status === 'done' || stage.status === 'skipped' ? already(summaryOf([stage])) : null
}

/** Why there is no gate to approve. */
export function whyNotApprove(pipeline: Pipeline): CommandResult {
  const approved = pipeline.stages.findLast(
    (stage) => commandFor(stage, triggerOf(pipeline, stage), 'approve') !== null,
  )
  if (approved !== undefined) return already(summaryOf([approved]))
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest?.state === 'open' && pipeline.stages.some(({ status }) => status === 'review')) {
    return notPossible({ kind: 'review-on-pull-request', number: pullRequest.number })
  }
  return notPossible({ kind: 'nothing-to-approve' })
}

/** Why a button no longer means what it said; null while it does, and for a typed command. */
export function whyStaleButton(pipeline: Pipeline, origin: CommandOrigin, { verb }: Command): CommandResult | null {
  // The cord means what it says at any time.
  if (origin.kind === 'comment' || verb === 'hold' || verb === 'resume') return null
  const { stage: name } = origin
  if (origin.kind === 'check') {
    const { sha } = origin
    const checks = surfacesOf(pipeline).filter((surface) => surface.kind === 'check' && surface.stage === name)
    const currentSha = checks[0]?.sha
    if (currentSha && checks.every((check) => check.sha !== sha)) {
      return notPossible({ kind: 'check-is-old', stage: origin.stage, sha, currentSha })
    }
  }
  const stage = pipeline.stages.find((stage) => stage.name === name)
  if (stage === undefined) return null
  if (verb === 'approve' && !isAtGate(pipeline, stage))
    return notPossible({ kind: 'no-gate-shut', stage: stageSummary(stage) })
  // Where a stage has ended well meanwhile, the same command typed anew would start it once more.
  const isPast = origin.kind === 'board' && verb === 'retry' && !controlsOf(pipeline, stage).includes('retry')
  return isPast ? (whyNotRerun(pipeline, stage) ?? notPossible({ kind: 'moved-on', stage: stageSummary(stage) })) : null
}

/** The buttons of a stage's check run that would do something now. GitHub takes three at most. */
export function buttonsOf(pipeline: Pipeline, stage: Stage): readonly Button[] {
  const hold = holdControlOf(pipeline)
  const isUnderWay = stage.status !== 'idle' && stage.status !== 'done' && stage.status !== 'skipped'
  const mayHold = hold !== null && isUnderWay && isDispatchedStage(pipeline.line, stage.name)
  return [...ordersFor(pipeline, stage), ...(mayHold ? [hold] : [])]
}

/** What a stage that waits for a person can be told. */
function ordersFor(pipeline: Pipeline, stage: Stage): readonly ('approve' | 'retry')[] {
  if (isOver(pipeline)) return []
  if (isAtGate(pipeline, stage)) return ['approve']
  const hasHalted = stage.status === 'failed' || stage.status === 'cancelled'
  return hasHalted && whyNotRerun(pipeline, stage) === null ? ['retry'] : []
}

/** What a page of the board offers at a stage. */
export type StageControl = 'approve' | 'retry' | 'cancel' | 'skip' | 'resume'

/** The controls that would do something now, the likeliest first. */
export function controlsOf(pipeline: Pipeline, stage: Stage): readonly StageControl[] {
  if (isOver(pipeline)) return []
  const { status } = stage
  const isWaiting = stage.retryAt != null || isLostAttempt(currentAttempt(stage))
  const orders = ordersFor(pipeline, stage)
  const mayRetry = orders.length === 0 && isWaiting && whyNotRerun(pipeline, stage) === null
  const isActive = status === 'running' || status === 'queued'
  const isHeld = pipelineHolds(pipeline).some(({ place }) => place.kind === 'stage' && place.stage === stage.name)
  return [
    ...orders,
    ...(mayRetry ? (['retry'] as const) : []),
    ...(isHeld ? (['resume'] as const) : []),
    ...(isActive && whyNotCancel(pipeline, stage) === null ? (['cancel'] as const) : []),
    ...(status !== 'idle' && whyNotSkip(pipeline, stage) === null ? (['skip'] as const) : []),
  ]
}

/** Whether the issue itself can be held or resumed; null when neither would mean anything. */
export function holdControlOf(pipeline: Pipeline): 'hold' | 'resume' | null {
  if (isOver(pipeline)) return null
  return pipelineHolds(pipeline).some(({ place }) => place.kind === 'issue') ? 'resume' : 'hold'
}

function isOver({ removed, issue }: Pipeline): boolean {
  return removed !== null || issue.state === 'closed'
}

/** A stage whose workflow has finished and that waits for an approval. */
export function isAtGate({ line }: Pipeline, { name, status }: Stage): boolean {
  const rule = line.stages.find((rule) => rule.name === name)
  return status === 'review' && rule !== undefined && rule.workflow !== null && rule.gate !== null
}

/** An attempt whose dispatch nobody can confirm: a person decides. */
export function isLostAttempt(attempt: Attempt | null): boolean {
  return attempt?.control?.runId === null && attempt.control.dispatch?.needsPerson === true && isLiveAttempt(attempt)
}

export function isDispatchedStage({ stages }: Pipeline['line'], name: string): boolean {
  return stages.some((rule) => rule.name === name && isDispatched(rule))
}

/** The history entries of pressed buttons, except those that their sender may not use. */
export function buttonEntries(
  { at, evidence }: Event,
  { commands }: EventContext,
  outcomes: readonly CommandOutcome[],
): readonly HistoryEntry[] {
  if (commands === null || commands.origin.kind === 'comment') return []
  const { origin, login: actor } = commands
  return outcomes.flatMap(({ command: { verb }, result }) => {
    if (verb === null || result === null || result.outcome === 'answered_in_reply') return []
    // A hold and its end are entries of their own.
    if ((verb === 'hold' || verb === 'resume') && result.outcome === 'done') return []
    const change =
      origin.kind === 'check'
        ? ({ kind: 'button', verb, stage: origin.stage, result } as const)
        : ({ kind: 'press', verb, stage: origin.stage, result } as const)
    return [{ at, type: `button.${result.outcome}`, actor, change, evidence }]
  })
}

function workflowOf({ stages }: Pipeline['line'], name: string): string | null {
  return stages.find((rule) => rule.name === name)?.workflow ?? null
}
