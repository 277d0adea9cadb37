// One stage told in Markdown: the same words in the sticky comment and in the check run's summary. Times are absolute
// and never ages, so that a rendering changes only when the state does.

import type { Evidence } from '../pipeline/model/evidence.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Attempt, AttemptControl, Health, Pipeline, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { blankStage } from '../pipeline/stages/derived-stage.ts'
import { describeClosed } from './dispatch-reason.ts'
import { appendHolds, holdsOnStage, unmentionedHolds } from './hold-text.ts'
import { formatMinute, formatSecond, HEALTH_LABELS, LIGHT_SYMBOLS, stageLightsText } from './labels.ts'
import { describeReason, unmentionedWaitEnd } from './reason.ts'
import { codeSpan, escapeInline, linkTo } from './sanitize.ts'

/** What lies over the pipeline's light when it is rendered, and over which stage. */
export type HealthOverlay = { readonly stage: Stage['name']; readonly health: Health; readonly since: Instant | null }

/** What lies over the stages: a trouble over one, holds over some or all. */
export type StageOverlays = { readonly overlay: HealthOverlay | null; readonly holds: readonly Hold[] }

/** The stage as it stands; a stage that the pipeline lacks stands idle. */
export function stageOf(pipeline: Pipeline, name: Stage['name']): Stage {
  return pipeline.stages.find((stage) => stage.name === name) ?? blankStage(name)
}

/** The status in words, as plain text: `running`, `running, stalled since 2026-11-21 14:32 UTC`. */
export function statusText(stage: Stage, { overlay, holds }: StageOverlays): string {
  // A stage that waits because it is held says so in its reason.
  const held = holdsBeside(stage, holds).length === 0 ? '' : ', held'
  const word = `${LIGHT_SYMBOLS[stage.status].word}${held}`
  const label =
    overlay && overlay.stage === stage.name && LIVE_STATUSES.has(stage.status) ? HEALTH_LABELS[overlay.health] : null
  if (label === null) return word
  return overlay?.since ? `${word}, ${label} since ${formatMinute(overlay.since)}` : `${word}, ${label}`
}

/** Why it stands so, or what it waits for, and who holds it: plain text in which other people's words stand. */
export function reasonText(stage: Stage, holds: readonly Hold[]): string {
  return appendHolds(describeReason(stage.reason, stage.name), holdsBeside(stage, holds))
}

/** The stage told whole, as Markdown lines. */
export function renderStage(pipeline: Pipeline, stage: Stage, o: StageOverlays & { pageUrl: string }): string {
  const { shape } = LIGHT_SYMBOLS[stage.status]
  const reason = reasonText(stage, o.holds)
  const since = stage.since ? ` · since ${formatSecond(stage.since)}` : ''
  return [
    `**${escapeInline(stage.name)} ${shape} ${statusText(stage, o)}**${since}`,
    '',
    codeSpan(stageLightsText(pipeline), 2_000),
    ...(reason ? ['', `${escapeInline(reason, 600)}${waitSuffix(stage)}`] : []),
    ...attemptTable(stage),
    ...pullRequestLinks(pipeline, stage),
    '',
    `${evidencePrefix(stage.evidence)}${linkTo(`Issue #${pipeline.issue.number} on the board`, o.pageUrl)}`,
  ].join('\n')
}

function holdsBeside(stage: Stage, holds: readonly Hold[]): readonly Hold[] {
  return unmentionedHolds(stage.reason, holdsOnStage(stage, holds))
}

const LIVE_STATUSES: ReadonlySet<StageStatus> = new Set(['queued', 'running', 'review'])

function waitSuffix(stage: Stage): string {
  const until = unmentionedWaitEnd(stage.reason)
  return until === null ? '' : ` (until ${formatSecond(until)})`
}

const MAX_ATTEMPTS_SHOWN = 10

function attemptTable(stage: Stage): readonly string[] {
  if (stage.attempts.length === 0) return []
  const shown = stage.attempts.slice(-MAX_ATTEMPTS_SHOWN).reverse()
  const earlier = stage.attempts.length - shown.length
  return [
    '',
    '| attempt | run | began | now |',
    '| --: | --- | --- | --- |',
    ...shown.map(attemptRow),
    ...(earlier > 0
      ? ['', `${earlier} earlier ${earlier === 1 ? 'attempt stands' : 'attempts stand'} on the board.`]
      : []),
  ]
}

function attemptRow({ number: counted, run, control }: Attempt): string {
  // Somebody else's run beside ours is no attempt of ours.
  const number = counted === 0 ? '·' : counted
  if (run === null)
    return control === undefined ? `| ${number} | no run yet | | |` : attemptRowWithoutRun(number, control)
  const title = escapeInline(run.title, 80) || `run ${run.id}`
  const again = run.runAttempt > 1 ? `, re-run ${run.runAttempt - 1}` : ''
  return `| ${number} | ${linkTo(title, run.url)}${again} | ${formatSecond(run.startedAt)} | ${runStatusText(run)}${reportedLink(control)} |`
}

/** What is known of a run that GitHub has told nothing about yet. */
function attemptRowWithoutRun(
  number: string | number,
  { runId, dispatch, admittedAt, closed }: AttemptControl,
): string {
  const url = dispatch?.url
  const run = runId !== null && url ? linkTo(`run ${runId}`, url) : 'no run yet'
  const now = closed === null ? '' : `${escapeInline(describeClosed(closed), 120)}, ${formatSecond(closed.at)}`
  return `| ${number} | ${run} | ${formatSecond(admittedAt)} | ${now} |`
}

/** What the workflow itself pointed to. */
function reportedLink(control: AttemptControl | undefined): string {
  const url = control?.report?.url ?? null
  const pointed = linkTo('its link', url)
  return url !== null && pointed.startsWith('[') ? `, ${pointed}` : ''
}

// GitHub's own words, spaced: `timed_out` reads as "timed out".
function runStatusText(run: NonNullable<Attempt['run']>): string {
  const word = run.status === 'completed' ? (run.conclusion ?? 'completed') : run.status
  const ended = run.status === 'completed' ? `, ${formatSecond(run.updatedAt)}` : ''
  return `${word.replaceAll('_', ' ')}${ended}`
}

/** The stage without a workflow follows the pull request. */
function pullRequestLinks(pipeline: Pipeline, stage: Stage): readonly string[] {
  const rule = pipeline.line.stages.find(({ name }) => name === stage.name)
  if (rule === undefined || rule.workflow !== null) return []
  const linked = pipeline.pullRequests.map(({ number, url, state, draft }) => {
    return `${linkTo(`pull request ${number}`, url)} (${draft && state === 'open' ? 'draft' : state})`
  })
  return linked.length === 0 ? [] : ['', linked.join(', ')]
}

function evidencePrefix(evidence: Evidence | null): string {
  return evidence ? `Known from ${evidence.kind} ${codeSpan(evidence.id)}, ${formatSecond(evidence.at)} · ` : ''
}
