// Whole lives of issues, delivery by delivery, with the light each must end on. No recorded sequences are published,
// so these are recorded payloads in GitHub's order, with GitHub's clock of whole seconds.
import type { Light } from '../../src/pipeline/model/pipeline.ts'
import type { TestRepository, WebhookDelivery } from './deliveries.ts'
import { DeliverySequence } from './delivery-sequence.ts'

export type Stage = 'plan' | 'code' | 'test'

/** Where the story stops. `closed`: merged, and the issue closed with it. */
export type TraceEnd =
  | 'opened'
  | 'labeled'
  | 'requested'
  | 'planning'
  | 'planned'
  | 'coding'
  | 'testing'
  | 'review'
  | 'merged'
  | 'closed'
  | 'not planned'

export type TraceOptions = {
  readonly repository?: TestRepository
  readonly end?: TraceEnd
  /** The newest run of this stage fails, and the story stops there. */
  readonly fails?: Stage
  /** The first run of this stage fails and is re-run by hand (`run_attempt` 2). */
  readonly rerun?: Stage
  /** A review asks for changes: code and test run once more before it is approved. */
  readonly rework?: boolean
  /** Every timestamp is the same second: only rank can order the facts. */
  readonly equalTimestamps?: boolean
  readonly startAt?: string
}

export type Trace = {
  readonly issueNumber: number
  readonly deliveries: readonly WebhookDelivery[]
  /** The light after all deliveries, in any order; null: no row on the board. */
  readonly light: Light | null
  readonly stage: string | null
  readonly options: TraceOptions
}

/** The story of one issue. */
export function traceOf(issueNumber: number, options: TraceOptions = {}): Trace {
  const story = new DeliverySequence(issueNumber, options)
  const [light, stage] = playTrace(story, options)
  return { issueNumber, deliveries: story.deliveries, light, stage, options }
}

/** A mix of stories: every ending, failures, re-runs, rework; issues numbered from `first`. */
export function traces(count: number, plot: TraceOptions & { first?: number } = {}): readonly Trace[] {
  const { first = 1, ...shared } = plot
  return Array.from({ length: count }, (_, index) => {
    const options = TRACE_OPTIONS[index % TRACE_OPTIONS.length] ?? {}
    return traceOf(first + index, { ...options, ...shared })
  })
}

export const TRACE_OPTIONS: readonly TraceOptions[] = [
  { end: 'closed' },
  { end: 'review' },
  { fails: 'test' },
  { end: 'planning' },
  { end: 'closed', rework: true },
  { end: 'closed', rerun: 'test' },
  { end: 'labeled' },
  { fails: 'plan' },
  { end: 'coding' },
  { end: 'merged', rerun: 'code', rework: true },
  { end: 'requested' },
  { end: 'planned' },
  { fails: 'code', rerun: 'plan' },
  { end: 'testing' },
  { end: 'opened' },
  { end: 'not planned' },
  { end: 'review', rerun: 'plan' },
  { end: 'closed' },
]

type ExpectedLight = readonly [Light | null, string | null]

function playTrace(story: DeliverySequence, plot: TraceOptions): ExpectedLight {
  const { end = 'closed', fails } = plot
  story.issue('opened')
  if (end === 'opened') return [null, null]
  story.issue('labeled')
  if (end === 'labeled') return ['queued', 'plan']
  if (end === 'requested') {
    story.run('plan').requested()
    return ['queued', 'plan']
  }
  if (end === 'planning') {
    story.run('plan').requested().started()
    return ['running', 'plan']
  }
  if (!story.stage('plan')) return ['failed', 'plan']
  if (end === 'planned') return ['idle', 'plan']
  if (end === 'not planned') {
    story.issue('closed', 'not_planned')
    return ['idle', 'plan']
  }
  if (end === 'coding') {
    story.run('code').requested().started()
    return ['running', 'code']
  }
  if (!story.stage('code')) return ['failed', 'code']
  if (end === 'testing') {
    story.run('test').requested().started()
    return ['running', 'test']
  }
  story.pullRequest('opened')
  // A failed test leaves the pull request open for review: the furthest live stage is the light.
  if (!story.stage('test')) return ['review', 'review']
  if (end === 'review') return ['review', 'review']
  if (plot.rework) {
    story.review('changes_requested')
    story.nextHead()
    story.pullRequest('synchronize')
    story.stage('code', { isRerun: true })
    story.stage('test', { isRerun: true })
  }
  story.review('approved')
  story.pullRequest('closed')
  if (end === 'closed') story.issue('closed', 'completed')
  return fails === undefined ? ['done', 'review'] : ['failed', fails]
}
