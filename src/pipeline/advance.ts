// All that one event changes: its facts are merged, it is routed to the issues that it concerns, and each of their pipelines
// is started or reduced. Facts come before pipelines: a fact that arrives too early is replayed once its issue is started or
// linked, so the order of arrival does not matter.
import { buttonCommand } from '../commands/button-command.ts'
import { advancePipeline, lineOf, lookUpLinks } from './advance-pipeline.ts'
import { type Change, putEffects, putPipeline } from './change.ts'
import { contextOf } from './commands/authorized-commands.ts'
import { withRepositoryHold } from './commands/hold-or-release.ts'
import { reactionAndReply } from './commands/reply.ts'
import { askSenderPermission } from './commands/run-commands.ts'
import { askAfterPush, withConfiguration } from './configuration.ts'
import { mergeEvent } from './merge-event.ts'
import type { Effect } from './model/effects.ts'
import type { Event, EventOf, RepositoryEvent } from './model/events.ts'
import { reduce } from './reduce.ts'
import { advanceInstallation, newRepository, withRepositoryRef } from './repositories.ts'
import { issuesOf } from './route.ts'
import { askClosingIssues } from './stages/questions-to-ask.ts'
import { type Heartbeats, type Keys, type PartialWorld, recording, type World, withFacts } from './world.ts'

/** Every change that one event causes in the world as it is. */
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
    lookUpLinks(around, { repositoryId: repository.id, issueNumber }, told, repository, context)
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
    ...facts.pullRequests.map((row) => ({ put: 'pull-request', row }) as const),
    ...(event.type === 'configuration.pushed' ? askAfterPush(world, event) : []),
    ...putEffects(here, closingIssuesQuestions(world, event)),
    ...putEffects(here, askSenderPermission(event)),
    ...advanced.flatMap(({ change }) => change),
    ...putEffects(here, context.commands === null ? [] : reactionAndReply(context.commands, outcomes)),
  ]
}

/** Asks which issues a pull request closes; never in a repository without pipelines. */
function closingIssuesQuestions(world: World, event: RepositoryEvent): readonly Effect[] {
  const questions = askClosingIssues(event)
  return questions.length > 0 && world.hasPipelines(event.repository.id) ? questions : []
}

/** The event's repository, runs and pull requests merged into what is known, and the context of the event. */
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

/** Beats that say nothing new are known to their table alone: whoever judges a run must not take their absence for silence. */
function heartbeatsFor(world: World, event: RepositoryEvent): Heartbeats {
  if (event.type !== 'question.answered' || event.question.about !== 'run') return {}
  const { issueNumber } = event.question
  const id = world.pipeline({ repositoryId: event.repository.id, issueNumber })?.id ?? null
  return id === null ? {} : world.heartbeats(id)
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

/** A deleted comment of ours comes back. */
function republishComment(
  world: World,
  { repository, issueNumber, commentId, at }: EventOf<'comment.deleted'>,
): Change {
  const row = world.pipeline({ repositoryId: repository.id, issueNumber })
  if (row === null || row.id === null) return []
  const gone = { pipelineId: row.id, commentId }
  return world.isPublishedComment(gone) ? [{ put: 'comment-gone', ...gone, at }, ...putPipeline(row, row, [], [])] : []
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
  return [
    // GitHub counts the commit's checks as queued until this one is written again, whatever comes of the order.
    ...(isRerun ? [{ put: 'check-run-stale', pipelineId, check: origin, at } as const] : []),
    ...(isRerun ? putPipeline(row, row, [], []) : []),
    ...advanceRepository(world, {
      ...{ ...click, type: 'commands.received', at, repository, origin, commands: [buttonCommand(verb, origin.stage)] },
      ...{ issueNumber: row.issueNumber, onPullRequest: false },
    }),
  ]
}
