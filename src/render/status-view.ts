// The tables that answer `/andon status` and `/andon why`: the issue's state when the reply is written.
import type { KnownAccessProblem } from '../pipeline/model/access.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import type { Evidence } from '../pipeline/model/time.ts'
import { currentAttempt, runPageOf } from '../pipeline/stages/attempts.ts'
import type { HealthAtWork } from '../pipeline/view/health.ts'
import { headlineOf } from '../pipeline/view/light.ts'
import { accessProblemsMarkdown } from './access-problem.ts'
import { attemptNumberOf } from './board-row.ts'
import { describeHold } from './hold-text.ts'
import { EVIDENCE_SOURCES, formatSecond, LIGHT_SYMBOLS } from './labels.ts'
import { describeReason, waitOf } from './reason.ts'
import { escapeInline, linkTo } from './sanitize.ts'
import { type StageOverlays, stageOf, statusText } from './stage.ts'

/** A pipeline at one moment, with its health, its holds and the problems of its configuration. */
export type StatusView = {
  readonly pipeline: Pipeline
  readonly overlay: HealthAtWork | null
  /** The holds in force, the widest first. */
  readonly holds: readonly Hold[]
  /** What GitHub refuses here now. */
  readonly accessProblems?: readonly KnownAccessProblem[]
  /** The mistakes in the repository's `andon.yml`, in sentences. */
  readonly problems: readonly string[]
  /** Whether a good version of that file is in force; without one Andon only observes. */
  readonly isConfigured: boolean
  readonly pageUrl: string
}

/** Every stage: its status, its attempt, since when, why, and how we know. */
export function renderStatusTable({ pipeline, overlay, holds, accessProblems = [], pageUrl }: StatusView): string {
  const rows = pipeline.stages.map((stage) => {
    const { name, since, reason, evidence } = stage
    const attempt = attemptNumberOf(stage) ?? ''
    const cells = [
      escapeInline(name),
      stageLightText(stage, { overlay, holds }),
      attempt,
      since === null ? '' : formatSecond(since),
    ]
    return tableRow([
      ...cells,
      escapeInline(describeReason(reason, name), MAX_REASON),
      evidence === null ? '' : evidenceCell(evidence),
    ])
  })
  return [
    tableRow(['stage', 'status', 'attempt', 'since', 'why', 'how we know']),
    '| --- | --- | --: | --- | --- | --- |',
    ...rows,
    ...holds.flatMap((hold) => ['', `Held: ${escapeInline(describeHold(hold), MAX_REASON)}.`]),
    ...accessProblemsMarkdown(accessProblems).flatMap((sentence) => ['', `Refused: ${sentence}`]),
    '',
    boardLink(pipeline, pageUrl),
  ].join('\n')
}

/** What the issue waits for, until when, and everything that is in the way. */
export function renderWhyTable(view: StatusView): string {
  const { pipeline, overlay, holds, accessProblems = [], problems, isConfigured, pageUrl } = view
  const headline = headlineOf(pipeline)
  const stage = stageOf(pipeline, headline.stage)
  const current = currentAttempt(stage)
  const { evidence } = stage
  const wait = waitOf(stage.reason)
  const rows: readonly (readonly [string, string | null])[] = [
    ['attempt', attemptNumberOf(stage) === null ? null : attemptCell(stage, current && runPageOf(current))],
    ['since', formatSecond(headline.since)],
    ['because', headline.reason && escapeInline(describeReason(headline.reason, headline.stage), MAX_REASON)],
    [
      'waits for',
      wait && `${escapeInline(wait.for, MAX_REASON)}${wait.until ? `, until ${formatSecond(wait.until)}` : ''}`,
    ],
    ...holds.map((hold) => ['held', escapeInline(describeHold(hold), MAX_REASON)] as const),
    ...accessProblemsMarkdown(accessProblems).map((sentence) => ['refused', sentence] as const),
    ['configuration', problems.length === 0 ? null : configurationCell(problems, isConfigured)],
    ['how we know', evidence && evidenceCell(evidence)],
  ]
  return [
    tableRow([`**${escapeInline(stage.name)}**`, `**${issueLightText(pipeline, stage, { overlay, holds })}**`]),
    '| --- | --- |',
    ...rows.flatMap(([name, cell]) => (cell === null ? [] : [tableRow([name, cell])])),
    '',
    boardLink(pipeline, pageUrl),
  ].join('\n')
}

const MAX_REASON = 400

function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

function stageLightText(stage: Stage, overlays: StageOverlays): string {
  return `${LIGHT_SYMBOLS[stage.status].shape} ${statusText(stage, overlays)}`
}

/** The light of the whole issue, with the stage's overlays while that stage shows the same status. */
function issueLightText(pipeline: Pipeline, stage: Stage, overlays: StageOverlays): string {
  const { light } = headlineOf(pipeline)
  return light === stage.status
    ? stageLightText(stage, overlays)
    : `${LIGHT_SYMBOLS[light].shape} ${LIGHT_SYMBOLS[light].word}`
}

function attemptCell(stage: Stage, url: string | null): string {
  const number = String(attemptNumberOf(stage))
  return url ? `${number}, ${linkTo('its run', url)}` : number
}

function configurationCell(problems: readonly string[], isConfigured: boolean): string {
  const [first = ''] = problems
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  return `${escapeInline(first.replace(/\.$/, ''), MAX_REASON)}${more}; ${isConfigured ? 'the last good version is in force' : 'until it is fixed, Andon only observes'}`
}

function evidenceCell({ kind, at }: Evidence): string {
  return `${EVIDENCE_SOURCES[kind]}, ${formatSecond(at)}`
}

function boardLink({ issue }: Pipeline, pageUrl: string): string {
  return linkTo(`Issue #${issue.number} on the board`, pageUrl)
}
