// Where the time of an issue went: one bar for each stage over the time of the issue, and the same in words.
import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { Health, Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { HealthAtWork } from '../pipeline/view/health.ts'
import { issueSpansOf, type SpanKind, type StageSpan } from '../pipeline/view/stage-spans.ts'
import { formatDuration, formatMinute, HEALTH_WORDS } from './labels.ts'
import { healthOfStage } from './lamp.ts'

export type TimeSpentView = {
  readonly from: Instant
  /** When it was over; null while it goes on. */
  readonly to: Instant | null
  readonly stages: readonly StageTimeView[]
  /** The kinds that occur, for the key of the colours. */
  readonly kinds: readonly { readonly kind: ShownKind; readonly word: string }[]
}

export type StageTimeView = {
  readonly name: string
  readonly bars: readonly Bar[]
  /** `ran 12 m`, in the order of `kinds`; what goes on is not in them. */
  readonly sums: readonly string[]
  /** What it does now, and since when. */
  readonly current: { readonly word: string; readonly since: Instant } | null
}

/** In thousandths of the whole. */
export type Bar = { readonly kind: ShownKind; readonly x: number; readonly width: number; readonly title: string }

/** Health is in no history: it is derived when it is looked at, for what goes on. */
type ShownKind = SpanKind | Exclude<Health, 'ok'>
type ShownSpan = Omit<StageSpan, 'kind'> & { readonly kind: ShownKind }

const WORDS = {
  queued: { word: 'queued', past: 'queued' },
  running: { word: 'running', past: 'ran' },
  people: { word: 'waiting for people', past: 'waited for people' },
  failed: { word: 'failed', past: 'had failed for' },
  stalled: { word: HEALTH_WORDS.stalled, past: 'stalled for' },
  stale: { word: HEALTH_WORDS.stale, past: 'past its limit for' },
  unknown: { word: HEALTH_WORDS.unknown, past: 'unknown for' },
} as const satisfies Record<ShownKind, { word: string; past: string }>

const KINDS = ['queued', 'running', 'stalled', 'stale', 'unknown', 'people', 'failed'] as const

export function timeSpentOf(
  pipeline: Pipeline,
  history: readonly HistoryEntry[],
  now: Instant,
  atWork: HealthAtWork,
): TimeSpentView {
  const { from, to, stages: all } = issueSpansOf(pipeline, history)
  const stages = all.map(({ name, spans }) => {
    const health = healthOfStage(name, atWork)
    return { name, spans: health === 'ok' ? spans : spans.flatMap((span) => splitAt(span, health, atWork.since)) }
  })
  const start = Date.parse(from)
  const end = to === null ? nextStep(start, Date.parse(now)) : Date.parse(to)
  const found = new Set(stages.flatMap(({ spans }) => spans.map(({ kind }) => kind)))
  return {
    from,
    to,
    stages: stages.map(({ name, spans }) => ({
      name,
      bars: spans.map((span) => barOf(span, start, end)),
      sums: sumsOf(spans),
      current: currentOf(spans),
    })),
    kinds: KINDS.filter((kind) => found.has(kind)).map((kind) => ({ kind, word: WORDS[kind].word })),
  }
}

/** What goes on is not well since then. */
function splitAt(span: StageSpan, health: Exclude<Health, 'ok'>, since: Instant | null): readonly ShownSpan[] {
  if (span.to !== null) return [span]
  if (since === null || since <= span.from) return [{ ...span, kind: health }]
  return [
    { ...span, to: since },
    { ...span, kind: health, from: since },
  ]
}

/** The picture of what goes on ends a little later than now, so that it stays the same for a while. */
function nextStep(start: number, now: number): number {
  const span = Math.max(now - start, 1)
  const step = STEPS_MS.find((step) => span / step <= MAX_STEPS) ?? DAY_MS
  return start + Math.ceil(span / step) * step
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const STEPS_MS = [1, 2, 5, 15, 60, 240].map((minutes) => minutes * MINUTE_MS)
const MAX_STEPS = 60

/** What is too short to be seen is drawn as wide as can be seen. */
const MIN_WIDTH = 4

function barOf({ kind, from, to }: ShownSpan, start: number, end: number): Bar {
  const scale = 1000 / Math.max(1, end - start)
  const left = (Date.parse(from) - start) * scale
  const right = to === null ? 1000 : (Date.parse(to) - start) * scale
  const width = Math.max(MIN_WIDTH, right - left)
  const lasted = to === null ? '' : ` to ${formatMinute(to)}, ${formatDuration(Date.parse(to) - Date.parse(from))}`
  return {
    kind,
    x: round(Math.min(left, 1000 - width)),
    width: round(width),
    title: `${WORDS[kind].word} from ${formatMinute(from)}${lasted}`,
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function sumsOf(spans: readonly ShownSpan[]): readonly string[] {
  return KINDS.flatMap((kind) => {
    const ended = spans.filter((span) => span.kind === kind && span.to !== null)
    const sum = ended.reduce((all, { from, to }) => all + Date.parse(to ?? from) - Date.parse(from), 0)
    return ended.length === 0 ? [] : [`${WORDS[kind].past} ${formatDuration(sum)}`]
  })
}

function currentOf(spans: readonly ShownSpan[]): StageTimeView['current'] {
  const last = spans.findLast(({ to }) => to === null)
  return last === undefined ? null : { word: WORDS[last.kind].word, since: last.from }
}
