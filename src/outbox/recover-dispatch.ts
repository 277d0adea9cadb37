// Looks for runs that may or may not have started. A run's title contains its attempt key if its workflow echoes it.
// The same key is sent again only when two lookups, two minutes apart, have found no run and the workflow file echoes
// the key; while GitHub answers no dispatch, the two are further and further apart, up to five minutes. Without the echo
// nothing can be known, and a person must look.
import { GitHubFailure } from '../github/failure.ts'
import { hasAttemptKeyInRunName } from '../line/run-name.ts'
import { isDispatchedByApp } from '../pipeline/facts/bind-run.ts'
import type { RunFact } from '../pipeline/model/facts.ts'
import type { DispatchReason } from '../pipeline/model/reason.ts'
import { earliest } from '../pipeline/model/time.ts'
import { describeDispatch } from '../render/dispatch-reason.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { ReadReceipt } from '../translate/fields.ts'
import { backoffMs, type CallOutcome, type CallTry, callOutcomeOf, MAX_OUTAGE_TRIES } from './call-outcome.ts'
import { type ClaimedEffect, claimNextRead, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { failedEffectOutcome, postponeWithoutAccess } from './failed-effect.ts'
import { dispatchEventOf, reportEvent, reportOutcome } from './report-outcome.ts'
import { CLOCK_SKEW_MS, FIRST_LOOKUP_AFTER_MS } from './timings.ts'

type ClaimedDispatch = ClaimedEffect<'dispatch'>

const MISSES_BEFORE_RESEND = 2
const LOOKUPS_BETWEEN_MISSES = 4
const MISS_INTERVAL_MS = 120_000

/** Looks for the run of the next dispatch without a clear answer; resolves to how many were looked for. */
export async function recoverNextDispatch(o: PerformContext): Promise<number> {
  const claimed = await claimNextRead(o, 'dispatch', ['sending', 'unconfirmed'])
  if (claimed === null) return 0
  await recoverDispatch(o, claimed)
  return 1
}

/** Finds the runs with the key and reports them all: the oldest is adopted, which makes the others duplicates. */
export async function reportMatchingRuns(o: PerformContext, claimed: ClaimedDispatch): Promise<boolean> {
  const { effect, access, repository, sentAt } = claimed
  const { key, workflow, attemptKey } = effect
  const since = millisecondsAfter(sentAt ?? o.now(), -CLOCK_SKEW_MS)
  const named = await o.github.findRuns(access, { workflow, since, key: attemptKey }, receiptOf(o, claimed))
  const found = named.filter(isDispatchedByApp)
  const [oldest] = found
  if (oldest === undefined) return false
  const confirmed = { state: 'confirmed', runId: oldest.id, url: oldest.url } as const
  await reportOutcome(o, claimed, dispatchEventOf(o, claimed, confirmed), { state: 'done' })
  for (const run of found) await reportRunFact(o, claimed, run)
  o.log.info({ repository: repository.fullName, effect: key, runs: found.map(({ id }) => id) }, 'its run was found')
  return true
}

/** Reports a run as it is now. */
export async function reportRun(o: PerformContext, claimed: ClaimedDispatch, runId: number): Promise<void> {
  const place = { runId, workflow: claimed.effect.workflow }
  const run = await o.github.readRun(claimed.access, place, receiptOf(o, claimed))
  if (run !== null) await reportRunFact(o, claimed, run)
}

async function reportRunFact(o: PerformContext, { repository }: ClaimedDispatch, run: RunFact): Promise<void> {
  const { updatedAt: at, evidence } = run
  await reportEvent(o, { type: 'run.changed', at, evidence, repository, run })
}

function receiptOf(o: PerformContext, { effect }: ClaimedDispatch): ReadReceipt {
  return { kind: 'read', id: effect.key, at: o.now() }
}

async function recoverDispatch(o: PerformContext, claimed: ClaimedDispatch): Promise<void> {
  const fields = { repository: claimed.repository.fullName, effect: claimed.effect.key }
  try {
    if (claimed.state === 'sending') await markUnconfirmed(o, claimed)
    else if (await postponeWithoutAccess(o, claimed)) return
    else if (!(await isRunFound(o, claimed))) await recordMiss(o, claimed)
  } catch (error) {
    if (!(error instanceof GitHubFailure)) return o.log.error({ ...fields, err: error }, 'unexpected lookup error')
    const outcome = callOutcomeOf(error, lookupAt(o, claimed))
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'a lookup failed')
    await retryLookupLater(o, claimed, outcome)
  }
}

/** The process that sent it, or was about to, has ended. */
async function markUnconfirmed(o: PerformContext, claimed: ClaimedDispatch): Promise<void> {
  const reason = { kind: 'sender-ended' } as const
  const dueAt = millisecondsAfter(claimed.sentAt ?? o.now(), FIRST_LOOKUP_AFTER_MS)
  const event = dispatchEventOf(o, claimed, { state: 'unconfirmed', reason })
  await reportOutcome(o, claimed, event, { state: 'unconfirmed', dueAt, error: describeDispatch(reason) })
}

async function isRunFound(o: PerformContext, claimed: ClaimedDispatch): Promise<boolean> {
  try {
    return await reportMatchingRuns(o, claimed)
  } catch (error) {
    // Without the workflow there is no run of it either; nothing is sent again before its file has been read.
    if (callOutcomeOf(error, lookupAt(o, claimed)).kind === 'gone') return false
    throw error
  }
}

/** Lookups are not counted as tries: they go on until GitHub answers. */
function lookupAt({ now }: PerformContext, { sentAt }: ClaimedDispatch): CallTry {
  return { intent: 'read', tryNumber: null, now: now(), since: sentAt }
}

async function recordMiss(o: PerformContext, claimed: ClaimedDispatch): Promise<void> {
  const now = o.now()
  const { id, token, misses, missedAt, effect, access, tryNumber } = claimed
  const missIntervalMs = Math.max(MISS_INTERVAL_MS, backoffMs(Math.min(tryNumber, MAX_OUTAGE_TRIES)))
  const nextLookupAt = millisecondsAfter(now, missIntervalMs / LOOKUPS_BETWEEN_MISSES)
  const missed = missedAt === null || misses === 0 || millisecondsAfter(missedAt, missIntervalMs) <= now
  if (misses + (missed ? 1 : 0) < MISSES_BEFORE_RESEND) {
    const lastMissAt = missed || missedAt === null ? now : missedAt
    const dueAt = earliest(nextLookupAt, millisecondsAfter(lastMissAt, missIntervalMs))
    return await recordEffectOutcome(o, { id, token, state: 'unconfirmed', missed, dueAt })
  }
  const workflow = await o.github.readWorkflow(access, effect.workflow)
  // One "not found" is no proof.
  if (workflow === null && misses < MISSES_BEFORE_RESEND) {
    return await recordEffectOutcome(o, { id, token, state: 'unconfirmed', missed: true, dueAt: nextLookupAt })
  }
  if (workflow !== null && hasAttemptKeyInRunName(workflow)) {
    const reason = { kind: 'sent-again' } as const
    const event = dispatchEventOf(o, claimed, { state: 'waiting', until: null, reason })
    await reportOutcome(o, claimed, event, { state: 'due', missed, error: describeDispatch(reason) })
    return
  }
  const kind = workflow === null ? 'workflow-missing' : 'key-not-echoed'
  await buryForPerson(o, claimed, { kind, workflow: effect.workflow })
}

async function buryForPerson(o: PerformContext, claimed: ClaimedDispatch, reason: DispatchReason): Promise<void> {
  const event = dispatchEventOf(o, claimed, { state: 'unconfirmed', reason, needsPerson: true })
  await reportOutcome(o, claimed, event, { state: 'buried', error: describeDispatch(reason) })
}

async function retryLookupLater(o: PerformContext, claimed: ClaimedDispatch, outcome: CallOutcome): Promise<void> {
  if (outcome.kind === 'refused' || outcome.kind === 'gone')
    return await buryForPerson(o, claimed, { kind: 'runs-hidden', words: outcome.words })
  const { id, token } = claimed
  await recordEffectOutcome(o, { id, token, ...(await failedEffectOutcome(o, claimed, outcome)) })
}
