// History compares the pipeline before and after an event, so that each event is credited only with what it changed.
import { decidingPullRequests, isDeciding, isFromFork } from '../facts/standing.ts'
import { isEqualJson } from '../facts/total-order.ts'
import { activeHold, isSameWord, placeKey } from '../holds/holds.ts'
import { type HistoryEntry, stageSummary } from '../model/command-result.ts'
import type { Event } from '../model/events.ts'
import type { PullRequestFact } from '../model/facts.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'
import { isProgress } from '../model/reason.ts'

/** What an event changed. `by` is who gave the command that it carried out, if it did. */
export function historyOf(
  before: Pipeline,
  after: Pipeline,
  event: Event,
  by: string | null = null,
): readonly HistoryEntry[] {
  const common = { at: event.at, actor: by ?? actorOf(event), evidence: event.evidence }
  return [
    ...issueEntries(before, after),
    ...addedPullRequests(before, after).map(({ number }) => pullRequestEntry(number, true)),
    ...addedPullRequests(after, before).map(({ number }) => pullRequestEntry(number, false)),
    ...shownPullRequests(before, after).map(shownPullRequestEntry),
    ...holdEntries(before, after),
    ...stageEntries(before, after),
  ].map((entry) => ({ ...common, ...entry }))
}

type EntryDraft = Pick<HistoryEntry, 'type' | 'change'> & Partial<Pick<HistoryEntry, 'actor'>>

function issueEntries(before: Pipeline, after: Pipeline): readonly EntryDraft[] {
  const { state } = after.issue
  const states = [
    ...(before.issue.state === state ? [] : ([state === 'closed' ? 'closed' : 'reopened'] as const)),
    ...(before.removed === null && after.removed !== null ? [after.removed.why] : []),
  ]
  return states.map((state) => ({ type: `issue.${state}`, change: { kind: 'issue', state } }))
}

/** Linked, and deciding. */
function addedPullRequests(before: Pipeline, after: Pipeline): readonly PullRequestFact[] {
  const known = new Set(decidingPullRequests(before).map(({ number }) => number))
  return decidingPullRequests(after).filter(({ number }) => !known.has(number))
}

/** Those that are new, or that have ceased to decide. */
function shownPullRequests(before: Pipeline, after: Pipeline): readonly PullRequestFact[] {
  const isShown = ({ line, pullRequests }: Pipeline, number: number) =>
    pullRequests.some((fact) => fact.number === number && !isDeciding(fact, line))
  return after.pullRequests.filter(({ number }) => isShown(after, number) && !isShown(before, number))
}

function shownPullRequestEntry(fact: PullRequestFact): EntryDraft {
  const { number, author } = fact
  const pullRequest = { number, author, isFork: isFromFork(fact) }
  return { type: 'pull_request.shown', change: { kind: 'pull-request-shown', pullRequest } }
}

function pullRequestEntry(number: number, isLinked: boolean): EntryDraft {
  const type = isLinked ? 'pull_request.linked' : 'pull_request.unlinked'
  return { type, change: { kind: 'pull-request', number, isLinked } }
}

function holdEntries(before: Pipeline, after: Pipeline): readonly EntryDraft[] {
  const [known = [], latest = []] = [before.holdsAndReleases, after.holdsAndReleases]
  const places = new Set([...known, ...latest].map(({ place }) => placeKey(place)))
  return [...places].flatMap((key): readonly EntryDraft[] => {
    const [previous, next] = [known, latest].map((all) => all.find(({ place }) => placeKey(place) === key))
    if (previous && next && isSameWord(previous, next)) return []
    const hold = activeHold(next)
    if (hold !== null && next) return [{ type: 'hold.set', change: { kind: 'held', hold }, actor: next.by }]
    const over = activeHold(previous)
    if (over === null) return []
    // What stands after the end of a hold is older than the hold.
    return next === undefined || next.since < over.since
      ? [{ type: 'hold.ended', change: { kind: 'hold-ended', hold: over } }]
      : [{ type: 'hold.released', change: { kind: 'released', release: next }, actor: next.by }]
  })
}

function stageEntries(before: Pipeline, after: Pipeline): readonly EntryDraft[] {
  return after.stages.flatMap((stage, index) => {
    const previous = before.stages[index]
    if (previous !== undefined && isEqualJson(newsOf(previous), newsOf(stage))) return []
    return [
      { type: `stage.${stage.status}`, change: { kind: 'stage', stage: stageSummary(stage), since: stage.since } },
    ]
  })
}

/** A change of these is worth an entry. */
function newsOf({ status, attempts, reason }: Stage): unknown {
  const rerun = attempts.at(-1)?.run?.runAttempt ?? 1
  return { status, attempts: attempts.length, rerun, reason: isProgress(reason) ? null : reason }
}

function actorOf(event: Event): string | null {
  if (event.type === 'issue.changed' || event.type === 'issue.labeled') return event.sender
  return event.type === 'review.changed' ? event.review.reviewer : null
}
