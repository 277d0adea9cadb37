// A check run shows what the sticky comment of its stage shows. On the head of the default branch, where other people's
// merges depend on the commit, every check run is completed and neutral from the start, and only its words are live.

import type { Button } from '../commands/button-command.ts'
import { buttonsOf, isAtGate } from '../pipeline/commands/preconditions.ts'
import type { Pipeline, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Surface } from '../pipeline/view/surfaces.ts'
import { escapeInline, linkTo, plainText } from './sanitize.ts'
import { reasonText, renderStage, type StageOverlays, stageOf, statusText } from './stage.ts'
import { truncateMarkdown } from './sticky-comment.ts'
import { bareReason, whatToDo } from './what-to-do.ts'

/** GitHub's limit for a summary is 65,535 UTF-16 units; some code points count as two. */
const MAX_SUMMARY = 32_000
const MAX_TITLE = 120

/** A check run in GitHub's own words. */
export type CheckRun = {
  readonly name: string
  readonly head_sha: string
  readonly external_id: string
  readonly details_url: string
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion?: 'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'action_required'
  readonly started_at?: string
  readonly completed_at?: string
  readonly output: { readonly title: string; readonly summary: string }
  readonly actions?: readonly CheckRunAction[]
}

/** A button, shown once the check run is completed. GitHub's limits: 20, 40 and 20 characters. */
export type CheckRunAction = { readonly label: string; readonly description: string; readonly identifier: Button }

/** The context of a pipeline's check runs. `isOnlyIssue`: the pull request closes no other issue on the line. */
export type CheckRunContext = StageOverlays & {
  readonly pageUrl: string
  readonly pipelineId: number
  readonly isOnlyIssue: boolean
}

/** A check run's surface on a commit; `shaOrigin` is null once the pipeline has moved on to another commit. */
export type CheckRunSurface = Pick<Surface, 'stage' | 'shaOrigin'> & { readonly sha: string }

/** Identifies a check run permanently: names are for people and may repeat. */
export function checkRunExternalId(pipelineId: number, stage: Stage['name'], sha: string): string {
  return `${pipelineId}/${stage}/${sha}`
}

/** The check run of a stage on a commit. */
export function renderCheckRun(pipeline: Pipeline, surface: CheckRunSurface, o: CheckRunContext): CheckRun {
  const stage = stageOf(pipeline, surface.stage)
  const buttons = buttonsOf(pipeline, stage)
  return {
    ...checkRunIdentityOf(pipeline, surface, o),
    ...(surface.shaOrigin === 'default_branch'
      ? neutralStatusOf(stage)
      : isAtGate(pipeline, stage)
        ? gateStatusOf(stage)
        : liveStatusOf(stage)),
    output: {
      title: titleOf(pipeline, stage, o, buttons),
      summary: truncateMarkdown(`${renderStage(pipeline, stage, o)}\n`, MAX_SUMMARY, o.pageUrl),
    },
    actions: buttons.map((button) => ACTIONS[button]),
  }
}

/** `failed – retry it: attempt 3 of 3 failed: job build`. */
function titleOf(pipeline: Pipeline, stage: Stage, o: CheckRunContext, buttons: readonly Button[]): string {
  const todo = whatToDo(pipeline, stage, buttons.includes('retry'))
  const status = todo === null ? statusText(stage, o) : `${statusText(stage, o)} – ${todo}`
  const shown = todo === null ? stage : { ...stage, reason: bareReason(stage.reason) }
  const reason = reasonText(shown, o.holds)
  return plainText(reason ? `${status}: ${reason}` : status, MAX_TITLE)
}

const ACTIONS = {
  retry: { label: 'Retry', description: 'Try this stage again', identifier: 'retry' },
  approve: { label: 'Approve', description: 'Open the gate for the next stage', identifier: 'approve' },
  hold: { label: 'Hold', description: 'Start nothing new on this issue', identifier: 'hold' },
  resume: { label: 'Resume', description: 'Let this issue go on', identifier: 'resume' },
} as const satisfies Record<Button, CheckRunAction>

/** The final state of a check run whose pipeline has moved on to another commit; it keeps its name. */
export function renderSupersededCheckRun(
  pipeline: Pipeline,
  surface: CheckRunSurface,
  next: Surface | null,
  o: CheckRunContext,
): Omit<CheckRun, 'name'> {
  const { name: _, ...identity } = checkRunIdentityOf(pipeline, surface, o)
  const title = next?.sha ? `continues on ${next.sha.slice(0, 7)}` : 'continues on the board'
  return {
    ...identity,
    status: 'completed',
    conclusion: 'neutral',
    output: {
      title,
      summary: `This check is out of date: **${escapeInline(surface.stage)}** ${title}.\n\n${linkTo(`Issue #${pipeline.issue.number} on the board`, o.pageUrl)}\n`,
    },
    actions: [],
  }
}

function checkRunIdentityOf(pipeline: Pipeline, { stage, sha, shaOrigin }: CheckRunSurface, o: CheckRunContext) {
  const isUnambiguous = shaOrigin === 'pull_request' && o.isOnlyIssue
  return {
    name: isUnambiguous ? `andon / ${stage}` : `andon / #${pipeline.issue.number} ${stage}`,
    head_sha: sha,
    external_id: checkRunExternalId(o.pipelineId, stage, sha),
    details_url: o.pageUrl,
  }
}

type CheckRunStatus = Pick<CheckRun, 'status' | 'conclusion' | 'started_at' | 'completed_at'>

function neutralStatusOf(stage: Stage): CheckRunStatus {
  return {
    status: 'completed',
    conclusion: 'neutral',
    ...startedAtOf(stage),
    ...(stage.since && { completed_at: stage.since }),
  }
}

function gateStatusOf(stage: Stage): CheckRunStatus {
  return { ...neutralStatusOf(stage), conclusion: 'action_required' }
}

const CONCLUSIONS = {
  idle: 'neutral',
  queued: null,
  running: null,
  review: null,
  done: 'success',
  failed: 'failure',
  cancelled: 'cancelled',
  skipped: 'skipped',
} as const satisfies Record<StageStatus, CheckRun['conclusion'] | null>

function liveStatusOf(stage: Stage): CheckRunStatus {
  const conclusion = CONCLUSIONS[stage.status]
  if (conclusion === null)
    return { status: stage.status === 'queued' ? 'queued' : 'in_progress', ...startedAtOf(stage) }
  return { status: 'completed', conclusion, ...startedAtOf(stage), ...(stage.since && { completed_at: stage.since }) }
}

function startedAtOf(stage: Stage): Pick<CheckRun, 'started_at'> {
  const startedAt = stage.attempts.at(-1)?.run?.startedAt
  return startedAt ? { started_at: startedAt } : {}
}
