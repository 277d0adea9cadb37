// The story of an issue in words: attempts as cards, what people did, and the steps between.
import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { HealthAtWork } from '../pipeline/view/health.ts'
import { type TimelineItem, timelineOf } from '../pipeline/view/timeline.ts'
import { type AttemptCard, attemptCardOf } from './attempt-card.ts'
import { type EvidenceView, evidenceViewOf } from './evidence.ts'
import { describeChange } from './history.ts'
import { type Moment, momentOf } from './moment.ts'

export type TimelineItemView =
  | { readonly kind: 'attempt'; readonly card: AttemptCard; readonly steps: readonly StepView[] }
  | ({ readonly kind: 'moment' } & StepView & Moment)
  | { readonly kind: 'steps'; readonly id: string; readonly steps: readonly StepView[] }

/** One entry of the history. Its id stays the same, so that what is unfolded stays so. */
export type StepView = {
  readonly id: string
  readonly at: Instant
  readonly text: string
  readonly evidence: EvidenceView | null
}

/** Newest first, as is `history`. */
export function timelineViewOf(
  pipeline: Pipeline,
  history: readonly HistoryEntry[],
  atWork: HealthAtWork,
): readonly TimelineItemView[] {
  const idOf = identify(history)
  const stepOf = (entry: HistoryEntry): StepView => ({
    id: idOf(entry),
    at: entry.at,
    text: describeChange(entry.change),
    evidence: evidenceViewOf(entry.evidence, pipeline.issue.url),
  })
  return timelineOf(pipeline, history).map((item) => viewOf(pipeline, item, atWork, stepOf))
}

function viewOf(
  pipeline: Pipeline,
  item: TimelineItem,
  atWork: HealthAtWork,
  stepOf: (entry: HistoryEntry) => StepView,
): TimelineItemView {
  switch (item.kind) {
    case 'attempt':
      return { kind: 'attempt', card: attemptCardOf(pipeline, item, atWork), steps: item.entries.map(stepOf) }
    case 'moment':
      return { kind: 'moment', ...stepOf(item.entry), ...momentOf(pipeline, item.entry) }
    case 'steps': {
      const steps = item.entries.map(stepOf)
      return { kind: 'steps', id: `steps-${steps[0]?.id}`, steps }
    }
  }
}

/** Entries are only ever added: one is known by its time and its place among those of the same time. */
function identify(history: readonly HistoryEntry[]): (entry: HistoryEntry) => string {
  const counts = new Map<string, number>()
  const ids = new Map(
    history.toReversed().map((entry) => {
      const nth = counts.get(entry.at) ?? 0
      counts.set(entry.at, nth + 1)
      return [entry, `e${Date.parse(entry.at)}-${nth}`] as const
    }),
  )
  return (entry) => ids.get(entry) ?? ''
}
