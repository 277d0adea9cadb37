// The breaker of a workflow. What attempts showed is sorted by GitHub's clock and folded anew each time, so that any order of
// deliveries ends alike: enough issues that fail soon and near each other, with no success between, hold the workflow; an
// attempt that started afterwards and works lets it go. Our clock only says when the next one may try.
import type { BreakerConfig } from '../../line/line.ts'
import type { Breaker, Breakers, PendingAttempt, ReportedLimit, Trial, Trip, WorkflowHold } from '../model/breaker.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'
import type { AttemptObservation } from './trials.ts'

export const CLOSED_BREAKER: Breaker = {
  ...{ trials: [], pending: [], trip: null, probes: [], nextAt: null },
  ...{ suspects: [], suspectedUntil: null, releasedAt: null, limit: null },
}

/** Within which time attempts prove that they work where no breaker is wanted. */
const WITHIN_SECONDS = 60
/** A delivery that says that the attempt failed may be as late as that. */
const GRACE_SECONDS = 30
const FIRST_PROBE_SECONDS = 5 * 60
const MAX_PROBE_SECONDS = 60 * 60
const MAX_TRIALS = 100

/** A workflow without a breaker has a closed one. */
export function breakerOf(breakers: Breakers, workflow: string): Breaker {
  return breakers[workflow] ?? CLOSED_BREAKER
}

export function withinSecondsOf(config: BreakerConfig | null): number {
  return config?.withinSeconds ?? WITHIN_SECONDS
}

/** The breaker after attempts were looked at, at that time of our clock. */
export function breakerAfter(
  before: Breaker,
  observations: readonly AttemptObservation[],
  config: BreakerConfig | null,
  now: Instant,
): Breaker {
  const within = withinSecondsOf(config)
  const seen = new Map(observations.map((one) => [one.key, one]))
  const observed = before.pending.map((attempt) => observePending(attempt, seen.get(attempt.key), now))
  const proven = observed.flatMap((attempt) => outlivedTrial(attempt, within, now) ?? [])
  const known = new Set([...before.pending, ...before.trials].map(({ key }) => key))
  const shown = observations.flatMap(({ key, trial }) => (trial !== null && known.has(key) ? [trial] : []))
  const trials = config === null ? [] : mergeTrials(before.trials, [...proven, ...shown])
  const isOver = ({ key }: PendingAttempt) => {
    const one = seen.get(key)
    return proven.some((trial) => trial.key === key) || (one !== undefined && (one.trial !== null || !one.isLive))
  }
  const pending = observed.filter((attempt) => !isOver(attempt))
  const { trip, streak, excused } = config === null ? NOTHING_FAILED : fold(trials, before, config)
  const limit = before.limit !== null && before.limit.until > now ? before.limit : null
  const suspects = trip === null ? issuesOf(streak) : []
  const isNewSuspect = suspects.some((issue) => !before.suspects.includes(issue))
  const suspectedUntil = isNewSuspect ? secondsAfter(now, windowSeconds(config)) : before.suspectedUntil
  const next: Breaker = {
    trials: relevantTrials(trials, trip, streak, config).map((trial) =>
      excused.has(trial.key) ? { ...trial, isExcused: true } : trial,
    ),
    ...{ pending, trip, limit, suspects, releasedAt: before.releasedAt },
    suspectedUntil: suspects.length === 0 ? null : suspectedUntil,
    probes: trip === null ? [] : before.probes.slice(-MAX_TRIALS),
    nextAt: trip === null ? null : before.nextAt,
  }
  return trip === null ? next : withNextProbe(before, next, trip, now)
}

/** Attempts that newly do not count, because what failed was the workflow. */
export function newlyExcused(before: Breaker, after: Breaker): readonly Trial[] {
  const known = new Set(before.trials.flatMap(({ key, isExcused }) => (isExcused ? [key] : [])))
  return after.trials.filter(({ key, isExcused }) => isExcused && !known.has(key))
}

/** The hold on the workflow; null while attempts may start. */
export function workflowHoldOf(
  workflow: string,
  breaker: Breaker,
  config: BreakerConfig | null,
  now: Instant,
): WorkflowHold | null {
  const { limit, trip, nextAt } = breaker
  if (limit !== null && limit.until > now) {
    const cause = { kind: 'limited', issueNumber: limit.issueNumber } as const
    return { workflow, cause, since: limit.at, until: limit.until, probe: null }
  }
  if (trip === null) return null
  const probing = pendingProbe(breaker)
  const cause = { kind: 'failures', issues: trip.issues, withinSeconds: withinSecondsOf(config) } as const
  const probe = probing && { issueNumber: probing.issueNumber, key: probing.key }
  return { workflow, cause, since: trip.at, until: probe === null ? nextAt : null, probe }
}

/** May one attempt start although the workflow is held, to find out whether it works again? */
export function isProbeDue(breaker: Breaker, now: Instant): boolean {
  const { trip, limit, nextAt } = breaker
  if (trip === null || nextAt === null || nextAt > now || pendingProbe(breaker) !== null) return false
  return limit === null || limit.until <= now
}

/** Are as many attempts under way as would hold the workflow, if they failed like the last? */
export function isSuspected({ suspects, suspectedUntil, pending }: Breaker, config: BreakerConfig, now: Instant) {
  const isRecent = suspectedUntil !== null && suspectedUntil > now
  return isRecent && suspects.length + pending.length >= config.failures
}

export function withAdmitted(breaker: Breaker, key: string, issueNumber: number, isProbe: boolean): Breaker {
  const attempt = { key, issueNumber, isSent: false, startedAt: null, runningSince: null }
  return {
    ...breaker,
    pending: [...breaker.pending, attempt],
    probes: isProbe ? [...breaker.probes, key] : breaker.probes,
  }
}

/** Of several limits the one that lasts longest holds. */
export function withReportedLimit(breaker: Breaker, reported: ReportedLimit): Breaker {
  const { limit, nextAt } = breaker
  if (limit !== null && limit.until >= reported.until) return breaker
  return { ...breaker, limit: reported, nextAt: nextAt && reported.until }
}

/** A person resumed the repository: a time of GitHub's. */
export function withRelease(breaker: Breaker, at: Instant): Breaker {
  const releasedAt = latest(breaker.releasedAt ?? at, at)
  return { ...breaker, releasedAt, limit: null }
}

/** When the breaker lets something start or end by itself. */
export function breakerDueAt(breaker: Breaker, config: BreakerConfig | null, now: Instant): Instant | null {
  const { limit, trip, nextAt, pending, suspects, suspectedUntil } = breaker
  const isWatched = trip !== null || suspects.length > 0
  const proofs = pending.flatMap(({ runningSince }) =>
    runningSince !== null && isWatched ? [secondsAfter(runningSince, withinSecondsOf(config) + GRACE_SECONDS)] : [],
  )
  const moments = [limit?.until, nextAt, suspectedUntil, ...proofs]
  return moments.filter((at) => at != null && at > now).sort()[0] ?? null
}

/** Does nothing of it matter any more? */
export function isUnused({ trials, pending, trip, limit }: Breaker): boolean {
  return trials.length === 0 && pending.length === 0 && trip === null && limit === null
}

const NOTHING_FAILED: Folded = { trip: null, streak: [], excused: new Set() }

type Folded = {
  readonly trip: Trip | null
  /** The failures that tripped it, or that could be the beginning of it. */
  readonly streak: readonly Trial[]
  readonly excused: ReadonlySet<string>
}

function fold(trials: readonly Trial[], { releasedAt, probes }: Breaker, config: BreakerConfig): Folded {
  const excused = new Set(trials.flatMap(({ key, isExcused }) => (isExcused ? [key] : [])))
  let streak: readonly Trial[] = []
  let trip = NOTHING_FAILED.trip
  for (const trial of trials) {
    if (releasedAt !== null && trial.at < releasedAt) continue
    if (!trial.isFailed) {
      // One that had started before proves nothing about now.
      if (trip !== null && trial.startedAt <= trip.at) continue
      trip = null
      streak = []
    } else if (trip !== null) {
      excused.add(trial.key)
      if (probes.includes(trial.key)) trip = { ...trip, failedProbes: trip.failedProbes + 1 }
    } else {
      const from = secondsAfter(trial.at, -windowSeconds(config))
      streak = [...streak.filter(({ at }) => at >= from), trial]
      const issues = issuesOf(streak)
      if (issues.length < config.failures) continue
      trip = { at: trial.at, issues, failedProbes: 0 }
      for (const { key } of streak) excused.add(key)
    }
  }
  return { trip, streak, excused }
}

/** How near each other failures must be: twice the time that they would take one after the other. */
function windowSeconds(config: BreakerConfig | null): number {
  return config === null ? 0 : 2 * config.failures * config.withinSeconds
}

function withNextProbe(before: Breaker, after: Breaker, trip: Trip, now: Instant): Breaker {
  const hasEnded = pendingProbe(before) !== null && pendingProbe(after) === null
  const delay = Math.min(FIRST_PROBE_SECONDS * 2 ** trip.failedProbes, MAX_PROBE_SECONDS)
  const fresh = after.limit?.until ?? secondsAfter(now, delay)
  const next = { ...after, nextAt: after.nextAt === null || hasEnded ? fresh : after.nextAt }
  // An attempt that was admitted before and not sent goes first: it has a slot.
  const unsent = isProbeDue(next, now) ? next.pending.find(({ isSent }) => !isSent) : undefined
  return unsent === undefined ? next : { ...next, probes: [...next.probes, unsent.key] }
}

function pendingProbe({ pending, probes }: Breaker): PendingAttempt | null {
  return pending.find(({ key }) => probes.includes(key)) ?? null
}

function observePending(
  attempt: PendingAttempt,
  observed: AttemptObservation | undefined,
  now: Instant,
): PendingAttempt {
  if (observed === undefined) return attempt
  const { isSent, startedAt, isFailing } = observed
  return {
    ...attempt,
    isSent,
    startedAt,
    runningSince: startedAt === null || isFailing ? null : (attempt.runningSince ?? now),
  }
}

/** A run of which no end has been heard for that long works, as far as anybody knows. */
function outlivedTrial(
  { key, issueNumber, startedAt, runningSince }: PendingAttempt,
  within: number,
  now: Instant,
): Trial | null {
  if (startedAt === null || runningSince === null || secondsAfter(runningSince, within + GRACE_SECONDS) > now)
    return null
  return { key, issueNumber, startedAt, at: secondsAfter(startedAt, within), isFailed: false }
}

/** What an attempt showed later, or what is known of it now, replaces what it showed before. */
function mergeTrials(stored: readonly Trial[], added: readonly Trial[]): readonly Trial[] {
  const merged = new Map(stored.map((trial) => [trial.key, trial]))
  for (const trial of added) {
    const isExcused = merged.get(trial.key)?.isExcused
    merged.set(trial.key, { ...trial, ...(isExcused && { isExcused }) })
  }
  return [...merged.values()].sort((a, b) => (`${a.at} ${a.key}` < `${b.at} ${b.key}` ? -1 : 1))
}

/** Those that a late one could still join. */
function relevantTrials(
  trials: readonly Trial[],
  trip: Trip | null,
  streak: readonly Trial[],
  config: BreakerConfig | null,
): readonly Trial[] {
  const newest = trials.at(-1)?.at
  if (newest === undefined) return []
  const first = trip === null ? secondsAfter(newest, -windowSeconds(config)) : (streak[0]?.at ?? newest)
  const kept = trials.filter(({ at }) => at >= first)
  const causes = new Set(streak.map(({ key }) => key))
  return kept.filter(({ key }, index) => causes.has(key) || index >= kept.length - MAX_TRIALS)
}

function issuesOf(trials: readonly Trial[]): readonly number[] {
  return [...new Set(trials.map(({ issueNumber }) => issueNumber))].sort((a, b) => a - b)
}
