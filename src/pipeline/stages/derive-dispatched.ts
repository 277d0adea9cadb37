// How a stage stands that Andon starts itself: as its live attempt does; else as the attempt made for what is wanted
// now, with the next one queued while attempts are left; else it is queued when it is its turn.
import type { StageConfig } from '../../line/line.ts'
import { describeHold, pipelineHoldAffectingStage } from '../holds/holds.ts'
import { isAdmitted } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Hold } from '../model/hold.ts'
import type { Attempt, Pipeline, Stage, Trigger } from '../model/pipeline.ts'
import { formatTimeOfDay, type Instant, latest } from '../model/time.ts'
import {
  admittedAttempts,
  attemptEndedAt,
  currentAttempt,
  hasLiveRun,
  isLiveAttempt,
  isLiveDuplicate,
  isUndispatched,
  outcomeOf,
} from './attempt-outcome.ts'
import { retryAfter } from './backoff.ts'
import { deriveFromAttempt, describeAttempt, describeNextAttempt } from './derive-from-attempt.ts'
import type { DerivedStage } from './derived-stage.ts'
import { startAuthorization } from './start-requests.ts'
import { commandForTrigger, isDue, isForTrigger, triggerOf } from './triggers.ts'

/** How it stands, since when it wants a slot, and not before when. */
export type DerivedDispatchedStage = DerivedStage & Required<Pick<Stage, 'queuedAt' | 'retryAt'>>

/** How a stage stands that Andon starts; `before` are the stages before it, settled. Null: nothing is to be said of it. */
export function deriveDispatched(
  pipeline: Pipeline,
  stage: Stage,
  rule: StageConfig,
  before: readonly Stage[],
): DerivedDispatchedStage | null {
  const trigger = triggerOf(pipeline, stage)
  const current = currentAttempt(stage)
  if (current !== null && isLiveAttempt(current)) {
    const standing = deriveFromAttempt(stage, rule, current)
    const hold = isUndispatched(current) ? pipelineHoldAffectingStage(pipeline, stage.name) : null
    return notQueued(hold === null ? standing : deriveHeld(standing, hold, describeAttempt(stage, rule, current)))
  }
  const ordered = deriveFromCommand(stage, trigger)
  if (ordered !== null) return notQueued(ordered)
  if (current !== null && isForTrigger(current, trigger)) return deriveAfterAttempt(pipeline, stage, rule, current)
  if (trigger === null) return null
  if (isDue(pipeline, stage, trigger, before)) {
    const since = trigger.from === stage.name ? trigger.at : latest(trigger.at, before.at(-1)?.since ?? trigger.at)
    return deriveQueued(pipeline, stage, rule, trigger, {
      since,
      evidence: before.at(-1)?.evidence ?? trigger.evidence,
      next: '',
      until: null,
    })
  }
  return current === null ? null : notQueued(waitsForEarlierStage(trigger))
}

/** What a start that GitHub has not been heard about looks like; null once somebody may start. */
export function deriveUnauthorizedStart(pipeline: Pipeline): DerivedStage | null {
  const leave = startAuthorization(pipeline)
  if (leave.state !== 'pending' && leave.state !== 'refused') return null
  const { login, at, evidence, permission } = leave.request
  if (leave.state === 'refused') {
    const reason = `@${login} may not start this: that takes permission to write`
    return { status: 'idle', reason, waiting: null, since: permission?.at ?? at, evidence }
  }
  const reason = `asks GitHub whether @${login} may start this`
  return { status: 'queued', reason, waiting: { for: `GitHub's word on @${login}`, until: null }, since: at, evidence }
}

/** A stage that is done waits for an approval if its gate asks for one. */
export function deriveGate(
  stage: Stage,
  rule: StageConfig,
  trigger: Trigger | null,
  standing: DerivedStage,
): DerivedStage {
  if (rule.gate === null || standing.status !== 'done') return standing
  const approval = commandForTrigger(stage, trigger, 'approve')
  if (approval !== null) return { ...standing, reason: `${standing.reason}, approved by @${approval.by}` }
  const reason = `${standing.reason}; waits for an approval: /andon approve`
  return { ...standing, status: 'review', reason, waiting: { for: 'an approval', until: null } }
}

/** What a person's word makes of a stage that nothing is live in. */
export function deriveFromCommand(stage: Stage, trigger: Trigger | null): DerivedStage | null {
  const skip = commandForTrigger(stage, trigger, 'skip')
  if (skip !== null) return commandedStage('skipped', `skipped by @${skip.by}`, skip)
  const cancel = commandForTrigger(stage, trigger, 'cancel')
  return (
    cancel && commandedStage('cancelled', `cancelled by @${cancel.by}; /andon retry ${stage.name} tries again`, cancel)
  )
}

function commandedStage(
  status: 'skipped' | 'cancelled',
  reason: string,
  { at, evidence }: { at: Instant; evidence: Evidence },
) {
  return { status, reason, waiting: null, since: at, evidence }
}

function deriveAfterAttempt(
  pipeline: Pipeline,
  stage: Stage,
  rule: StageConfig,
  current: Attempt,
): DerivedDispatchedStage {
  const outcome = outcomeOf(current)
  const standing = deriveFromAttempt(stage, rule, current)
  if (outcome === 'done') return notQueued(deriveGate(stage, rule, triggerOf(pipeline, stage), standing))
  if (outcome === 'cancelled') {
    return notQueued({ ...standing, reason: `${standing.reason}; /andon retry ${stage.name} tries again` })
  }
  if (outcome !== 'failed' || !isAdmitted(current)) return notQueued(standing)
  const tries = admittedAttempts(stage).filter(
    ({ control }) => control.trigger.id === current.control.trigger.id,
  ).length
  if (tries >= rule.attempts) {
    return notQueued({ ...standing, reason: `${standing.reason}; a person is needed: /andon retry ${stage.name}` })
  }
  const since = attemptEndedAt(current) ?? current.control.admittedAt
  const until = retryAfter(since, tries, current.key)
  return deriveQueued(pipeline, stage, rule, current.control.trigger, {
    since,
    evidence: standing.evidence ?? current.control.evidence,
    next: ` (${standing.reason})`,
    until,
  })
}

type QueueRequest = {
  readonly since: Instant
  readonly evidence: Evidence
  readonly next: string
  readonly until: Instant | null
}

/** It is its turn: it waits for what still runs, for the moment of the next try, or for a slot. */
function deriveQueued(
  pipeline: Pipeline,
  stage: Stage,
  rule: StageConfig,
  trigger: Trigger,
  { since, evidence, next, until }: QueueRequest,
): DerivedDispatchedStage {
  const attempt = describeNextAttempt(stage, rule, trigger)
  const told = { status: 'queued', since, evidence, queuedAt: since, retryAt: until } as const
  const runId = leftoverRunId(stage)
  if (runId !== null) {
    const awaited = `run ${runId} to be over`
    return {
      ...told,
      reason: `${attempt} waits for ${awaited}`,
      waiting: { for: awaited, until: null },
      queuedAt: null,
    }
  }
  const hold = pipelineHoldAffectingStage(pipeline, stage.name)
  if (hold !== null) {
    // It keeps its place: once resumed it is as long in the queue as it would have been.
    return { ...deriveHeld(told, hold, `${attempt}${next}`), queuedAt: since, retryAt: until }
  }
  const { denial } = pipeline
  if (denial !== undefined && denial.at >= (until ?? '')) {
    const reason = `waiting: ${denial.message}; then ${attempt}${next}`
    return { ...told, reason, waiting: { for: 'a slot', until: denial.until } }
  }
  if (until !== null) {
    const reason = `${attempt}, again at ${formatTimeOfDay(until)}${next}`
    return { ...told, reason, waiting: { for: attempt, until } }
  }
  return { ...told, reason: `${attempt} waits for a slot`, waiting: { for: 'a slot', until: null } }
}

function deriveHeld(
  standing: Pick<DerivedStage, 'status' | 'since' | 'evidence'>,
  hold: Hold,
  next: string,
): DerivedStage {
  const { status, since, evidence } = standing
  const waiting = { for: 'somebody to resume it', until: null }
  return { status, reason: `${describeHold(hold)}; then ${next}`, waiting, since, evidence }
}

/** A run of this stage that goes on although its attempt was given up: nothing is started beside it. */
function leftoverRunId(stage: Stage): number | null {
  const stray = stage.attempts.find(hasLiveRun)?.run?.id
  const twin = admittedAttempts(stage).flatMap(({ control }) => control.duplicateRuns.filter(isLiveDuplicate))[0]?.runId
  return stray ?? twin ?? null
}

/** It has been carried out for an earlier reason, and what comes before it must be done first. */
function waitsForEarlierStage({ at, from, evidence }: Trigger): DerivedStage {
  return { status: 'idle', reason: `again after ${from}`, waiting: null, since: at, evidence }
}

function notQueued(standing: DerivedStage): DerivedDispatchedStage {
  return { ...standing, queuedAt: null, retryAt: null }
}
