// One stage told in Markdown: the same words in the sticky comment and in the check run's summary. Times are absolute
// and never ages, so that a rendering changes only when the state does.

import type { Evidence } from '../pipeline/model/evidence.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Attempt, Health, Ours, Pipeline, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { holdsOnStage, withHolds } from './hold-text.ts'
import { day, HEALTHS, LIGHTS, lineOfLights, moment, untilUnsaid } from './labels.ts'
import { code, inline, link } from './sanitize.ts'

/** What lies over the pipeline's light when it is rendered, and over which stage. */
export type Overlay = { readonly stage: Stage['name']; readonly health: Health; readonly since: Instant | null }

/** What lies over the stages: a trouble over one, holds over some or all. */
export type Overlays = { readonly overlay: Overlay | null; readonly holds: readonly Hold[] }

/** The stage as it stands; a stage that the pipeline lacks stands idle. */
export function stageOf(pipeline: Pipeline, name: Stage['name']): Stage {
  const idle = { name, status: 'idle', reason: '', waiting: null, since: null, evidence: null, attempts: [] } as const
  return pipeline.stages.find((stage) => stage.name === name) ?? idle
}

/** The status in words, as plain text: `running`, `running, stalled since 2026-11-21 14:32 UTC`. */
export function statusWords(stage: Stage, { overlay, holds }: Overlays): string {
  // A stage that waits because it is held says so in its reason.
  const held = reasonWords(stage, holds) === stage.reason ? '' : ', held'
  const word = `${LIGHTS[stage.status].word}${held}`
  const trouble = overlay && overlay.stage === stage.name && LIVE.has(stage.status) ? HEALTHS[overlay.health] : null
  if (trouble === null) return word
  return overlay?.since ? `${word}, ${trouble} since ${day(overlay.since)}` : `${word}, ${trouble}`
}

/** Why it stands so, or what it waits for, and who holds it: plain text in which other people's words stand. */
export function reasonWords(stage: Stage, holds: readonly Hold[]): string {
  return withHolds(stage.reason, holdsOnStage(stage, holds))
}

/** The stage told whole, as Markdown lines. */
export function tellStage(pipeline: Pipeline, stage: Stage, o: Overlays & { pageUrl: string }): string {
  const { shape } = LIGHTS[stage.status]
  const reason = reasonWords(stage, o.holds)
  const since = stage.since ? ` · since ${moment(stage.since)}` : ''
  return [
    `**${inline(stage.name)} ${shape} ${statusWords(stage, o)}**${since}`,
    '',
    code(lineOfLights(pipeline), 2_000),
    ...(reason ? ['', `${inline(reason, 600)}${waiting(stage)}`] : []),
    ...attempts(stage),
    ...pullRequest(pipeline, stage),
    '',
    `${evidence(stage.evidence)}${link(`Issue #${pipeline.issue.number} on the board`, o.pageUrl)}`,
  ].join('\n')
}

const LIVE: ReadonlySet<StageStatus> = new Set(['queued', 'running', 'review'])

function waiting(stage: Stage): string {
  const until = untilUnsaid(stage)
  return until === null ? '' : ` (until ${moment(until)})`
}

const ATTEMPTS_TOLD = 10

function attempts(stage: Stage): readonly string[] {
  if (stage.attempts.length === 0) return []
  const told = stage.attempts.slice(-ATTEMPTS_TOLD).reverse()
  const earlier = stage.attempts.length - told.length
  return [
    '',
    '| attempt | run | began | now |',
    '| --: | --- | --- | --- |',
    ...told.map(attemptRow),
    ...(earlier > 0
      ? ['', `${earlier} earlier ${earlier === 1 ? 'attempt stands' : 'attempts stand'} on the board.`]
      : []),
  ]
}

function attemptRow({ number: counted, run, ours }: Attempt): string {
  // Somebody else's run beside ours is no attempt of ours.
  const number = counted === 0 ? '·' : counted
  if (run === null) return ours === undefined ? `| ${number} | no run yet | | |` : unseen(number, ours)
  const title = inline(run.title, 80) || `run ${run.id}`
  const again = run.runAttempt > 1 ? `, re-run ${run.runAttempt - 1}` : ''
  return `| ${number} | ${link(title, run.url)}${again} | ${moment(run.startedAt)} | ${standing(run)}${pointer(ours)} |`
}

/** What is known of a run that GitHub has told nothing about yet. */
function unseen(number: string | number, { runId, dispatch, admittedAt, over }: Ours): string {
  const url = dispatch?.url
  const run = runId !== null && url ? link(`run ${runId}`, url) : 'no run yet'
  const now = over === null ? '' : `${inline(over.words, 120)}, ${moment(over.at)}`
  return `| ${number} | ${run} | ${moment(admittedAt)} | ${now} |`
}

/** What the workflow itself pointed to. */
function pointer(ours: Ours | undefined): string {
  const url = ours?.report?.url ?? null
  const pointed = link('its link', url)
  return url !== null && pointed.startsWith('[') ? `, ${pointed}` : ''
}

// GitHub's own words, spaced: `timed_out` reads as "timed out".
function standing(run: NonNullable<Attempt['run']>): string {
  const word = run.status === 'completed' ? (run.conclusion ?? 'completed') : run.status
  const ended = run.status === 'completed' ? `, ${moment(run.updatedAt)}` : ''
  return `${word.replaceAll('_', ' ')}${ended}`
}

/** The stage without a workflow follows the pull request. */
function pullRequest(pipeline: Pipeline, stage: Stage): readonly string[] {
  const rule = pipeline.line.stages.find(({ name }) => name === stage.name)
  if (rule === undefined || rule.workflow !== null) return []
  const linked = pipeline.pullRequests.map(({ number, url, state, draft }) => {
    return `${link(`pull request ${number}`, url)} (${draft && state === 'open' ? 'draft' : state})`
  })
  return linked.length === 0 ? [] : ['', linked.join(', ')]
}

function evidence(evidence: Evidence | null): string {
  return evidence ? `Known from ${evidence.kind} ${code(evidence.id)}, ${moment(evidence.at)} · ` : ''
}
