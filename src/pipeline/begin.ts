import type { Line } from '../line/line.ts'
import { type EventContext, NO_CONTEXT } from './commands/authorized-commands.ts'
import { newEffects } from './effects-of.ts'
import { bindRun } from './facts/bind-run.ts'
import { isAdmitted } from './model/attempt.ts'
import type { Event } from './model/events.ts'
import type { IssueFact } from './model/facts.ts'
import type { Pipeline, PipelineStart, Stage } from './model/pipeline.ts'
import { type Reduction, reduce } from './reduce.ts'
import { blankStage } from './stages/derive-from-attempts.ts'
import { deriveStages } from './stages/derive-stages.ts'
import { pipelineStartIn } from './stages/pipeline-start.ts'
import { askAboutIssue } from './stages/questions-to-ask.ts'
import { historyOf } from './view/history.ts'

/**
 * Takes the issue up if the event is a reason to; null for everything ordinary, which leaves no trace. `isConfigured` is
 * false while the repository's file has not been read: see `adoptLine`.
 */
export function startPipeline(
  event: Event,
  issueNumber: number,
  line: Line,
  { isConfigured = true, context = NO_CONTEXT }: StartOptions = {},
): Reduction | null {
  const start = pipelineStartIn(event, issueNumber, line, context.commands !== null)
  if (start === null || !('repository' in event)) return null
  const fresh: Pipeline = {
    repositoryId: event.repository.id,
    issue: event.type === 'issue.labeled' ? event.issue : unseenIssue(issueNumber, start),
    start,
    line,
    stages: line.stages.map(({ name }) => blankStage(name)),
    pullRequests: [],
    baseSha: null,
    removed: null,
    ...(isConfigured ? {} : { isConfigured }),
  }
  const { pipeline, effects, entries, outcomes } = reduce(deriveStages(fresh), event, context)
  const taken = {
    at: start.at,
    type: 'pipeline.started',
    actor: start.actor,
    change: { kind: 'started', by: start.by } as const,
    evidence: start.evidence,
  }
  return {
    pipeline,
    effects: [askAboutIssue(issueNumber, start.at), ...effects],
    entries: [taken, ...entries],
    outcomes,
  }
}

type StartOptions = { readonly isConfigured?: boolean; readonly context?: EventContext }

function unseenIssue(number: number, { at, evidence }: PipelineStart): IssueFact {
  return {
    number,
    title: null,
    url: null,
    author: null,
    state: 'open',
    stateReason: null,
    closedAt: null,
    updatedAt: at,
    evidence,
  }
}

/** The pipeline on the line that its repository's file says, if its own is not settled yet. */
export function adoptLine(pipeline: Pipeline, line: Line, event: Event): Reduction {
  const { isConfigured, ...rest } = pipeline
  const attempts = pipeline.stages.flatMap((stage) => stage.attempts)
  if (isConfigured !== false || attempts.some(isAdmitted)) return { pipeline, effects: [], entries: [], outcomes: [] }
  const fresh = { ...rest, line, stages: line.stages.map(({ name }) => withCommandsOf(pipeline, blankStage(name))) }
  const told = attempts.flatMap(({ run }) => (run === null ? [] : [run])).reduce(bindRun, fresh)
  const settled = deriveStages(told)
  return {
    pipeline: settled,
    effects: newEffects(pipeline, settled),
    entries: historyOf(pipeline, settled, event),
    outcomes: [],
  }
}

/** What somebody ordered before the file was read stands, if the line that it says has the stage. */
function withCommandsOf({ stages }: Pipeline, stage: Stage): Stage {
  const commands = stages.find(({ name }) => name === stage.name)?.commands
  return commands === undefined ? stage : { ...stage, commands }
}
