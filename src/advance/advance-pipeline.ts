// An event in the pipeline of one issue: the pipeline is started or reduced, adopts the line of a file that was found, and
// gets the stored facts that belong to it replayed once it is started or relinked.
import { type Line, OBSERVE_ONLY_LINE } from '../line/line.ts'
import { type EventContext, NO_CONTEXT } from '../pipeline/commands/authorized-commands.ts'
import { newEffects } from '../pipeline/effects-of.ts'
import { attemptKeyOfRun, bindRun } from '../pipeline/facts/bind-run.ts'
import { belongsToPipeline, issuesOfPullRequest } from '../pipeline/facts/correlate.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import { isAdmitted } from '../pipeline/model/attempt.ts'
import type { CommandOutcome } from '../pipeline/model/command-result.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { Event, RepositoryEvent } from '../pipeline/model/events.ts'
import type { IssueFact, RunFact } from '../pipeline/model/facts.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { type Reduction, reduce, unchanged } from '../pipeline/reduce.ts'
import { blankStage } from '../pipeline/stages/derive-from-attempts.ts'
import { deriveStages } from '../pipeline/stages/derive-stages.ts'
import { pipelineStartIn } from '../pipeline/stages/pipeline-start.ts'
import { withRenamedWorkflows } from '../pipeline/stages/refusals.ts'
import { historyOf } from '../pipeline/view/history.ts'
import { boundRunIds, type Change, putEffects, putPipeline } from './change.ts'
import { isConfigurationAnswer } from './repositories.ts'
import type { IssueKey, RepositoryRow } from './rows.ts'
import type { World } from './world.ts'

/** What the repository's file says; without one, Andon only observes. */
export function lineOf({ configuration }: RepositoryRow): Line {
  return configuration ?? OBSERVE_ONLY_LINE
}

/** What the event changes in the pipeline of one issue, if the issue has or gets one. */
export function advancePipeline(
  world: World,
  key: IssueKey,
  event: RepositoryEvent,
  repository: RepositoryRow,
  context: EventContext,
): { readonly change: Change; readonly outcomes: readonly CommandOutcome[] } {
  const { configuration, configurationProblems } = repository
  const stored = world.pipeline(key)
  // Only a line from the file is final: without one, the answer about the issue will bring what the file says.
  const options = { context, isConfigured: configuration !== null }
  const direct =
    stored === null
      ? startPipeline(event, key.issueNumber, lineOf(repository), options)
      : lookForLineAgain(stored.pipeline, reduce(stored.pipeline, event, context), event, context)
  if (direct === null) return { change: [], outcomes: [] }
  const { outcomes } = direct
  // While the file has only ever had mistakes, the pipeline waits for a version without any.
  const hasOnlyMistakes = configuration === null && configurationProblems.length > 0
  const lined = isConfigurationAnswer(event)
    ? chainReductions(
        direct,
        hasOnlyMistakes ? noteMistakes(direct.pipeline, event) : adoptLine(direct.pipeline, lineOf(repository), event),
      )
    : direct
  const isRelinked =
    stored === null || event.type === 'question.answered' || linksOf(stored.pipeline) !== linksOf(direct.pipeline)
  const { pipeline, effects, entries } = isRelinked ? replayFacts(world, key, lined, event) : lined
  if (pipeline === stored?.pipeline && entries.length === 0) return { change: putEffects(key, effects), outcomes }
  const row = { ...(stored ?? { ...key, id: null, revision: 0, wakeAt: null }), pipeline }
  return { change: putPipeline(stored, row, entries, effects), outcomes }
}

/** Looks up what the event may cause to be replayed into the pipeline. */
export function lookUpLinks(
  world: World,
  key: IssueKey,
  event: RepositoryEvent,
  repository: RepositoryRow,
  context: EventContext,
): void {
  const row = world.pipeline(key)
  const isRelinked =
    row === null
      ? pipelineStartIn(event, key.issueNumber, lineOf(repository), context.commands !== null) !== null
      : mayLink(event, row.pipeline)
  if (isRelinked) linkedRuns(world, key, row?.pipeline ?? null)
}

/**
 * The pipeline that the event starts; null for everything ordinary, which leaves no trace. `isConfigured` is false while
 * the repository's file has not been read: see `adoptLine`.
 */
export function startPipeline(
  event: Event,
  issueNumber: number,
  line: Line,
  { isConfigured = true, context = NO_CONTEXT }: { isConfigured?: boolean; context?: EventContext } = {},
): Reduction | null {
  const start = pipelineStartIn(event, issueNumber, line, context.commands !== null)
  if (start === null || !('repository' in event)) return null
  const { at, actor, by, evidence } = start
  const unreadIssue: IssueFact = {
    ...{ number: issueNumber, title: null, url: null, author: null, assignees: [], updatedAt: at, evidence },
    ...{ state: 'open', stateReason: null, closedAt: null },
  }
  const fresh: Pipeline = {
    repositoryId: event.repository.id,
    issue: event.type === 'issue.labeled' ? event.issue : unreadIssue,
    start,
    line,
    stages: line.stages.map(({ name }) => blankStage(name)),
    pullRequests: [],
    baseSha: null,
    removed: null,
    ...(isConfigured ? {} : { isConfigured }),
  }
  const reduced = reduce(deriveStages(fresh), event, context)
  const started = { at, type: 'pipeline.started', actor, change: { kind: 'started', by }, evidence } as const
  return {
    ...reduced,
    effects: [askAboutIssue(issueNumber, at), ...reduced.effects],
    entries: [started, ...reduced.entries],
  }
}

/** The pipeline on the line of its repository's file, unless its own line is final. */
export function adoptLine(pipeline: Pipeline, line: Line, event: Event): Reduction {
  const { isConfigured, isFileMistaken: _, isWithoutFile, ...known } = pipeline
  const attempts = pipeline.stages.flatMap((stage) => stage.attempts)
  const mayAdopt = isConfigured === false || (isWithoutFile === true && isUntouched(pipeline))
  if (!mayAdopt || attempts.some(isAdmitted)) return renameWorkflows(pipeline, line, event)
  const rest = line === OBSERVE_ONLY_LINE ? { ...known, isWithoutFile: true as const } : known
  const stages = line.stages.map(({ name }) => {
    // Commands that came before the file was read stand for the stages that its line has.
    const commands = pipeline.stages.find((stage) => stage.name === name)?.commands
    return { ...blankStage(name), ...(commands && { commands }) }
  })
  const runs = attempts.flatMap(({ run }) => run ?? [])
  const adopted = deriveStages(runs.reduce(bindRun, { ...rest, line, stages }))
  const entries = historyOf(pipeline, adopted, event)
  return { pipeline: adopted, effects: newEffects(pipeline, adopted), entries, outcomes: [] }
}

/** The pipeline waits for a version of the file without mistakes. */
function noteMistakes(pipeline: Pipeline, event: Event): Reduction {
  if (pipeline.isConfigured !== false || pipeline.isFileMistaken) return unchanged(pipeline)
  const noted = deriveStages({ ...pipeline, isFileMistaken: true })
  return { pipeline: noted, effects: [], entries: historyOf(pipeline, noted, event), outcomes: [] }
}

/** A stage keeps its line, but not a workflow that GitHub refuses to start. */
function renameWorkflows(pipeline: Pipeline, line: Line, event: Event): Reduction {
  const renamed = event.type === 'question.answered' ? withRenamedWorkflows(pipeline, line, event) : pipeline
  if (renamed === pipeline) return unchanged(pipeline)
  const next = deriveStages(renamed)
  const entries = historyOf(pipeline, next, event)
  return { pipeline: next, effects: newEffects(pipeline, next), entries, outcomes: [] }
}

/** Asked for once more while Andon only observes it and has seen nothing: the file may have come since. */
function lookForLineAgain(before: Pipeline, reduced: Reduction, event: Event, { commands }: EventContext): Reduction {
  const { issue, line, start: first, startRequests = [] } = before
  const start = pipelineStartIn(event, issue.number, line, commands !== null)
  if (start === null || !isUntouched(before) || !isEqualJson(line, OBSERVE_ONLY_LINE)) return reduced
  if ([first, ...startRequests].some(({ at }) => at >= start.at)) return reduced
  const { isFileMistaken: _, ...rest } = reduced.pipeline
  const pipeline = deriveStages({ ...rest, isConfigured: false })
  return { ...reduced, pipeline, effects: [...reduced.effects, askAboutIssue(issue.number, start.at)] }
}

/** Has nothing been seen of it but that somebody wanted it started? */
function isUntouched({ pullRequests, stages, start, issue, removed }: Pipeline): boolean {
  const isWanted = start.by !== 'branch' && issue.state === 'open' && removed === null
  return isWanted && pullRequests.length === 0 && stages.every(({ attempts }) => attempts.length === 0)
}

function chainReductions(first: Reduction, then: Reduction): Reduction {
  return { ...then, effects: [...first.effects, ...then.effects], entries: [...first.entries, ...then.entries] }
}

function linksOf(pipeline: Pipeline): string {
  return [...pipeline.pullRequests.map(({ number }) => `#${number}`), ...boundRunIds(pipeline)].join()
}

/** Can the event link a pull request or a run to the pipeline, or end such a link? */
function mayLink(event: RepositoryEvent, pipeline: Pipeline): boolean {
  switch (event.type) {
    case 'question.answered':
      return true
    case 'pull_request.changed':
    case 'review.changed': {
      const isLinked = pipeline.pullRequests.some(({ number }) => number === event.pullRequest.number)
      return isLinked !== issuesOfPullRequest(event.pullRequest).includes(pipeline.issue.number)
    }
    case 'run.changed':
      return attemptKeyOfRun(pipeline, event.run) !== null && !boundRunIds(pipeline).includes(event.run.id)
    case 'dispatch.updated':
      return event.outcome.state === 'confirmed' && !boundRunIds(pipeline).includes(event.outcome.runId)
    default:
      return false
  }
}

/** The pipeline after the stored facts that belong to it. */
function replayFacts(world: World, key: IssueKey, first: Reduction, { repository }: RepositoryEvent): Reduction {
  const replay = (before: Reduction, event: Event) => chainReductions(before, reduce(before.pipeline, event))
  const linked = world
    .pullRequestsOf(key)
    .filter(({ fact }) => issuesOfPullRequest(fact).includes(key.issueNumber))
    .reduce((before, { fact: pullRequest }) => {
      const { updatedAt: at, evidence } = pullRequest
      return replay(before, { type: 'pull_request.changed', action: 'replayed', at, evidence, repository, pullRequest })
    }, first)
  const { pipeline } = linked
  return linkedRuns(world, key, pipeline)
    .filter((run) => belongsToPipeline(pipeline, run) || attemptKeyOfRun(pipeline, run) !== null)
    .reduce((before, run) => {
      const { updatedAt: at, evidence } = run
      return replay(before, { type: 'run.changed', at, evidence, repository, run })
    }, linked)
}

/** Runs that name the issue, runs on the branches of its pull requests, and those that the pipeline names. */
function linkedRuns(world: World, key: IssueKey, pipeline: Pipeline | null): readonly RunFact[] {
  const { repositoryId } = key
  const pullRequests = [...world.pullRequestsOf(key).map(({ fact }) => fact), ...(pipeline?.pullRequests ?? [])]
  const branches = new Set(pullRequests.map(({ branch }) => branch))
  const rows = [
    ...world.runsOf(key),
    ...[...branches].flatMap((branch) => world.runsOn({ repositoryId, branch })),
    ...(pipeline === null ? [] : boundRunIds(pipeline)).flatMap((id) => world.run(id) ?? []),
  ]
  return [...new Map(rows.map(({ run }) => [run.id, run])).values()]
}

/** Asked when a pipeline starts. */
function askAboutIssue(issueNumber: number, at: Instant): Effect {
  return { type: 'ask', key: `issue/${issueNumber}/${at}`, question: { about: 'issue', issueNumber } }
}
