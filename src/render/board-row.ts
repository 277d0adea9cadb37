// One issue on the board. `Row` is the JSON that others build against; `Drawn` is what the page needs beside it.

import { holdsOf } from '../pipeline/holds/holds.ts'
import type { Evidence } from '../pipeline/model/evidence.ts'
import type { Around } from '../pipeline/model/hold.ts'
import type { Health, Light, Pipeline, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { currentAttempt } from '../pipeline/stages/attempt-outcome.ts'
import { clocks, health } from '../pipeline/view/health.ts'
import { light } from '../pipeline/view/light.ts'
import { withHolds } from './hold-text.ts'
import { clock, HEALTHS, untilUnsaid } from './labels.ts'

/** A pipeline as it is stored, as far as people are shown it. */
export type Shown = {
  readonly id: number
  readonly repository: string
  readonly revision: number
  /** Whether a hold counts here: its own, the repository's or everything's, while anything is live or has failed. */
  readonly held: boolean
  readonly around: Around
  readonly needsYouAt: Instant | null
  readonly pipeline: Pipeline
}

/** A row of `GET /api/pipelines`. */
export type Row = {
  readonly repository: string
  readonly issue: number
  /** Null until GitHub has told us. */
  readonly title: string | null
  readonly url: string | null
  readonly stage: string
  readonly light: Light
  readonly health: Health
  readonly held: boolean
  readonly attempt: number | null
  readonly since: Instant
  readonly aliveAt: Instant | null
  readonly progressAt: Instant | null
  readonly reason: string
  readonly waiting: { readonly for: string; readonly until: Instant | null } | null
  readonly evidence: Evidence | null
  readonly revision: number
}

/** A row as the page draws it. */
export type Drawn = {
  readonly id: string
  readonly row: Row
  readonly line: readonly Station[]
  readonly needsYou: boolean
  /** Until when it waits, unless its reason says so already. */
  readonly until: Instant | null
  /** What lies over the light: `stalled` and since when; null while the line is well. */
  readonly overlay: { readonly word: string; readonly since: Instant | null } | null
}

/** One stage on the line of lights. */
export type Station = {
  readonly name: string
  readonly status: StageStatus
  /** The stage the light speaks of. */
  readonly current: boolean
}

/** The row of a pipeline at a moment: health is derived here, never stored. */
export function row(shown: Shown, now: Instant): Row {
  const { pipeline } = shown
  const lit = light(pipeline)
  const stage = pipeline.stages.find(({ name }) => name === lit.stage)
  return {
    repository: shown.repository,
    issue: pipeline.issue.number,
    title: pipeline.issue.title,
    url: webUrl(pipeline.issue.url),
    stage: lit.stage,
    light: lit.light,
    health: healthOf(shown, now).health,
    held: shown.held,
    attempt: attemptNumber(stage),
    since: lit.since,
    ...clocks(pipeline),
    reason: shown.held ? withHolds(lit.reason, holdsOf(pipeline, shown.around)) : lit.reason,
    waiting: stage?.waiting ?? null,
    evidence: stage?.evidence ?? null,
    revision: shown.revision,
  }
}

/** The row with its line of lights and what lies over it. */
export function drawn(shown: Shown, now: Instant): Drawn {
  const view = row(shown, now)
  const { since } = healthOf(shown, now)
  const word = HEALTHS[view.health]
  return {
    id: `pipeline-${shown.id}`,
    row: view,
    line: stations(shown.pipeline),
    needsYou: needsYou(shown, now),
    until: untilUnsaid(view),
    overlay: word === null ? null : { word, since },
  }
}

/** Whether a person is needed now: in review, failed, held, or stalled. */
export function needsYou({ held, needsYouAt }: Pick<Shown, 'held' | 'needsYouAt'>, now: Instant): boolean {
  return held || (needsYouAt !== null && needsYouAt <= now)
}

/** How we know, for a person: `delivery 7f3a9c21…, 14:01:58 UTC`. */
export function evidenceWords(evidence: Evidence): string {
  return `${sourceWords(evidence)}, ${clock(evidence.at)}`
}

/** The same without the moment. */
export function sourceWords({ kind, id }: Evidence): string {
  // The key of a question begins with what was asked; GUIDs are told apart by their beginning.
  const name =
    kind === 'read' ? (id.split('/')[0] ?? id) : kind === 'delivery' && id.length > 12 ? `${id.slice(0, 8)}…` : id
  return `${EVIDENCE[kind]} ${name}`
}

const EVIDENCE = {
  delivery: 'delivery',
  read: 'read from GitHub:',
  beat: 'beat of',
  command: 'command in comment',
  clock: 'clock of',
} as const satisfies Record<Evidence['kind'], string>

/** Only what a browser may safely follow: these addresses came from outside. */
export function webUrl(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) ? url : null
}

/** The number of the attempt a stage stands by; null while nobody has tried, or somebody else did beside us. */
export function attemptNumber(stage: Stage | undefined): number | null {
  if (stage === undefined) return null
  return currentAttempt(stage)?.number || null
}

function healthOf({ pipeline, around }: Shown, now: Instant): ReturnType<typeof health> {
  return health(pipeline, now, holdsOf(pipeline, around))
}

/** The stages in the order of the line, each with its light. */
function stations(pipeline: Pipeline): readonly Station[] {
  const current = light(pipeline).stage
  return pipeline.stages.map(({ name, status }) => ({ name, status, current: name === current }))
}
