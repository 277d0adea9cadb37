// A stage by its attempts. One that Andon starts follows its live attempt; else the attempt made for its trigger, with the next
// one queued while attempts are left; else it is queued when it is due. Where an attempt's run is known, the run decides, no
// matter who started it.
import type { StageConfig } from '../../line/line.ts'
import { pipelineHoldAffectingStage } from '../holds/holds.ts'
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type { Attempt, Pipeline, Stage, Trigger } from '../model/pipeline.ts'
import type { QueueCause, Reason } from '../model/reason.ts'
import { type Instant, latest } from '../model/time.ts'
import {
  admittedAttempts,
  attemptsForTrigger,
  countExcused,
  currentAttempt,
  hasLiveRun,
  isExcused,
  isLiveAttempt,
  isLiveDuplicate,
  isUndispatched,
  nextAttemptNumber,
  outcomeOf,
  retryAfter,
} from './attempts.ts'
import { attemptRefOf, deriveFromAttempt, limitedRef, UNTOUCHED } from './derive-from-attempt.ts'
import { deriveFromRun } from './derive-from-run.ts'
import { startAuthorization } from './pipeline-start.ts'
import { isSpent, isUnderCheck } from './refusals.ts'
import { commandFor, isDue, isForTrigger } from './triggers.ts'

/** The part of a stage that follows from the facts. */
export type DerivedStage = Pick<Stage, 'status' | 'reason' | 'since' | 'evidence' | 'queuedAt' | 'retryAt'>

/** A stage and what it is derived from; `before` are the stages before it, already derived. */
export type StageContext = {
  readonly pipeline: Pipeline
  readonly stage: Stage
  readonly rule: StageConfig
  readonly trigger: Trigger | null
  readonly before: readonly Stage[]
}

export function blankStage(name: Stage['name']): Stage {
  return { name, ...UNTOUCHED, attempts: [] }
}

/** A stage whose workflow Andon only observes; null while it has no run. */
export function deriveObservedWorkflow(stage: Stage): DerivedStage | null {
  const attempt = currentAttempt(stage)
  if (attempt === null || attempt.run === null) return null
  const { number, run } = attempt
  return deriveFromRun(run, { number, limit: null, rerun: run.runAttempt - 1 })
}

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
  const approval = commandFor(stage, trigger, 'approve')
  return approval === null
    ? { ...derived, status: 'review', reason: { kind: 'waits-for-approval', last } }
    : { ...derived, reason: { kind: 'gate-approved', last, by: approval.by } }
}

/** A stage without a live attempt that a person skipped or cancelled. */
export function deriveFromCommand({ stage, trigger }: StageContext): DerivedStage | null {
  const skip = commandFor(stage, trigger, 'skip')
  const command = skip ?? commandFor(stage, trigger, 'cancel')
  if (command === null) return null
  const { by, at: since, evidence } = command
  const status = skip === null ? 'cancelled' : 'skipped'
  return { status, reason: { kind: `${status}-by`, by }, since, evidence }
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
  if (!isSpent(attempt)) return deriveRefused(context, attempt, derived)
  const { trigger, admittedAt, evidence } = attempt.control
  const spent = attemptsForTrigger(context.stage, trigger.id).filter(isSpent)
  const tries = spent.length - countExcused(spent)
  if (tries >= context.rule.attempts) return { ...derived, reason: { kind: 'attempts-used-up', last } }
  const since = derived.since ?? admittedAt
  // An attempt that did not count waits for nothing but its workflow.
  const retryAt = isExcused(attempt) ? null : retryAfter(since, Math.max(1, tries), attempt.key)
  return deriveQueued(context, trigger, { since, evidence: derived.evidence ?? evidence }, last, retryAt)
}

/** GitHub refused to start it: the stage waits until that is found repaired, and then for a slot as before. */
function deriveRefused(context: StageContext, attempt: AdmittedAttempt, derived: DerivedStage): DerivedStage {
  const { trigger, lifted } = attempt.control
  const last = derived.reason
  if (lifted === undefined) {
    const isChecked = isUnderCheck(attempt)
    const kind = isChecked ? 'checks-workflow' : 'start-refused'
    return { ...derived, ...(isChecked && { status: 'queued' }), reason: { kind, last } }
  }
  const refused = attemptsForTrigger(context.stage, trigger.id).filter((other) => !isSpent(other)).length
  const retryAt = refused < 2 ? null : retryAfter(lifted.at, refused - 1, attempt.key)
  return deriveQueued(context, trigger, { since: lifted.at, evidence: lifted.evidence }, last, retryAt)
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
  const reason = { ...cause, attempt: limitedRef(context, nextAttemptNumber(context.stage), trigger, 0), previous }
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
