// Starts runs, once each. GitHub starts a second run when it is asked a second time, so the intent is committed first
// (`sending`, under a claim that the same commit checks), then one POST goes out. A clear answer is reported at once.
// After any other answer, and after a crash, the run is looked for (recover-dispatch.ts) before anything is sent again.
import { Unavailable } from '../apply/apply-request.ts'
import type { DISPATCH_INPUTS } from '../line/workflow-file.ts'
import type { DispatchOutcome } from '../pipeline/model/events.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { DispatchReason } from '../pipeline/model/reason.ts'
import { describeDispatch } from '../render/dispatch-reason.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { translateDispatchRefusal } from '../translate/dispatch-refusal.ts'
import { permissionsFor, recordAccessWorks } from './access.ts'
import { callOutcomeOf, MAX_OUTAGE_TRIES, MAX_TRIES } from './call-outcome.ts'
import { type ClaimedEffect, type ClaimedWrite, claimNextWrite, type PerformContext } from './claim-effects.ts'
import { failedEffectOutcome } from './failed-effect.ts'
import { recheckDispatch } from './recheck-dispatch.ts'
import { reportMatchingRuns, reportRun } from './recover-dispatch.ts'
import { dispatchEventOf, type EffectOutcome, reportEvent, reportOutcome } from './report-outcome.ts'
import { FIRST_LOOKUP_AFTER_MS, SEND_WINDOW_MS } from './timings.ts'

type DispatchResult = { readonly status: DispatchOutcome; readonly outcome: EffectOutcome }

/** Answers of GitHub that could not be reported while the database was away, by the token of their claim. */
export type UnreportedResults = Map<
  string,
  { readonly claimed: ClaimedEffect<'dispatch'>; readonly result: DispatchResult }
>

const NOT_STARTED = { kind: 'tries-used-up', tries: MAX_TRIES } as const
/** A shorter wait for a slot is not reported. */
const MIN_REPORTED_WAIT_MS = 10_000

/** Sends the next dispatch that is due, if the budget allows it; resolves to how many were handled without an error. */
export async function sendNextDispatch(o: PerformContext, unreported: UnreportedResults): Promise<number> {
  const ours = [...unreported.values()].filter(({ claimed }) => claimed.access.installationId === o.installationId)
  const reporting = ours.map(({ claimed, result }) =>
    guardDispatch(o, claimed, reportResult(o, claimed, result, unreported)),
  )
  const reported = (await Promise.all(reporting)).filter((isDone) => isDone).length
  const next = await claimNextWrite(o, 'dispatch', 'create')
  if (next === null) return reported
  const { claimed, denied } = next
  const work = denied === null ? sendDispatch(o, claimed, unreported) : reportDenied(o, claimed, denied)
  const isDone = await guardDispatch(o, claimed, work)
  return reported + (isDone && denied?.reason !== 'write-budget-spent' ? 1 : 0)
}

/** An unexpected error of one dispatch harms no other; its claim expires, and then its run is looked for. */
async function guardDispatch(
  o: PerformContext,
  { repository, effect }: ClaimedEffect<'dispatch'>,
  work: Promise<void>,
): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    o.log.error({ repository: repository.fullName, effect: effect.key, err: error }, 'a dispatch failed unexpectedly')
    return false
  }
}

async function sendDispatch(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  unreported: UnreportedResults,
): Promise<void> {
  // So many can only have ended the process that sent them.
  if (claimed.tryNumber > MAX_TRIES) return await reportRefused(o, claimed, NOT_STARTED)
  const sendBy = millisecondsAfter(o.now(), SEND_WINDOW_MS)
  // The commit that writes `sending` also checks the claim and the holds. Between it and the POST there is one more
  // check, whether the attempt was given up or held meanwhile: a command that comes later finds it sent.
  const isOurs = await reportOutcome(o, claimed, dispatchEventOf(o, claimed, { state: 'sending' }), {
    state: 'sending',
  })
  if (!isOurs) return
  const { isWanted, hold } = await recheckDispatch(o.database, claimed)
  if (!isWanted) return await reportRefused(o, claimed, { kind: 'given-up' })
  if (hold !== null) return await requeue(o, claimed, hold)
  const result = await postDispatch(o, claimed, sendBy)
  await reportResult(o, claimed, result, unreported)
  if (result.status.state === 'confirmed')
    await recordAccessWorks(o, claimed.access, permissionsFor(claimed.effect, false))
}

/** Nothing was sent: the same attempt is due again, and waits until the hold is released. */
async function requeue(o: PerformContext, claimed: ClaimedEffect<'dispatch'>, hold: Hold): Promise<void> {
  const reason = { kind: 'held', hold } as const
  const event = dispatchEventOf(o, claimed, { state: 'waiting', until: null, reason })
  await reportOutcome(o, claimed, event, { state: 'due', error: describeDispatch(reason), isSnooze: true })
}

async function postDispatch(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  sendBy: string,
): Promise<DispatchResult> {
  const { effect, access, repository } = claimed
  const { workflow, issueNumber, attemptKey } = effect
  const ref = repository.defaultBranch ?? effect.ref
  // Never the issue's text: a workflow that needs it reads it from GitHub.
  const inputs = { issue: String(issueNumber), andon: attemptKey } satisfies Record<
    (typeof DISPATCH_INPUTS)[number],
    string
  >
  try {
    const run = await o.github.dispatchWorkflow(access, { workflow, ref, inputs, sendBy })
    if (run !== null) return { status: { state: 'confirmed', ...run }, outcome: { state: 'done' } }
    return unconfirmedResult(o, claimed, { kind: 'run-not-named' })
  } catch (error) {
    return await resultOfFailure(o, claimed, error)
  }
}

async function resultOfFailure(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  error: unknown,
): Promise<DispatchResult> {
  const tryNumber = Math.min(claimed.tryNumber, MAX_OUTAGE_TRIES)
  const outcome = callOutcomeOf(error, { intent: 'create', tryNumber, now: o.now() })
  switch (outcome.kind) {
    case 'wait': {
      const status = { state: 'waiting', until: outcome.until, reason: { kind: 'rate-limited' } } as const
      return { status, outcome: await failedEffectOutcome(o, claimed, outcome) }
    }
    case 'retry': {
      const reason = { kind: 'github-unavailable', words: outcome.words } as const
      const status = { state: 'waiting', until: outcome.at, reason } as const
      const failed = await failedEffectOutcome(o, claimed, outcome)
      return { status, outcome: { ...failed, isSnooze: isUncounted(claimed) } }
    }
    case 'no access': {
      const failed = await failedEffectOutcome(o, claimed, outcome)
      const status = { state: 'waiting', until: failed.dueAt ?? null, reason: { kind: 'no-access' } } as const
      return { status, outcome: failed }
    }
    case 'unconfirmed':
      return unconfirmedResult(o, claimed, { kind: 'answer-lost', words: outcome.words })
    case 'gone':
    case 'refused': {
      const { workflow } = claimed.effect
      const cause = translateDispatchRefusal(outcome.words, outcome.kind === 'gone')
      return refusedResult({ kind: 'refused', workflow, cause, words: outcome.words })
    }
    case 'give up':
      return refusedResult(NOT_STARTED)
  }
}

function unconfirmedResult(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  reason: DispatchReason,
): DispatchResult {
  const dueAt = millisecondsAfter(o.now(), FIRST_LOOKUP_AFTER_MS)
  const isSnooze = isUncounted(claimed)
  const outcome = { state: 'unconfirmed', dueAt, error: describeDispatch(reason), isSnooze } as const
  return { status: { state: 'unconfirmed', reason }, outcome }
}

/** GitHub's trouble spends no attempt, however long it lasts. */
function isUncounted({ tryNumber }: ClaimedEffect<'dispatch'>): boolean {
  return tryNumber > MAX_OUTAGE_TRIES
}

function refusedResult(reason: DispatchReason): DispatchResult {
  return { status: { state: 'refused', reason }, outcome: { state: 'refused', error: describeDispatch(reason) } }
}

async function reportRefused(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  reason: DispatchReason,
): Promise<void> {
  const { status, outcome } = refusedResult(reason)
  await reportOutcome(o, claimed, dispatchEventOf(o, claimed, status), outcome)
}

async function reportDenied(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  { until, reason: kind }: NonNullable<ClaimedWrite<'dispatch'>['denied']>,
): Promise<void> {
  if (until <= millisecondsAfter(o.now(), MIN_REPORTED_WAIT_MS)) return
  const reason = { kind } as const
  await reportEvent(o, dispatchEventOf(o, claimed, { state: 'waiting', until, reason }))
}

/** Reports GitHub's answer; while the database is away it is kept in memory and reported in a later step. */
async function reportResult(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  result: DispatchResult,
  unreported: UnreportedResults,
): Promise<void> {
  const { status, outcome } = result
  const event = dispatchEventOf(o, claimed, status)
  try {
    const isSaved = await reportOutcome(o, claimed, event, outcome)
    unreported.delete(claimed.token)
    if (!isSaved) await reportAfterLostClaim(o, claimed, status)
  } catch (error) {
    if (error instanceof Unavailable) unreported.set(claimed.token, { claimed, result })
    else unreported.delete(claimed.token)
    throw error
  }
  const { repository, effect, tryNumber } = claimed
  o.log.info({ repository: repository.fullName, effect: effect.key, attempt: tryNumber, ...status }, 'dispatch')
}

/** This process was frozen for longer than its claim, and another went on. GitHub's run exists all the same. */
async function reportAfterLostClaim(
  o: PerformContext,
  claimed: ClaimedEffect<'dispatch'>,
  status: DispatchOutcome,
): Promise<void> {
  if (status.state === 'confirmed') {
    await reportEvent(o, dispatchEventOf(o, claimed, status))
    await reportRun(o, claimed, status.runId)
  }
  if (status.state === 'unconfirmed') await reportMatchingRuns(o, claimed)
}
