// How a stage stands that Andon starts itself: as its live attempt does; else as the attempt made for what is wanted
// now, with the next one queued while attempts are left; else it is queued when it is its turn.
import { pipelineHoldAffectingStage } from '../holds/holds.ts'
import { isAdmitted } from '../model/attempt.ts'
import type { Evidence } from '../model/evidence.ts'
import type { Attempt, Pipeline, Stage, Trigger } from '../model/pipeline.ts'
import type { QueueCause, Reason } from '../model/reason.ts'
import { type Instant, latest } from '../model/time.ts'
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
import { attemptRefOf, deriveFromAttempt, nextAttemptRef } from './derive-from-attempt.ts'
import type { DerivedStage, StageContext } from './derived-stage.ts'
import { startAuthorization } from './start-requests.ts'
import { commandForTrigger, isDue, isForTrigger } from './triggers.ts'

/** How it stands, since when it wants a slot, and not before when. */
export type DerivedDispatchedStage = DerivedStage & Required<Pick<Stage, 'queuedAt' | 'retryAt'>>

/** How a stage stands that Andon starts; null: nothing is to be said of it. */
export function deriveDispatched(here: StageContext): DerivedDispatchedStage | null {
  const { pipeline, stage, trigger, before } = here
  const current = currentAttempt(stage)
  if (current !== null && isLiveAttempt(current)) {
    const derived = deriveFromAttempt(here, current)
    const hold = isUndispatched(current) ? pipelineHoldAffectingStage(pipeline, stage.name) : null
    if (hold === null) return notQueued(derived)
    const attempt = attemptRefOf(here, current)
    return notQueued({ ...derived, reason: { kind: 'held', hold, attempt, previous: null } })
  }
  const commanded = deriveFromCommand(here)
  if (commanded !== null) return notQueued(commanded)
  if (current !== null && isForTrigger(current, trigger)) return deriveAfterAttempt(here, current)
  if (trigger === null) return null
  const { at, from, evidence } = trigger
  const last = before.at(-1)
  if (isDue(pipeline, stage, trigger, before)) {
    const since = from === stage.name ? at : latest(at, last?.since ?? at)
    return deriveQueued(here, trigger, { since, evidence: last?.evidence ?? evidence, previous: null, until: null })
  }
  // It has been carried out for an earlier reason, and what comes before it must be done first.
  const reason = { kind: 'waits-for-stage', stage: from } as const
  return current === null ? null : notQueued({ status: 'idle', reason, since: at, evidence })
}

/** What a start that GitHub has not been heard about looks like; null once somebody may start. */
export function deriveUnauthorizedStart(pipeline: Pipeline): DerivedStage | null {
  const authorization = startAuthorization(pipeline)
  if (authorization.state !== 'pending' && authorization.state !== 'refused') return null
  const { login, at, evidence, permission } = authorization.request
  return authorization.state === 'refused'
    ? { status: 'idle', reason: { kind: 'lacks-permission', login }, since: permission?.at ?? at, evidence }
    : { status: 'queued', reason: { kind: 'asks-permission', login }, since: at, evidence }
}

/** A stage that is done waits for an approval if its gate asks for one. */
export function deriveGate({ stage, rule, trigger }: StageContext, derived: DerivedStage): DerivedStage {
  if (rule.gate === null || derived.status !== 'done') return derived
  const last = derived.reason
  const approval = commandForTrigger(stage, trigger, 'approve')
  return approval === null
    ? { ...derived, status: 'review', reason: { kind: 'waits-for-approval', last } }
    : { ...derived, reason: { kind: 'gate-approved', last, by: approval.by } }
}

/** What a person's word makes of a stage that nothing is live in. */
export function deriveFromCommand({ stage, trigger }: StageContext): DerivedStage | null {
  const skip = commandForTrigger(stage, trigger, 'skip')
  const command = skip ?? commandForTrigger(stage, trigger, 'cancel')
  if (command === null) return null
  const { by, at: since, evidence } = command
  return skip === null
    ? { status: 'cancelled', reason: { kind: 'cancelled-by', by }, since, evidence }
    : { status: 'skipped', reason: { kind: 'skipped-by', by }, since, evidence }
}

function deriveAfterAttempt(here: StageContext, current: Attempt): DerivedDispatchedStage {
  const outcome = outcomeOf(current)
  const derived = deriveFromAttempt(here, current)
  const last = derived.reason
  if (outcome === 'done') return notQueued(deriveGate(here, derived))
  if (outcome === 'cancelled') return notQueued({ ...derived, reason: { kind: 'attempt-cancelled', last } })
  if (outcome !== 'failed' || !isAdmitted(current)) return notQueued(derived)
  const { trigger, admittedAt, evidence } = current.control
  const tries = admittedAttempts(here.stage).filter(({ control }) => control.trigger.id === trigger.id).length
  if (tries >= here.rule.attempts) return notQueued({ ...derived, reason: { kind: 'attempts-used-up', last } })
  const since = attemptEndedAt(current) ?? admittedAt
  const until = retryAfter(since, tries, current.key)
  return deriveQueued(here, trigger, { since, evidence: derived.evidence ?? evidence, previous: last, until })
}

type QueueRequest = {
  readonly since: Instant
  readonly evidence: Evidence
  readonly previous: Reason | null
  readonly until: Instant | null
}

/** It is its turn: it waits for what still runs, for the moment of the next try, or for a slot. */
function deriveQueued(here: StageContext, trigger: Trigger, request: QueueRequest): DerivedDispatchedStage {
  const { since, evidence, previous, until } = request
  const cause = queueCauseOf(here, until)
  const reason = { ...cause, attempt: nextAttemptRef(here, trigger), previous }
  // What is held keeps its place: once resumed it is as long in the queue as it would have been.
  const queuedAt = cause.kind === 'waits-for-run' ? null : since
  return { status: 'queued', reason, since, evidence, queuedAt, retryAt: until }
}

function queueCauseOf({ pipeline, stage }: StageContext, until: Instant | null): QueueCause {
  const runId = leftoverRunId(stage)
  if (runId !== null) return { kind: 'waits-for-run', runId }
  const hold = pipelineHoldAffectingStage(pipeline, stage.name)
  if (hold !== null) return { kind: 'held', hold }
  const { denial } = pipeline
  if (denial !== undefined && denial.at >= (until ?? ''))
    return { kind: 'denied', denial: denial.reason, until: denial.until }
  return until === null ? { kind: 'waits-for-slot' } : { kind: 'waits-to-retry', until }
}

/** A run of this stage that goes on although its attempt was given up: nothing is started beside it. */
function leftoverRunId(stage: Stage): number | null {
  const leftover = stage.attempts.find(hasLiveRun)?.run?.id
  const duplicate = admittedAttempts(stage).flatMap(({ control }) => control.duplicateRuns.find(isLiveDuplicate) ?? [])
  return leftover ?? duplicate[0]?.runId ?? null
}

function notQueued(derived: DerivedStage): DerivedDispatchedStage {
  return { ...derived, queuedAt: null, retryAt: null }
}
