// A stage that Andon starts follows its live attempt; else the attempt made for its trigger, with the next one queued
// while attempts are left; else it is queued when it is due.
import { pipelineHoldAffectingStage } from '../holds/holds.ts'
import { isAdmitted } from '../model/attempt.ts'
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
} from './attempts.ts'
import {
  attemptRefOf,
  type DerivedStage,
  deriveFromAttempt,
  nextAttemptRef,
  type StageContext,
} from './derive-from-attempt.ts'
import { startAuthorization } from './pipeline-start.ts'
import { commandForTrigger, isDue, isForTrigger } from './triggers.ts'

/** A stage that Andon starts, and since when it wants a slot; null when it was never asked for. */
export function deriveDispatched(context: StageContext): DerivedStage | null {
  const derived = deriveByAttempts(context)
  return derived && { queuedAt: null, retryAt: null, ...derived }
}

/** What a start looks like that GitHub has not authorized; null once it has. */
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

/** A stage without a live attempt that a person skipped or cancelled. */
export function deriveFromCommand({ stage, trigger }: StageContext): DerivedStage | null {
  const skip = commandForTrigger(stage, trigger, 'skip')
  const command = skip ?? commandForTrigger(stage, trigger, 'cancel')
  if (command === null) return null
  const { by, at: since, evidence } = command
  return skip === null
    ? { status: 'cancelled', reason: { kind: 'cancelled-by', by }, since, evidence }
    : { status: 'skipped', reason: { kind: 'skipped-by', by }, since, evidence }
}

function deriveByAttempts(context: StageContext): DerivedStage | null {
  const { pipeline, stage, trigger, before } = context
  const current = currentAttempt(stage)
  if (current !== null && isLiveAttempt(current)) {
    const derived = deriveFromAttempt(context, current)
    const hold = isUndispatched(current) ? pipelineHoldAffectingStage(pipeline, stage.name) : null
    if (hold === null) return derived
    return { ...derived, reason: { kind: 'held', hold, attempt: attemptRefOf(context, current), previous: null } }
  }
  const commanded = deriveFromCommand(context)
  if (commanded !== null) return commanded
  if (current !== null && isForTrigger(current, trigger)) return deriveAfterAttempt(context, current)
  if (trigger === null) return null
  const { at, from } = trigger
  const last = before.at(-1)
  if (isDue(pipeline, stage, trigger, before)) {
    const since = from === stage.name ? at : latest(at, last?.since ?? at)
    return deriveQueued(context, trigger, { since, evidence: last?.evidence ?? trigger.evidence }, null, null)
  }
  // It ran for an earlier trigger, and the stages before it must be done first.
  const reason = { kind: 'waits-for-stage', stage: from } as const
  return current === null ? null : { status: 'idle', reason, since: at, evidence: trigger.evidence }
}

function deriveAfterAttempt(context: StageContext, attempt: Attempt): DerivedStage {
  const outcome = outcomeOf(attempt)
  const derived = deriveFromAttempt(context, attempt)
  const last = derived.reason
  if (outcome === 'done') return deriveGate(context, derived)
  if (outcome === 'cancelled') return { ...derived, reason: { kind: 'attempt-cancelled', last } }
  if (outcome !== 'failed' || !isAdmitted(attempt)) return derived
  const { trigger, admittedAt, evidence } = attempt.control
  const tries = admittedAttempts(context.stage).filter(({ control }) => control.trigger.id === trigger.id).length
  if (tries >= context.rule.attempts) return { ...derived, reason: { kind: 'attempts-used-up', last } }
  const since = attemptEndedAt(attempt) ?? admittedAt
  const retryAt = retryAfter(since, tries, attempt.key)
  return deriveQueued(context, trigger, { since, evidence: derived.evidence ?? evidence }, last, retryAt)
}

/** It is due: it waits for a run that goes on, for the time of its retry, or for a slot. */
function deriveQueued(
  context: StageContext,
  trigger: Trigger,
  queued: { readonly since: Instant } & Pick<DerivedStage, 'evidence'>,
  previous: Reason | null,
  retryAt: Instant | null,
): DerivedStage {
  const cause = queueCauseOf(context, retryAt)
  const reason = { ...cause, attempt: nextAttemptRef(context, trigger), previous }
  // A held stage keeps its place in the queue: once resumed it has waited as long as it would have.
  return {
    status: 'queued',
    reason,
    ...queued,
    queuedAt: cause.kind === 'waits-for-run' ? null : queued.since,
    retryAt,
  }
}

function queueCauseOf({ pipeline, stage }: StageContext, retryAt: Instant | null): QueueCause {
  const runId = leftoverRunId(stage)
  if (runId !== null) return { kind: 'waits-for-run', runId }
  const hold = pipelineHoldAffectingStage(pipeline, stage.name)
  if (hold !== null) return { kind: 'held', hold }
  const { denial } = pipeline
  if (denial !== undefined && denial.at >= (retryAt ?? ''))
    return { kind: 'denied', denial: denial.reason, until: denial.until }
  return retryAt === null ? { kind: 'waits-for-slot' } : { kind: 'waits-to-retry', until: retryAt }
}

/** A run of this stage that goes on although its attempt was given up: no attempt starts beside it. */
function leftoverRunId(stage: Stage): number | null {
  const leftover = stage.attempts.find(hasLiveRun)?.run?.id
  const duplicate = admittedAttempts(stage).flatMap(({ control }) => control.duplicateRuns.find(isLiveDuplicate) ?? [])
  return leftover ?? duplicate[0]?.runId ?? null
}

const FIRST_RETRY_MS = 30_000
const MAX_RETRY_MS = 15 * 60_000

/**
 * When the next attempt may start after that many failures in a row: `min(30 s · 2ⁿ, 15 min)`, less up to a quarter, so
 * that stages that failed together do not come back together. The same key always waits equally long.
 */
function retryAfter(failedAt: Instant, failures: number, key: string): Instant {
  const full = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS)
  const wait = full * (1 - jitterOf(key) / 4)
  // Whole seconds, so that the time shown is the time meant.
  return new Date(Math.ceil((Date.parse(failedAt) + wait) / 1000) * 1000).toISOString()
}

/** A number in [0, 1) that depends on the text alone (FNV-1a). */
function jitterOf(text: string): number {
  let hash = 0x811c9dc5
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash / 2 ** 32
}
