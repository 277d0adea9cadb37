// A check run says of a stage what the sticky comment says. Where other people's merges depend on the commit (the head
// of the default branch) every check is completed and neutral from the start, and only its words are live.
import { type Button, buttonsOf, isAtGate } from '../pipeline/commands/buttons.ts'
import type { Pipeline, Stage, StageStatus } from '../pipeline/model/pipeline.ts'
import type { Surface } from '../pipeline/view/surfaces.ts'
import { inline, link, plain } from './sanitize.ts'
import { type Overlays, reasonWords, stageOf, statusWords, tellStage } from './stage.ts'
import { within } from './sticky-comment.ts'

/** GitHub's limit for a summary is 65,535; code points beyond the first plane count twice. */
const LONGEST_SUMMARY = 32_000
const LONGEST_TITLE = 120

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
  readonly actions?: readonly Action[]
}

/** A button, which GitHub shows while the check run is completed. At most 20, 40 and 20 characters. */
export type Action = { readonly label: string; readonly description: string; readonly identifier: Button }

/** What every check run of a pipeline is rendered with. `alone`: no other issue on the line is on this pull request. */
export type CheckContext = Overlays & {
  readonly pageUrl: string
  readonly pipelineId: number
  readonly alone: boolean
}

/** A check run's surface on a commit; `where` is null once the line has moved on from it. */
export type CheckSurface = Pick<Surface, 'stage' | 'where'> & { readonly sha: string }

/** Identifies a check run for ever: names are for people and may repeat. */
export function externalId(pipelineId: number, stage: Stage['name'], sha: string): string {
  return `${pipelineId}/${stage}/${sha}`
}

/** The check run of a stage on a commit. */
export function check(pipeline: Pipeline, surface: CheckSurface, o: CheckContext): CheckRun {
  const stage = stageOf(pipeline, surface.stage)
  const words = statusWords(stage, o)
  const reason = reasonWords(stage, o.holds)
  return {
    ...identity(pipeline, surface, o),
    ...(surface.where === 'default_branch' ? neutral(stage) : isAtGate(pipeline, stage) ? atGate(stage) : live(stage)),
    output: {
      title: plain(reason ? `${words}: ${reason}` : words, LONGEST_TITLE),
      summary: within(`${tellStage(pipeline, stage, o)}\n`, LONGEST_SUMMARY, o.pageUrl),
    },
    actions: buttonsOf(pipeline, stage).map((button) => ACTIONS[button]),
  }
}

const ACTIONS = {
  retry: { label: 'Retry', description: 'Try this stage again', identifier: 'retry' },
  approve: { label: 'Approve', description: 'Open the gate: the line goes on', identifier: 'approve' },
} as const satisfies Record<Button, Action>

/** The last words of a check run on a commit that the line has moved on from; it keeps the name it has. */
export function farewell(
  pipeline: Pipeline,
  surface: CheckSurface,
  next: Surface | null,
  o: CheckContext,
): Omit<CheckRun, 'name'> {
  const { name: _, ...rest } = identity(pipeline, surface, o)
  const on = next?.sha ? `continues on ${next.sha.slice(0, 7)}` : 'continues on the board'
  return {
    ...rest,
    status: 'completed',
    conclusion: 'neutral',
    output: {
      title: on,
      summary: `The line has moved: **${inline(surface.stage)}** ${on}.\n\n${link(`Issue #${pipeline.issue.number} on the board`, o.pageUrl)}\n`,
    },
    actions: [],
  }
}

function identity(pipeline: Pipeline, { stage, sha, where }: CheckSurface, o: CheckContext) {
  const own = where === 'pull_request' && o.alone
  return {
    name: own ? `andon / ${stage}` : `andon / #${pipeline.issue.number} ${stage}`,
    head_sha: sha,
    external_id: externalId(o.pipelineId, stage, sha),
    details_url: o.pageUrl,
  }
}

type Standing = Pick<CheckRun, 'status' | 'conclusion' | 'started_at' | 'completed_at'>

function neutral(stage: Stage): Standing {
  return {
    status: 'completed',
    conclusion: 'neutral',
    ...began(stage),
    ...(stage.since && { completed_at: stage.since }),
  }
}

function atGate(stage: Stage): Standing {
  return { ...neutral(stage), conclusion: 'action_required' }
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

function live(stage: Stage): Standing {
  const conclusion = CONCLUSIONS[stage.status]
  if (conclusion === null) return { status: stage.status === 'queued' ? 'queued' : 'in_progress', ...began(stage) }
  return { status: 'completed', conclusion, ...began(stage), ...(stage.since && { completed_at: stage.since }) }
}

function began(stage: Stage): Pick<CheckRun, 'started_at'> {
  const startedAt = stage.attempts.at(-1)?.run?.startedAt
  return startedAt ? { started_at: startedAt } : {}
}
