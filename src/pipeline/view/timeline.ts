// The history as a story: every attempt is one chapter with the steps that led through it, what people did and what came of
// pull requests stands by itself, and the steps between are gathered.
import type { HistoryChange, HistoryEntry, StageSummary } from '../model/command-result.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'
import type { AttemptRef, Reason } from '../model/reason.ts'
import { endOfSecond, type Instant } from '../model/time.ts'
import { attemptStartedAt } from '../stages/attempts.ts'
import { type Try, triesOf } from './tries.ts'

export type TimelineItem =
  | { readonly kind: 'moment'; readonly entry: HistoryEntry }
  | { readonly kind: 'steps'; readonly entries: readonly HistoryEntry[] }
  | ({ readonly kind: 'attempt' } & Chapter)

/** `attempt` is null while it is only planned, or if nothing came of that. The entries are oldest first. */
export type Chapter = {
  readonly stage: string
  readonly number: number
  readonly attempt: Try | null
  /** Is it the newest of its stage? */
  readonly isLatest: boolean
  readonly at: Instant
  readonly entries: readonly HistoryEntry[]
}

/** The story, newest first, as is `history`. */
export function timelineOf(pipeline: Pipeline, history: readonly HistoryEntry[]): readonly TimelineItem[] {
  const chapters = new Map<string, Chapter & { readonly entries: HistoryEntry[] }>()
  const items: TimelineItem[] = []
  for (const entry of history.toReversed()) {
    const place = chapterOf(pipeline, entry)
    const chapter = place && chapters.get(place.id)
    if (chapter) chapter.entries.push(entry)
    else if (place) {
      const { id, stage, number } = place
      const draft = { stage, number, attempt: null, isLatest: false, at: entry.at, entries: [entry] }
      chapters.set(id, draft)
      items.push({ kind: 'attempt', ...draft })
    } else if (isMoment(entry.change)) addMoment(items, entry)
    else addStep(items, entry)
  }
  const tries = new Map(pipeline.stages.map((stage) => [stage.name, triesOf(pipeline, stage)]))
  return withMissingAttempts(pipeline, items)
    .map((item) => withTry(item, tries))
    .toReversed()
}

/** Attempts whose entries are not among those that were read stand where they began. */
function withMissingAttempts(pipeline: Pipeline, items: readonly TimelineItem[]): readonly TimelineItem[] {
  const isIncluded = (stage: Stage, number: number) =>
    items.some((item) => item.kind === 'attempt' && item.stage === stage.name && item.number === number)
  const missing = pipeline.stages.flatMap((stage) =>
    stage.attempts.flatMap((attempt, nth): readonly TimelineItem[] => {
      const number = idOf(attempt.number, nth)
      if (isIncluded(stage, number)) return []
      const at = attemptStartedAt(attempt)
      return [{ kind: 'attempt', stage: stage.name, number, attempt: null, isLatest: false, at, entries: [] }]
    }),
  )
  return missing.toReversed().reduce<readonly TimelineItem[]>((all, item) => {
    const index = all.findIndex((other) => timeOf(other) > timeOf(item))
    return all.toSpliced(index === -1 ? all.length : index, 0, item)
  }, items)
}

function timeOf(item: TimelineItem): Instant {
  if (item.kind === 'attempt') return item.at
  return (item.kind === 'moment' ? item.entry.at : item.entries[0]?.at) ?? ''
}

function withTry(item: TimelineItem, triesByStage: ReadonlyMap<string, readonly Try[]>): TimelineItem {
  if (item.kind !== 'attempt') return item
  const tries = triesByStage.get(item.stage) ?? []
  const index = tries.findIndex(({ attempt }, nth) => idOf(attempt.number, nth) === item.number)
  return { ...item, attempt: tries[index] ?? null, isLatest: index === -1 || index === tries.length - 1 }
}

/** Runs that Andon did not start all have number 0: the index tells them apart, below the numbers of its own. */
function idOf(number: number, nth: number): number {
  return number === 0 ? -1 - nth : number
}

function chapterOf(pipeline: Pipeline, { at, change }: HistoryEntry) {
  if (change.kind !== 'stage') return null
  const { name, reason } = change.stage
  const ref = attemptOf(reason)
  if (ref === null || isDecision(change.stage)) return null
  const stage = pipeline.stages.find((stage) => stage.name === name)
  const number = ref.number ?? (stage === undefined ? null : otherRunAt(stage, at))
  return number === null ? null : { id: `${name} ${number}`, stage: name, number }
}

/** Which run that Andon did not start an entry is about: the newest that had begun. */
function otherRunAt({ attempts }: Stage, at: Instant): number | null {
  const others = attempts.flatMap(({ number, run }, nth) => (number === 0 ? [{ id: idOf(0, nth), run }] : []))
  const newest = others.findLast(({ run }) => run !== null && run.startedAt <= endOfSecond(at))
  return (newest ?? others[0])?.id ?? null
}

/** The attempt that a reason is about. */
function attemptOf(reason: Reason | null): AttemptRef | null {
  if (reason === null) return null
  if ('attempt' in reason) return reason.attempt
  return 'last' in reason ? attemptOf(reason.last) : null
}

/** The gate after a stage: what people wait for and decide, and no part of an attempt. */
function isDecision({ reason }: StageSummary): boolean {
  return reason?.kind === 'waits-for-approval' || reason?.kind === 'gate-approved'
}

/** Is it worth a line of its own? */
function isMoment(change: HistoryChange): boolean {
  switch (change.kind) {
    case 'stage':
      return isStageMoment(change.stage)
    case 'button':
    case 'press':
      // What these do is told by the stage.
      return change.result.outcome !== 'done' || (change.verb !== 'approve' && change.verb !== 'skip')
    case 'started':
    case 'issue':
    case 'pull-request':
    case 'pull-request-shown':
    case 'held':
    case 'released':
    case 'hold-ended':
      return true
  }
}

function isStageMoment({ reason }: StageSummary): boolean {
  switch (reason?.kind) {
    case undefined:
    case 'asks-permission':
    case 'asks-issue':
    case 'asks-issue-state':
    case 'waits-for-start':
    case 'waits-for-stage':
    case 'stage-over':
    case 'issue-closed':
    case 'issue-removed':
      return false
    default:
      return true
  }
}

/** What people did stands before the attempts, and the steps, that began with it. */
function addMoment(items: TimelineItem[], entry: HistoryEntry): void {
  const last = items.findLastIndex((item) => item.kind === 'moment' || timeOf(item) !== entry.at)
  items.splice(last + 1, 0, { kind: 'moment', entry })
}

function addStep(items: TimelineItem[], entry: HistoryEntry): void {
  const last = items.at(-1)
  if (last?.kind !== 'steps') items.push({ kind: 'steps', entries: [entry] })
  else items[items.length - 1] = { kind: 'steps', entries: [...last.entries, entry] }
}
