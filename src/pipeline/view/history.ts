// History is told by comparing what stood before with what stands after, so that an event tells only what it changed.
import { activeHold, describeActor, describeHold, describePlace, isSameWord } from '../holds/holds.ts'
import type { Event } from '../model/events.ts'
import type { HistoryEntry } from '../model/history-entry.ts'
import type { HoldOrRelease } from '../model/hold.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'

/** What an event changed, in words a person reads. */
export function historyOf(before: Pipeline, after: Pipeline, event: Event): readonly HistoryEntry[] {
  const told = { at: event.at, actor: actorOf(event), evidence: event.evidence }
  return [
    ...issueEntries(before, after),
    ...pullRequestEntries(before, after),
    ...holdEntries(before, after),
    ...stageEntries(before, after),
  ].map((said) => ({
    ...told,
    ...said,
  }))
}

type EntryDraft = Pick<HistoryEntry, 'type' | 'text'> & Partial<Pick<HistoryEntry, 'actor'>>

function issueEntries(before: Pipeline, after: Pipeline): readonly EntryDraft[] {
  const said: EntryDraft[] = []
  if (before.issue.state !== after.issue.state) {
    const closed = after.issue.state === 'closed'
    said.push({
      type: `issue.${closed ? 'closed' : 'reopened'}`,
      text: `the issue was ${closed ? 'closed' : 'reopened'}`,
    })
  }
  if (before.removed === null && after.removed !== null)
    said.push({ type: `issue.${after.removed.why}`, text: `the issue was ${after.removed.why}` })
  return said
}

function pullRequestEntries(before: Pipeline, after: Pipeline): readonly EntryDraft[] {
  return [
    ...addedPullRequests(before, after).map((number) => ({
      type: 'pull_request.linked',
      text: `pull request #${number} is linked`,
    })),
    ...addedPullRequests(after, before).map((number) => ({
      type: 'pull_request.unlinked',
      text: `pull request #${number} is no longer linked`,
    })),
  ]
}

function holdEntries(before: Pipeline, after: Pipeline): readonly EntryDraft[] {
  const known = before.holdsAndReleases ?? []
  const spoken = after.holdsAndReleases?.filter((word) => known.every((other) => !isSameWord(other, word))) ?? []
  return spoken.flatMap((word) => (activeHold(word) !== null || wasHeldBefore(before, word) ? [holdEntry(word)] : []))
}

function wasHeldBefore({ holdsAndReleases = [] }: Pipeline, { place }: HoldOrRelease): boolean {
  return holdsAndReleases.some(
    (word) => activeHold(word) !== null && describePlace(word.place) === describePlace(place),
  )
}

function holdEntry(word: HoldOrRelease): EntryDraft {
  const hold = activeHold(word)
  if (hold !== null) return { type: 'hold.set', text: describeHold(hold), actor: word.by }
  return {
    type: 'hold.released',
    text: `${describePlace(word.place)} was resumed by ${describeActor(word)}`,
    actor: word.by,
  }
}

function addedPullRequests(before: Pipeline, after: Pipeline): readonly number[] {
  const known = new Set(before.pullRequests.map(({ number }) => number))
  return after.pullRequests.map(({ number }) => number).filter((number) => !known.has(number))
}

function stageEntries(before: Pipeline, after: Pipeline): readonly EntryDraft[] {
  return after.stages.flatMap((stage, index) => {
    const previous = before.stages[index]
    if (previous !== undefined && changeKey(previous) === changeKey(stage)) return []
    const text = `${stage.name}: ${stage.reason === '' ? stage.status : stage.reason}`
    return [{ type: `stage.${stage.status}`, text }]
  })
}

/** What is worth a line when it changes: steps moving inside a run are not, unless it is being cancelled. */
function changeKey({ status, attempts, reason }: Stage): string {
  const newest = attempts.at(-1)
  const isQuiet = status === 'running' && !attempts.some(({ control }) => control != null && control.cancel !== null)
  return [status, attempts.length, newest?.run?.runAttempt ?? 1, isQuiet ? '' : reason].join(' ')
}

function actorOf(event: Event): string | null {
  if (event.type === 'issue.changed' || event.type === 'issue.labeled') return event.sender
  return event.type === 'review.changed' ? event.review.reviewer : null
}
