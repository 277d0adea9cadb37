// One event, taken in: what it tells is merged into the facts, it is routed to the issues it concerns, and each of their
// pipelines is begun or reduced. Facts before pipelines: what was told too early is replayed once an issue is begun or
// linked, so the order of arrival does not matter.
import { type Line, OBSERVE_ONLY_LINE } from '../line/line.ts'
import { boundRunIds } from './admission.ts'
import { adoptLine, startPipeline } from './begin.ts'
import { type Change, putEffects, putPipeline } from './change.ts'
import { contextOf, type EventContext } from './commands/authorized-commands.ts'
import { withRepositoryHold } from './commands/hold-or-release.ts'
import { reactionAndReply } from './commands/reply.ts'
import { askSenderPermission } from './commands/run-commands.ts'
import { askAfterPush, isConfigurationAnswer, withConfiguration } from './configuration.ts'
import { attemptKeyOfRun } from './facts/bind-run.ts'
import { belongsToPipeline, issuesOfPullRequest } from './facts/correlate.ts'
import { mergeEvent } from './merge-event.ts'
import type { CommandOutcome } from './model/command-result.ts'
import type { Effect } from './model/effects.ts'
import type { Event } from './model/events.ts'
import type { RunFact } from './model/facts.ts'
import type { Pipeline } from './model/pipeline.ts'
import type { IssueKey, RepositoryRow } from './model/rows.ts'
import { type Reduction, reduce } from './reduce.ts'
import { advanceInstallation, newRepository, withRepositoryRef } from './repositories.ts'
import { issuesOf, type RepositoryEvent } from './route.ts'
import { pipelineStartIn } from './stages/pipeline-start.ts'
import { askClosingIssues } from './stages/questions-to-ask.ts'
import { type Heartbeats, type Keys, type PartialWorld, recording, type World, withFacts } from './world.ts'

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>

/** All that comes of one event in the world as it is. */
export function advance(world: World, event: Event): Change {
  switch (event.type) {
    case 'installation.changed':
      return advanceInstallation(world, event)
    case 'pipeline.woken':
      return wakePipeline(world, event)
    case 'comment.deleted':
      return [...advanceRepository(world, event), ...republishComment(world, event)]
    case 'button.clicked':
      return clickButton(world, event)
    default:
      return advanceRepository(world, event)
  }
}

/**
 * What must be read before the event can be advanced, as far as what is known by now tells: asked again once that was
 * read, until nothing is missing. Nothing is reduced for it, so it may miss what `advance` asks for in the end.
 */
export function neededBy(known: PartialWorld, event: Event): Keys {
  const { world, missing } = recording(known)
  if (!('repository' in event) || event.type === 'button.clicked') {
    advance(world, event)
    return missing
  }
  const { told, around, repository, context } = takeFacts(world, event)
  if (event.type === 'configuration.pushed') askAfterPush(world, event)
  if (event.type === 'comment.deleted') republishComment(world, event)
  if (askClosingIssues(event).length > 0) world.hasPipelines(repository.id)
  for (const issueNumber of issuesOf(around, told)) {
    const key = { repositoryId: repository.id, issueNumber }
    const row = around.pipeline(key)
    const isLinkedAnew =
      row === null
        ? pipelineStartIn(told, issueNumber, lineOf(repository), context.commands !== null) !== null
        : mayLink(told, row.pipeline)
    if (isLinkedAnew) linkedRuns(around, key, row?.pipeline ?? null)
  }
  return missing
}

function advanceRepository(world: World, event: RepositoryEvent): Change {
  const { known, repository, context, told, facts, around } = takeFacts(world, event)
  const here = { repositoryId: repository.id, issueNumber: null }
  const advanced = issuesOf(around, told).map((issueNumber) =>
    advancePipeline(around, { repositoryId: repository.id, issueNumber }, told, repository, context),
  )
  const outcomes = advanced.flatMap((one) => one.outcomes)
  return [
    ...(repository === known ? [] : [{ put: 'repository', row: repository } as const]),
    ...facts.runs.map((row) => ({ put: 'run', row }) as const),
    ...facts.pullRequests.map((row) => ({ put: 'pull request', row }) as const),
    ...(event.type === 'configuration.pushed' ? askAfterPush(world, event) : []),
    ...putEffects(here, closingIssuesQuestions(world, event)),
    ...putEffects(here, askSenderPermission(event)),
    ...advanced.flatMap(({ change }) => change),
    ...putEffects(here, context.commands === null ? [] : reactionAndReply(context.commands, outcomes)),
  ]
}

/** Before anything is on the line, ordinary pull requests are nobody's question. */
function closingIssuesQuestions(world: World, event: RepositoryEvent): readonly Effect[] {
  const questions = askClosingIssues(event)
  return questions.length > 0 && world.hasPipelines(event.repository.id) ? questions : []
}

/** What the event tells of its repository and of runs and pull requests, and what the door knows beside it. */
function takeFacts(world: World, event: RepositoryEvent) {
  const known = world.repository(event.repository.id)
  const ref = withRepositoryRef(known ?? newRepository(event.repository, event.at), event)
  const configured = withConfiguration(ref, event)
  const context = contextOf(event, lineOf(configured), {
    outerHolds: () => ({ repository: configured.holdOrRelease, everything: world.globalHold('everything') }),
    heartbeats: heartbeatsFor(world, event),
  })
  const repository = context.commands === null ? configured : withRepositoryHold(configured, context.commands)
  const { told, facts } = mergeEvent(world, event, lineOf(repository))
  return { known, repository, context, told, facts, around: withFacts(world, facts) }
}

/** What the repository's file says; without one, Andon only watches. */
function lineOf({ configuration }: RepositoryRow): Line {
  return configuration ?? OBSERVE_ONLY_LINE
}

/** Beats that say nothing new are known to their table alone: whoever judges a run must not take their absence for silence. */
function heartbeatsFor(world: World, event: RepositoryEvent): Heartbeats {
  if (event.type !== 'question.answered' || event.question.about !== 'run') return {}
  const { issueNumber } = event.question
  const id = world.pipeline({ repositoryId: event.repository.id, issueNumber })?.id ?? null
  return id === null ? {} : world.heartbeats(id)
}

type Advanced = { readonly change: Change; readonly outcomes: readonly CommandOutcome[] }

function advancePipeline(
  world: World,
  key: IssueKey,
  event: RepositoryEvent,
  repository: RepositoryRow,
  context: EventContext,
): Advanced {
  const known = world.pipeline(key)
  // Only a line that the file says is settled; where none is known, the answer about the issue will tell.
  const isConfigured = repository.configuration !== null
  const direct =
    known === null
      ? startPipeline(event, key.issueNumber, lineOf(repository), { context, isConfigured })
      : reduce(known.pipeline, event, context)
  if (direct === null) return { change: [], outcomes: [] }
  const { outcomes } = direct
  const lined = isConfigurationAnswer(event)
    ? chainReductions(direct, adoptFoundLine(direct.pipeline, repository, event))
    : direct
  const isLinkedAnew =
    known === null || event.type === 'question.answered' || linksOf(known.pipeline) !== linksOf(direct.pipeline)
  const { pipeline, effects, entries } = isLinkedAnew ? replayFacts(world, key, lined, event) : lined
  const row = known ?? { ...key, ...NEW_ROW, pipeline }
  const isChanged = known === null || pipeline !== known.pipeline || entries.length > 0
  const change = isChanged ? putPipeline(known, { ...row, pipeline }, entries, effects) : putEffects(key, effects)
  return { change, outcomes }
}

/** What was just said of the file may be the line that the pipeline waits for. */
function adoptFoundLine(pipeline: Pipeline, repository: RepositoryRow, event: RepositoryEvent): Reduction {
  const { configuration, configurationProblems } = repository
  // As long as there is nothing but mistakes, it waits for a version without any.
  const isOpen = configuration === null && configurationProblems.length > 0
  return isOpen ? { pipeline, effects: [], entries: [], outcomes: [] } : adoptLine(pipeline, lineOf(repository), event)
}

function chainReductions(first: Reduction, then: Reduction): Reduction {
  return {
    ...then,
    effects: [...first.effects, ...then.effects],
    entries: [...first.entries, ...then.entries],
  }
}

const NEW_ROW = { id: null, revision: 0, wakeAt: null, reconcileAt: null } as const

function linksOf(pipeline: Pipeline): string {
  return [...pipeline.pullRequests.map(({ number }) => `#${number}`), ...boundRunIds(pipeline)].join()
}

/** May the event link a pull request or a run to the pipeline, or end such a link? */
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

/** Tells the pipeline what is stored and belongs to it. */
function replayFacts(world: World, key: IssueKey, begun: Reduction, { repository }: RepositoryEvent): Reduction {
  let told = begun
  const retell = (event: Event) => {
    told = chainReductions(told, reduce(told.pipeline, event))
  }
  for (const { fact } of world.pullRequestsOf(key)) {
    const { updatedAt: at, evidence } = fact
    if (!issuesOfPullRequest(fact).includes(key.issueNumber)) continue
    retell({ type: 'pull_request.changed', action: 'replayed', at, evidence, repository, pullRequest: fact })
  }
  const linked = told.pipeline
  for (const run of linkedRuns(world, key, linked)) {
    const { updatedAt: at, evidence } = run
    if (belongsToPipeline(linked, run) || attemptKeyOfRun(linked, run) !== null)
      retell({ type: 'run.changed', at, evidence, repository, run })
  }
  return told
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

/** The moment a pipeline asked for has come: whatever is decided by it is decided here, on the locked row. */
function wakePipeline(world: World, event: EventOf<'pipeline.woken'>): Change {
  const row = world.pipelineById(event.pipelineId)
  if (row === null || row.wakeAt === null || row.wakeAt > event.at) return []
  const { pipeline, effects, entries } = reduce(row.pipeline, event)
  // That moment is spent; the next one is worked out when the row is saved. What is derived reads otherwise from now
  // on, so the pipeline is published again even if nothing else came of it.
  return putPipeline(row, { ...row, pipeline, wakeAt: null }, entries, effects)
}

/** A comment of ours was removed by somebody: it comes back. */
function republishComment(
  world: World,
  { repository, issueNumber, commentId, at }: EventOf<'comment.deleted'>,
): Change {
  const row = world.pipeline({ repositoryId: repository.id, issueNumber })
  if (row === null || row.id === null) return []
  const gone = { pipelineId: row.id, commentId }
  return world.isPublishedComment(gone) ? [{ put: 'comment gone', ...gone, at }, ...putPipeline(row, row, [], [])] : []
}

/**
 * A button names a check run, and the check run a pipeline. What it means is then given like a command that somebody
 * typed: one path for both.
 */
function clickButton(world: World, event: EventOf<'button.clicked'>): Change {
  const { pipelineId, origin, verb, repository, at, isRerun, type: _, ...click } = event
  const row = world.pipelineById(pipelineId)
  if (row === null || row.repositoryId !== repository.id) return advanceRepository(world, event)
  if (!world.isPublishedCheckRun({ pipelineId, ...origin })) return advanceRepository(world, event)
  const text = verb === 'retry' ? `/andon retry ${origin.stage}` : '/andon approve'
  const command = verb === 'retry' ? { verb, stage: origin.stage, text } : { verb, text }
  return [
    // GitHub counts the commit's checks as queued until this one is written again, whatever comes of the order.
    ...(isRerun ? [{ put: 'check run stale', pipelineId, check: origin, at } as const] : []),
    ...(isRerun ? putPipeline(row, row, [], []) : []),
    ...advanceRepository(world, {
      ...{ ...click, type: 'commands.received', at, repository, origin, commands: [command] },
      ...{ issueNumber: row.issueNumber, onPullRequest: false },
    }),
  ]
}
