// One attempt at a stage: whether it is live, how and when it ended, and which of them its stage follows.
import { type AdmittedAttempt, isAdmitted } from '../model/attempt.ts'
import type {
  Attempt,
  AttemptControl,
  Cancellation,
  Closed,
  DuplicateRun,
  Pipeline,
  Reconciliation,
  Stage,
} from '../model/pipeline.ts'
import type { CancellationCause } from '../model/reason.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'
import { type AttemptOutcome, isCompletedRun, outcomeOfRun, runAliveAt } from './run-outcome.ts'

/** Attempts that Andon itself started. */
export function admittedAttempts({ attempts }: Stage): readonly AdmittedAttempt[] {
  return attempts.filter(isAdmitted)
}

/** Those of them that were made for that trigger. */
export function attemptsForTrigger(stage: Stage, triggerId: string): readonly AdmittedAttempt[] {
  return admittedAttempts(stage).filter(({ control }) => control.trigger.id === triggerId)
}

/** Attempts keep counting across triggers, so that a key never recurs. */
export function nextAttemptNumber(stage: Stage): number {
  return (admittedAttempts(stage).at(-1)?.number ?? 0) + 1
}

/** The conclusion of its run counts, even when it comes late. */
export function outcomeOf(attempt: Attempt): AttemptOutcome {
  const { run, control } = attempt
  const closing = closingOf(attempt)
  if (closing !== null) return closing.kind === 'cancelled' ? 'cancelled' : 'failed'
  if (run === null || !isCompletedRun(run)) return 'live'
  if (run.conclusion === 'cancelled' && control?.cancel) return OUTCOME_OF_CANCELLATION[control.cancel.reason]
  return outcomeOfRun(run)
}

/** Does its stage wait for GitHub to say why it cancelled or failed the run? */
export function isUnexplained(stage: Stage, attempt: Attempt): boolean {
  return outcomeOf(attempt) === 'unexplained' && attempt === currentAttempt(stage)
}

/** How Andon closed the attempt, where no run decides. A run that appears although its dispatch was refused is a run. */
export function closingOf({ run, control }: Attempt): Closed | null {
  const closed = control?.closed ?? null
  return run !== null && (isCompletedRun(run) || closed?.kind === 'refused') ? null : closed
}

/** The run it is bound to, which may be known before GitHub has sent anything about that run. */
export function runIdOf({ run, control }: Attempt): number | null {
  return control === undefined ? (run?.id ?? null) : control.runId
}

/** The page of its run, which the answer to its dispatch may have named before any delivery. */
export function runPageOf({ run, control }: Attempt): string | null {
  return run?.url ?? control?.dispatch?.url ?? null
}

/** Has it started, and is it not known to be over? */
export function isLiveAttempt(attempt: Attempt): boolean {
  return outcomeOf(attempt) === 'live'
}

/** Is it admitted, with nothing sent to GitHub yet? */
export function isUndispatched({ run, control }: Attempt): boolean {
  if (control === undefined || run !== null || control.runId !== null) return false
  const { closed, cancel, dispatch } = control
  return closed === null && cancel === null && (dispatch === null || dispatch.state === 'waiting')
}

/** Does its failure not count, because its workflow failed for everybody, or its agent had reported that it is limited? */
export function isExcused(attempt: AdmittedAttempt): boolean {
  const { isExcused: isAlike, report } = attempt.control
  return outcomeOf(attempt) === 'failed' && (isAlike === true || report?.limitedUntil !== undefined)
}

/** How many attempts of one trigger do not count. An agent that is limited for ever needs a person in the end. */
export function countExcused(attempts: readonly AdmittedAttempt[]): number {
  const excused = attempts.filter(isExcused)
  const limited = excused.filter(({ control }) => control.isExcused !== true).length
  return excused.length - Math.max(0, limited - MAX_LIMITED_ATTEMPTS)
}

const MAX_LIMITED_ATTEMPTS = 20

/** Does its run go on, as far as is known? A run that GitHub would not cancel does not count. */
export function hasLiveRun({ run, control }: Attempt): boolean {
  const kind = control?.closed?.kind
  return run !== null && !isCompletedRun(run) && kind !== 'abandoned' && kind !== 'gone'
}

/** May the duplicate still be running? */
export function isLiveDuplicate({ run, abandonedAt }: DuplicateRun): boolean {
  return abandonedAt === null && (run === null || !isCompletedRun(run))
}

/** The attempt its stage follows: the newest that was not skipped. Where Andon starts them, a live one comes first. */
export function currentAttempt({ attempts }: Stage): Attempt | null {
  const live = attempts.some(isAdmitted) ? attempts.findLast(isLiveAttempt) : undefined
  const ran = attempts.findLast((attempt) => isAdmitted(attempt) || attempt.run?.conclusion !== 'skipped')
  return live ?? ran ?? attempts.at(-1) ?? null
}

/** When it started: by our clock if Andon started it. */
export function attemptStartedAt({ control, run }: Attempt): Instant {
  return control?.admittedAt ?? run?.startedAt ?? ''
}

/** When its run started, as far as is known. */
export function runStartedAt({ run, control }: AdmittedAttempt): Instant {
  return run?.startedAt ?? dispatchedAt(control)
}

/** The latest sign of life: its dispatch, its run, a job or step, or the workflow's own report. */
export function lastActivityAt({ run, control }: AdmittedAttempt): Instant {
  const seenAt = run === null ? dispatchedAt(control) : runAliveAt(run)
  return control.report === null ? seenAt : latest(seenAt, control.report.aliveAt)
}

/** Since when it has been silent. Nobody could speak to Andon while that was away. */
export function silentSince(attempt: AdmittedAttempt): Instant {
  return countedFrom(lastActivityAt(attempt), attempt)
}

/** From when on something is waited for: then, or since Andon is there again. */
export function countedFrom(at: Instant, { presentSince = '' }: Attempt): Instant {
  return latest(at, presentSince)
}

/** When GitHub last sent anything about its run; before it has, when the run was dispatched. */
export function runReadAt({ run, control }: Attempt): Instant | null {
  if (run === null) return control === undefined ? null : (control.dispatch?.at ?? control.admittedAt)
  return [...run.jobs.flatMap(({ at, evidence }) => [at, evidence.at]), run.evidence.at].reduce(latest, run.updatedAt)
}

/**
 * GitHub is to be asked about the attempt. While it has not answered the last question, that one stands: it is asked until it
 * is answered. After a day there is a new one, because such questions are not kept for ever.
 */
export function askedNow({ reconciliation }: Attempt, at: Instant): Reconciliation {
  const asked = { at, answeredAt: null }
  if (reconciliation === undefined || reconciliation.answeredAt !== null) return asked
  const askedAt = questionAskedAt(reconciliation)
  return secondsAfter(askedAt, QUESTION_LASTS_SECONDS) > at ? { ...asked, askedAt } : asked
}

/** When the question was asked that waits for its answer: its key. */
export function questionAskedAt({ at, askedAt = at }: Reconciliation): Instant {
  return askedAt
}

const QUESTION_LASTS_SECONDS = 24 * 60 * 60

/** How many slots the pipeline holds. An attempt that is not sent yet holds none while its issue is closed or gone. */
export function countLiveAttempts(pipeline: Pipeline): number {
  const live = allAdmittedAttempts(pipeline).filter(isLiveAttempt)
  return (isOff(pipeline) ? live.filter((attempt) => !isUndispatched(attempt)) : live).length
}

/** The attempt with this key, and its stage; null for a key that was never issued here. */
export function findAttemptByKey({ stages }: Pipeline, key: string) {
  const admitted = stages.flatMap((stage) => admittedAttempts(stage).map((attempt) => ({ stage, attempt })))
  return admitted.find(({ attempt }) => attempt.key === key) ?? null
}

/** Is the issue closed, deleted or transferred? Then nothing new is sent for it. */
export function isOff({ removed, issue }: Pipeline): boolean {
  return removed !== null || issue.state === 'closed'
}

export function allAdmittedAttempts({ stages }: Pipeline) {
  return stages.flatMap(admittedAttempts)
}

const CANCEL_GRACE_SECONDS = 5 * 60

/** When a cancelled run that has not ended is cancelled by force, and later abandoned. */
export function nextEscalationAt({ at, forcedAt }: Cancellation, attempt: Attempt): Instant {
  return secondsAfter(countedFrom(forcedAt ?? at, attempt), CANCEL_GRACE_SECONDS)
}

const FIRST_RETRY_MS = 30_000
const MAX_RETRY_MS = 15 * 60_000

/**
 * When the next attempt may start after that many failures in a row: `min(30 s · 2ⁿ, 15 min)`, less up to a quarter, so
 * that stages that failed together do not come back together. The same key always waits equally long.
 */
export function retryAfter(failedAt: Instant, failures: number, key: string): Instant {
  const full = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS)
  const wait = full * (1 - jitterOf(key) / 4)
  // Whole seconds, so that the time shown is the time meant.
  return new Date(Math.ceil((Date.parse(failedAt) + wait) / 1000) * 1000).toISOString()
}

/** A run that the watchdog cancelled is a failed attempt; one that a person wanted stopped is not. */
export const OUTCOME_OF_CANCELLATION = {
  silence: 'failed',
  time_limit: 'failed',
  never_started: 'failed',
  command: 'cancelled',
  superseded: 'cancelled',
} as const satisfies Record<CancellationCause, AttemptOutcome>

/** An attempt may wait for long before it is dispatched. */
function dispatchedAt({ admittedAt, dispatch }: AttemptControl): Instant {
  return dispatch === null || dispatch.state === 'waiting' ? admittedAt : latest(admittedAt, dispatch.at)
}

/** A number in [0, 1) that depends on the text alone (FNV-1a). */
function jitterOf(text: string): number {
  let hash = 0x811c9dc5
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash / 2 ** 32
}
