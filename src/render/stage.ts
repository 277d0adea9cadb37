// One stage in Markdown, the same for the sticky comment and the check run's summary. Times are absolute, never ages, so
// that a rendering changes only when the state does.
import { decidingPullRequests } from '../pipeline/facts/standing.ts'
import type { KnownAccessProblem } from '../pipeline/model/access.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Attempt, AttemptControl, Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import { runPageOf } from '../pipeline/stages/attempts.ts'
import { blankStage } from '../pipeline/stages/derive-from-attempts.ts'
import type { HealthAtWork } from '../pipeline/view/health.ts'
import { accessProblemsMarkdown } from './access-problem.ts'
import { describeClosed } from './dispatch-reason.ts'
import { appendHolds, holdsOnStage, unmentionedHolds } from './hold-text.ts'
import {
  EVIDENCE_SOURCES,
  formatMinute,
  formatSecond,
  HEALTH_LABELS,
  HEALTH_WORDS,
  LIGHT_SYMBOLS,
  stageLightsText,
} from './labels.ts'
import { healthOfStage } from './lamp.ts'
import { describeReason, unmentionedWaitEnd } from './reason.ts'
import { codeSpan, escapeInline, linkTo } from './sanitize.ts'
import { workflowUrlOf } from './workflow-link.ts'

/** What is shown beside a stage's status: the health of its live run, the holds in force, and what GitHub refuses. */
export type StageOverlays = {
  readonly overlay: HealthAtWork | null
  readonly holds: readonly Hold[]
  readonly accessProblems?: readonly KnownAccessProblem[]
}

/** The stage of that name; an idle one if the pipeline lacks it. */
export function stageOf(pipeline: Pipeline, name: Stage['name']): Stage {
  return pipeline.stages.find((stage) => stage.name === name) ?? blankStage(name)
}

/** The status in words, as plain text: `running`, `running, stalled since 2026-11-21 14:32 UTC`. */
export function statusText(stage: Stage, { overlay, holds }: StageOverlays): string {
  // A stage that waits because of a hold names it in its reason.
  const held = otherHoldsOn(stage, holds).length === 0 ? '' : ', held'
  const word = `${LIGHT_SYMBOLS[stage.status].word}${held}`
  const health = healthOfStage(stage.name, overlay)
  const label = overlay?.isOutdated ? HEALTH_WORDS[health] : HEALTH_LABELS[health]
  if (label === null) return word
  return overlay?.since ? `${word}, ${label} since ${formatMinute(overlay.since)}` : `${word}, ${label}`
}

/** The stage's reason and who holds it: plain text, which may quote people. */
export function reasonText(stage: Stage, holds: readonly Hold[]): string {
  return appendHolds(describeReason(stage.reason, stage.name), otherHoldsOn(stage, holds))
}

/** The stage in two lines: what it is and why; since when, and where to look. What plumbing says is folded away. */
export function renderStage(
  pipeline: Pipeline,
  stage: Stage,
  o: StageOverlays & { pageUrl: string; showsLine?: boolean },
): string {
  const { shape } = LIGHT_SYMBOLS[stage.status]
  const reason = reasonText(stage, o.holds)
  const why = reason ? ` – ${escapeInline(reason, 600)}${waitSuffix(stage)}` : ''
  const places = [
    ...(stage.since ? [`since ${formatSecond(stage.since)}`] : []),
    ...workflowLink(pipeline, stage),
    ...currentRunLink(stage),
    ...pullRequestLinks(pipeline, stage),
    linkTo(`Issue #${pipeline.issue.number} on the board`, o.pageUrl),
  ]
  return [
    `**${escapeInline(stage.name)} ${shape} ${statusText(stage, o)}**${why}`,
    '',
    places.join(' · '),
    ...(o.showsLine ? ['', codeSpan(stageLightsText(pipeline), 2_000)] : []),
    ...accessProblemsMarkdown(o.accessProblems ?? []).flatMap((sentence) => ['', `Refused: ${sentence}`]),
    ...attemptTable(stage),
    ...evidenceDetails(stage),
  ].join('\n')
}

function otherHoldsOn(stage: Stage, holds: readonly Hold[]): readonly Hold[] {
  return unmentionedHolds(stage.reason, holdsOnStage(stage, holds))
}

function waitSuffix(stage: Stage): string {
  const until = unmentionedWaitEnd(stage.reason)
  return until === null ? '' : ` (until ${formatSecond(until)})`
}

function workflowLink({ issue }: Pipeline, stage: Stage): readonly string[] {
  const url = workflowUrlOf(stage, issue.url)
  return url === null ? [] : [linkTo('the workflow on GitHub', url)]
}

/** The run of the only attempt; of several, the table links each. */
function currentRunLink({ attempts }: Stage): readonly string[] {
  const [only] = attempts
  if (only === undefined || attempts.length > 1) return []
  const url = runPageOf(only)
  const rerun = only.run !== null && only.run.runAttempt > 1 ? ` (re-run ${only.run.runAttempt - 1})` : ''
  return [...(url === null ? [] : [`${linkTo('its run', url)}${rerun}`]), ...reportedLinks(only.control)]
}

const MAX_ATTEMPTS_SHOWN = 10

function attemptTable(stage: Stage): readonly string[] {
  if (stage.attempts.length < 2) return []
  const shown = stage.attempts.slice(-MAX_ATTEMPTS_SHOWN).reverse()
  const earlier = stage.attempts.length - shown.length
  return [
    '',
    '| attempt | run | started | status |',
    '| --: | --- | --- | --- |',
    ...shown.map(attemptRow),
    ...(earlier > 0 ? ['', `${earlier} earlier ${earlier === 1 ? 'attempt is' : 'attempts are'} on the board.`] : []),
  ]
}

function attemptRow({ number: counted, run, control }: Attempt): string {
  // A run that Andon did not start counts as no attempt.
  const number = counted === 0 ? '·' : counted
  if (run === null)
    return control === undefined ? `| ${number} | no run yet | | |` : attemptRowWithoutRun(number, control)
  const rerun = run.runAttempt > 1 ? `, re-run ${run.runAttempt - 1}` : ''
  const status = [runStatusText(run), ...reportedLinks(control)].join(', ')
  return `| ${number} | ${linkTo('its run', run.url)}${rerun} | ${formatSecond(run.startedAt)} | ${status} |`
}

/** The row of an attempt before GitHub has sent anything about its run. */
function attemptRowWithoutRun(
  number: string | number,
  { runId, dispatch, admittedAt, closed }: AttemptControl,
): string {
  const url = dispatch?.url
  const run = runId !== null && url ? linkTo('its run', url) : 'no run yet'
  const status = closed === null ? '' : `${escapeInline(describeClosed(closed), 120)}, ${formatSecond(closed.at)}`
  return `| ${number} | ${run} | ${formatSecond(admittedAt)} | ${status} |`
}

/** The link that the workflow reported, if it is one. */
function reportedLinks(control: AttemptControl | undefined): readonly string[] {
  const link = linkTo('its link', control?.report?.url ?? null)
  return link.startsWith('[') ? [link] : []
}

// GitHub's own words, spaced: `timed_out` reads as "timed out".
function runStatusText(run: NonNullable<Attempt['run']>): string {
  const word = run.status === 'completed' ? (run.conclusion ?? 'completed') : run.status
  const ended = run.status === 'completed' ? `, ${formatSecond(run.updatedAt)}` : ''
  return `${word.replaceAll('_', ' ')}${ended}`
}

/** Only for the stage without a workflow, which follows the pull request. */
function pullRequestLinks(pipeline: Pipeline, stage: Stage): readonly string[] {
  const rule = pipeline.line.stages.find(({ name }) => name === stage.name)
  if (rule === undefined || rule.workflow !== null) return []
  return decidingPullRequests(pipeline).map(({ number, url, state, draft }) => {
    return `${linkTo(`pull request ${number}`, url)} (${draft && state === 'open' ? 'draft' : state})`
  })
}

/** Which message of GitHub the status rests on, and the keys and names of the attempts. */
function evidenceDetails({ evidence, attempts }: Stage): readonly string[] {
  const known = evidence
    ? [`${EVIDENCE_SOURCES[evidence.kind]}, ${formatSecond(evidence.at)}: ${codeSpan(evidence.id)}`]
    : []
  const named = attempts
    .slice(-MAX_ATTEMPTS_SHOWN)
    .toReversed()
    .flatMap(({ number, key, run }) => {
      const names = [...(key === null ? [] : [codeSpan(key)]), ...(run === null ? [] : [escapeInline(run.title, 80)])]
      const subject = number === 0 ? 'another run' : `attempt ${number}`
      return names.length === 0 ? [] : [`${subject}: ${names.filter((name) => name !== '').join(', ')}`]
    })
  const items = [...known, ...named].map((item) => `- ${item}`)
  if (items.length === 0) return []
  return ['', '<details><summary>How we know</summary>', '', ...items, '', '</details>']
}
