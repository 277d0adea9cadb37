// One issue on the board. `BoardRow` is the JSON of the API; `BoardRowView` adds what the page needs.

import { activeHolds } from '../pipeline/holds/holds.ts'
import type { KnownAccessProblem } from '../pipeline/model/access.ts'
import type { OuterHolds } from '../pipeline/model/hold.ts'
import type { Health, Light, Pipeline, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Reason } from '../pipeline/model/reason.ts'
import type { Evidence, Instant } from '../pipeline/model/time.ts'
import { currentAttempt } from '../pipeline/stages/attempts.ts'
import { type HealthAtWork, healthAtWork } from '../pipeline/view/health.ts'
import { activityOf, headlineOf, hiddenStageOf } from '../pipeline/view/light.ts'
import { hasEnded } from '../pipeline/view/needs-you.ts'
import { appendAccessProblems } from './access-problem.ts'
import type { Wait } from './explanation.ts'
import { appendHolds, unmentionedHolds } from './hold-text.ts'
import { EVIDENCE_SOURCES, formatMinute, formatTime, repairedText } from './labels.ts'
import { healthOfStage, type Lamp, lampOf } from './lamp.ts'
import { describeReason, unmentionedWaitEnd, waitOf } from './reason.ts'

/** The part of a stored pipeline that people are shown. */
export type BoardPipeline = {
  readonly id: number
  readonly repository: string
  readonly revision: number
  /** Whether a hold is in force here, on the issue, the repository or everything, while anything is live or has failed. */
  readonly held: boolean
  readonly outerHolds: OuterHolds
  readonly needsYouAt: Instant | null
  /** Until when its light counts as known; null or absent where nothing at GitHub decides it. */
  readonly knownUntil?: Instant | null
  /** What GitHub refuses here now, and whether that keeps the pipeline from going on. */
  readonly accessProblems?: readonly KnownAccessProblem[]
  readonly keptOut?: boolean
  /** It waits for a version of its repository's file without mistakes. */
  readonly awaitsFile?: boolean
  readonly pipeline: Pipeline
}

/** A row of `GET /api/pipelines`. */
export type BoardRow = {
  /** Andon's own number of the pipeline: of rows that are equally urgent and old, the lower stands first. */
  readonly id: number
  readonly repository: string
  readonly issue: number
  /** Null until GitHub has sent it. */
  readonly title: string | null
  readonly url: string | null
  readonly stage: string
  readonly light: Light
  readonly health: Health
  /** The gravest earlier stage that the light hides; null if none failed, waits or runs. */
  readonly hides: HiddenStage | null
  readonly held: boolean
  readonly needsYou: boolean
  /** Done, or over without that: it is closed, or its repository is gone. */
  readonly ended: boolean
  readonly attempt: number | null
  readonly since: Instant
  readonly aliveAt: Instant | null
  readonly progressAt: Instant | null
  /** When what the row shows was last known, if that is too long ago to go by: its health is unknown. Null else. */
  readonly lastKnownAt: Instant | null
  readonly reason: string
  /** The reason for programs, because the words may change. Null without a reason. */
  readonly reasonKind: Reason['kind'] | null
  readonly waiting: Wait | null
  readonly evidence: Evidence | null
  readonly revision: number
}

export type HiddenStage = { readonly stage: string; readonly status: StageStatus; readonly text: string }

/** A row as the page draws it. */
export type BoardRowView = {
  readonly id: string
  readonly row: BoardRow
  readonly lamp: Lamp
  readonly hiddenLamp: Lamp | null
  readonly lights: readonly StageLight[]
  /** The run that a person must approve on GitHub. */
  readonly approvalUrl: string | null
  /** The end of its wait, unless its reason already names it. */
  readonly waitsUntil: Instant | null
  /** Since when the live run is not well; null while it is. */
  readonly unwellSince: Instant | null
}

/** One stage in the row of lights. */
export type StageLight = Lamp & {
  readonly name: string
  /** Whether the pipeline's light is that of this stage. */
  readonly isCurrent: boolean
}

/** The row of a pipeline at one moment: its health is derived here, never stored. */
export function boardRowOf(shown: BoardPipeline, now: Instant): BoardRow {
  const { pipeline } = shown
  const headline = headlineOf(pipeline)
  const atWork = healthOf(shown, now)
  const lastKnownAt = atWork.isOutdated ? atWork.since : null
  const text = appendLastKnown(describeReason(headline.reason, headline.stage), lastKnownAt)
  const stage = pipeline.stages.find(({ name }) => name === headline.stage)
  return {
    id: shown.id,
    repository: shown.repository,
    issue: pipeline.issue.number,
    title: pipeline.issue.title,
    url: safeWebUrl(pipeline.issue.url),
    stage: headline.stage,
    light: headline.light,
    health: atWork.health,
    hides: describeHidden(pipeline, atWork),
    held: shown.held,
    needsYou: needsYou(shown, now),
    ended: hasEnded(pipeline),
    attempt: attemptNumberOf(stage),
    since: headline.since,
    ...activityOf(pipeline),
    lastKnownAt,
    reason: appendAccessProblems(
      shown.held ? appendHolds(text, unmentionedHolds(headline.reason, activeHolds(pipeline, shown.outerHolds))) : text,
      shown.accessProblems ?? [],
    ),
    reasonKind: headline.reason?.kind ?? null,
    waiting: waitOf(stage?.reason ?? null),
    evidence: stage?.evidence ?? null,
    revision: shown.revision,
  }
}

/** The row with its lights. */
export function boardRowViewOf(shown: BoardPipeline, now: Instant): BoardRowView {
  const row = boardRowOf(shown, now)
  const health = healthOf(shown, now)
  return {
    id: `pipeline-${shown.id}`,
    row,
    lamp: lampOf(statusOfRow(shown.pipeline, row), row.health),
    hiddenLamp: row.hides && lampOf(row.hides.status, healthOfStage(row.hides.stage, health)),
    lights: stageLightsOf(shown.pipeline, health),
    approvalUrl: row.reasonKind === 'waits-for-github-approval' ? runUrlOf(shown.pipeline, row.stage) : null,
    waitsUntil: unmentionedWaitEnd(headlineOf(shown.pipeline).reason),
    unwellSince: health.since,
  }
}

/** A stage that was cancelled leaves the pipeline idle, and is shown as what it is. */
function statusOfRow({ stages }: Pipeline, { light, stage }: BoardRow): StageStatus {
  const isCancelled = stages.some(({ name, status }) => name === stage && status === 'cancelled')
  return light === 'idle' && isCancelled ? 'cancelled' : light
}

/** Whether a person is needed now: it waits for one, failed, is silent or held, or what stops it only a person can mend. */
export function needsYou(
  {
    held,
    keptOut = false,
    awaitsFile = false,
    needsYouAt,
  }: Pick<BoardPipeline, 'held' | 'keptOut' | 'awaitsFile' | 'needsYouAt'>,
  now: Instant,
): boolean {
  return held || keptOut || awaitsFile || (needsYouAt !== null && needsYouAt <= now)
}

/** Where the evidence comes from and when: `webhook delivery 7f3a9c21…, 14:01:58 UTC`. */
export function evidenceText(evidence: Evidence): string {
  return `${evidenceSourceText(evidence)}, ${formatTime(evidence.at)}`
}

/** The same without the time. */
function evidenceSourceText({ kind, id, repairedAt }: Evidence): string {
  const source = EVIDENCE_SOURCES[kind]
  if (repairedAt !== undefined) return `${source}${repairedText(kind, repairedAt)}`
  // GitHub lists deliveries by GUID; its beginning is enough to find one.
  if (kind === 'delivery') return `${source} ${id.length > 12 ? `${id.slice(0, 8)}…` : id}`
  // The key of a question begins with what was asked.
  return kind === 'read' ? `${source}: ${id.split('/')[0] ?? id}` : source
}

/** The URL if a browser may safely follow it, else null: these URLs come from outside. */
export function safeWebUrl(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) ? url : null
}

/** The number of the stage's current attempt; null without one, or when it is a run that Andon did not start. */
export function attemptNumberOf(stage: Stage | undefined): number | null {
  if (stage === undefined) return null
  return currentAttempt(stage)?.number || null
}

function appendLastKnown(reason: string, lastKnownAt: Instant | null): string {
  if (lastKnownAt === null) return reason
  const words = `not confirmed since ${formatMinute(lastKnownAt)}`
  return reason === '' ? words : `${reason}; ${words}`
}

/** `test failed, again at 14:02 UTC`. */
function describeHidden(pipeline: Pipeline, atWork: HealthAtWork): HiddenStage | null {
  const hidden = hiddenStageOf(pipeline)
  if (hidden === null) return null
  const { name, status, reason } = hidden
  const isRetried = reason?.kind === 'waits-to-retry'
  const text = isRetried
    ? `${name} failed, again at ${reason.until.slice(11, 16)} UTC`
    : `${name} ${lampOf(status, healthOfStage(name, atWork)).word}`
  return { stage: name, status: isRetried ? 'failed' : status, text }
}

function runUrlOf({ stages }: Pipeline, name: string): string | null {
  const stage = stages.find((other) => other.name === name)
  return safeWebUrl((stage && currentAttempt(stage)?.run?.url) ?? null)
}

/** The health of the stage at work, under the holds that are in force. */
export function healthOf({ pipeline, outerHolds, knownUntil = null }: BoardPipeline, now: Instant): HealthAtWork {
  return healthAtWork(pipeline, now, { until: knownUntil, holds: activeHolds(pipeline, outerHolds) })
}

/** The stages in the order of the line, each with its light. */
function stageLightsOf(pipeline: Pipeline, atWork: HealthAtWork): readonly StageLight[] {
  const current = headlineOf(pipeline).stage
  return pipeline.stages.map(({ name, status }) => {
    return { name, ...lampOf(status, healthOfStage(name, atWork)), isCurrent: name === current }
  })
}
