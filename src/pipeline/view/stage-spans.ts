// Where the time of an issue went, told from its history. The times are GitHub's and ours, so that two clocks meet here:
// what is found is drawn and never decides anything, and a step back in time of one stage counts as no time. Stages are
// told apart from each other: what Andon heard late of one must not stretch another.
import type { HistoryEntry, StageSummary } from '../model/command-result.ts'
import type { Pipeline, StageStatus } from '../model/pipeline.ts'
import type { Reason } from '../model/reason.ts'
import { type Instant, latest } from '../model/time.ts'
import { headlineOf } from './light.ts'
import { hasEnded } from './needs-you.ts'

/** `people`: for an approval, a review, the end of a hold, or after a cancellation. `failed`: until a person decides. */
export type SpanKind = 'queued' | 'running' | 'people' | 'failed'

/** What a stage did from one moment to another; `to` is null while it goes on. */
export type StageSpan = { readonly kind: SpanKind; readonly from: Instant; readonly to: Instant | null }

export type IssueSpans = {
  readonly from: Instant
  /** When the issue was over; null while it is not. */
  readonly to: Instant | null
  readonly stages: readonly { readonly name: string; readonly spans: readonly StageSpan[] }[]
}

/** The spans of every stage; `history` is newest first, as it is stored. */
export function issueSpansOf(pipeline: Pipeline, history: readonly HistoryEntry[]): IssueSpans {
  const known = history.toReversed()
  const headline = headlineOf(pipeline)
  const from = known.map(({ at }) => at).toSorted()[0] ?? pipeline.start.at
  const to = hasEnded(pipeline, headline) ? latest(from, headline.since) : null
  const all = pipeline.stages.map(({ name }) => ({ name, spans: spansOf(name, known) }))
  const stages = all.map(({ name, spans }, index) => {
    const later = all.slice(index + 1).flatMap(({ spans }) => spans)
    return { name, spans: spans.map((span) => closed(endOfFailure(span, later), to)) }
  })
  return { from, to, stages }
}

function spansOf(name: string, history: readonly HistoryEntry[]): readonly StageSpan[] {
  const spans: StageSpan[] = []
  let status: StageStatus = 'idle'
  for (const { at: recordedAt, change } of history) {
    if (change.kind !== 'stage' || change.stage.name !== name) continue
    const kind = kindOf(change.stage)
    const last = spans.at(-1)
    // What ended did so when GitHub says so, however late that was read. A run has its status since it was made, also
    // while it waits for its runner, so that only the entry tells when it began to run.
    const isDatedByEntry = change.stage.status === status || change.stage.status === 'running'
    const statusSince = isDatedByEntry ? recordedAt : (change.since ?? recordedAt)
    const at = latest(statusSince, last?.to ?? last?.from ?? statusSince)
    status = change.stage.status
    if (last?.to === null) {
      if (last.kind === kind) continue
      spans[spans.length - 1] = { ...last, to: at }
    }
    if (kind !== null) spans.push({ kind, from: at, to: null })
  }
  return spans.filter(({ from, to }) => from !== to)
}

/** A failure that a later stage passes by troubles nobody any more. */
function endOfFailure(span: StageSpan, later: readonly StageSpan[]): StageSpan {
  if (span.kind !== 'failed') return span
  const next = later.map(({ from }) => from).filter((from) => from > span.from && (span.to === null || from < span.to))
  return { ...span, to: next.toSorted()[0] ?? span.to }
}

function closed(span: StageSpan, end: Instant | null): StageSpan {
  return end !== null && (span.to === null || span.to > end) ? { ...span, to: latest(span.from, end) } : span
}

function kindOf({ status, reason }: StageSummary): SpanKind | null {
  switch (status) {
    case 'queued':
    case 'running':
      return waitsForPeople(reason) ? 'people' : status
    case 'review':
    case 'cancelled':
      return 'people'
    case 'failed':
      return 'failed'
    case 'idle':
    case 'done':
    case 'skipped':
      return null
  }
}

function waitsForPeople(reason: Reason | null): boolean {
  if (reason?.kind === 'denied') return reason.denial.kind === 'held'
  if (reason?.kind === 'waits-for-dispatch') return reason.dispatch.kind === 'held'
  if (reason?.kind === 'unconfirmed') return reason.needsPerson
  return reason?.kind === 'held' || reason?.kind === 'waits-for-github-approval' || reason?.kind === 'file-mistaken'
}
