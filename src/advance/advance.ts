// One event, applied: what it says is merged into the facts, it is routed to the issues it concerns, and each of their
// pipelines is started or reduced. Facts come before pipelines: those that came too early are replayed once a pipeline is
// started or linked, so the order of arrival does not matter.
import { buttonCommand } from '../commands/button-command.ts'
import { contextOf, NO_CONTEXT } from '../pipeline/commands/authorized-commands.ts'
import { askSenderPermission } from '../pipeline/commands/run-commands.ts'
import { issuesOfPullRequest } from '../pipeline/facts/correlate.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { Event, EventOf, RepositoryEvent } from '../pipeline/model/events.ts'
import type { Question } from '../pipeline/model/questions.ts'
import { type Instant, latest } from '../pipeline/model/time.ts'
import { reduce } from '../pipeline/reduce.ts'
import { advancePipeline, lineOf, lookUpLinks } from './advance-pipeline.ts'
import { withLimitOf } from './breakers.ts'
import { type Change, putEffects, putPipeline } from './change.ts'
import { checkEmail } from './check-email.ts'
import { accessLiftedBy, advanceInstallation, askPresence, presenceAnswered, withRepositoryRef } from './presence.ts'
import { pressAnswered, pressReceived } from './press.ts'
import { reactionAndReply } from './reply.ts'
import { askAfterPush, newRepository, withConfiguration, withRepositoryHold } from './repositories.ts'
import { issuesOf, mergeEvent } from './route.ts'
import { type Heartbeats, type Keys, type PartialWorld, recording, type World, withFacts } from './world.ts'

/** Every change that one event causes in the world as it is. */
export function advance(world: World, event: Event): Change {
  switch (event.type) {
    case 'installation.changed':
      return advanceInstallation(world, event)
    case 'pipeline.woken':
      return wakePipeline(world, event)
    case 'button.clicked':
      return clickButton(world, event)
    default:
      return advanceRepository(world, event)
  }
}

/**
 * What must be read before the event can be advanced, as far as the rows read so far show: asked again after each read,
 * until nothing is missing. It reduces nothing, so `advance` may still miss a row in the end.
 */
export function neededBy(known: PartialWorld, event: Event): Keys {
  const { world, missing } = recording(known)
  if (!('repository' in event) || event.type === 'button.clicked') {
    advance(world, event)
    return missing
  }
  const { event: checked } = checkEmail(event)
  const { stored, merged, around, repository, context } = takeFacts(world, checked)
  askPresence(world, event, stored)
  presenceAnswered(world, event, stored)
  askAfterPush(world, event)
  republishComment(world, event)
  if (askClosingIssues(merged).length > 0) world.hasPipelines(repository.id)
  for (const issueNumber of issuesOf(around, merged)) {
    lookUpLinks(around, { repositoryId: repository.id, issueNumber }, merged, repository, context)
  }
  return missing
}

/** A delivery that brings a link or takes it away. */
const LINKING_ACTIONS = ['opened', 'edited', 'synchronize', 'ready_for_review', 'reopened', 'closed']

/**
 * Asked whether or not a pipeline is concerned: no webhook says which issues a pull request closes. While none is known,
 * every delivery about it is a reason to ask again, once a minute.
 */
export function askClosingIssues(event: Event): readonly Effect[] {
  if (event.type !== 'pull_request.changed' && event.type !== 'review.changed') return []
  const { number, updatedAt } = event.pullRequest
  const action = event.type === 'pull_request.changed' && LINKING_ACTIONS.includes(event.action) ? event.action : null
  if (action === null && issuesOfPullRequest(event.pullRequest).length > 0) return []
  const key =
    action === null
      ? `pull_request/${number}/${updatedAt.slice(0, 16)}`
      : `pull_request/${number}/${action}/${updatedAt}`
  return [{ type: 'ask', key, question: { about: 'pull_request', pullRequestNumber: number } }]
}

function advanceRepository(world: World, received: RepositoryEvent): Change {
  const { event, asks } = checkEmail(received)
  const { stored, repository, context, merged, facts, around } = takeFacts(world, event)
  const here = { repositoryId: repository.id, issueNumber: null }
  const advanced = issuesOf(around, merged).map((issueNumber) =>
    advancePipeline(around, { repositoryId: repository.id, issueNumber }, merged, repository, context),
  )
  const outcomes = advanced.flatMap((one) => one.outcomes)
  const closingIssues = askClosingIssues(merged)
  // Until the repository has a pipeline, its pull requests need no question.
  const asksClosingIssues = closingIssues.length > 0 && world.hasPipelines(repository.id)
  return [
    ...(repository === stored ? [] : [{ put: 'repository', row: repository } as const]),
    ...facts.runs.map((row) => ({ put: 'run', row }) as const),
    ...facts.pullRequests.map((row) => ({ put: 'pull-request', row }) as const),
    ...askPresence(world, event, stored),
    ...presenceAnswered(world, event, stored),
    ...askAfterPush(world, event),
    ...pressReceived(event),
    ...putEffects(here, [...(asksClosingIssues ? closingIssues : []), ...askSenderPermission(event), ...asks]),
    ...advanced.flatMap(({ change }) => change),
    ...putEffects(here, context.commands === null ? [] : reactionAndReply(context.commands, outcomes)),
    ...pressAnswered(event, context.commands, outcomes),
    ...republishComment(world, event),
    ...accessLiftedBy(event),
    ...(event.type === 'repository.woken' ? [{ put: 'slots-freed', repositoryId: repository.id } as const] : []),
  ]
}

/** What the event says about its repository, runs and pull requests, and what the door knows beside it. */
function takeFacts(world: World, event: RepositoryEvent) {
  const stored = world.repository(event.repository.id)
  const ref = withRepositoryRef(stored ?? newRepository(event.repository), event)
  const configured = withConfiguration(ref, event)
  const context = contextOf(event, lineOf(configured), {
    outerHolds: () => ({
      ...{ repository: configured.holdOrRelease, everything: world.globalHold('everything') },
      workflows: configured.workflowHolds,
    }),
    heartbeats: heartbeatsFor(world, event),
    presentSince: isRunAnswer(event) ? presentSince(world, event.at) : '',
  })
  const held = context.commands === null ? configured : withRepositoryHold(configured, context.commands)
  const repository = withLimitOf(world, held, event)
  const { merged, facts } = mergeEvent(world, event, lineOf(repository))
  return { stored, repository, context, merged, facts, around: withFacts(world, facts) }
}

/** Beats without news are in their table alone: an answer about a run must not take their absence for silence. */
function heartbeatsFor(world: World, event: RepositoryEvent): Heartbeats {
  if (!isRunAnswer(event)) return {}
  const { issueNumber } = event.question
  const id = world.pipeline({ repositoryId: event.repository.id, issueNumber })?.id ?? null
  return id === null ? {} : world.heartbeats(id)
}

type RunAnswer = EventOf<'question.answered'> & { readonly question: Extract<Question, { about: 'run' }> }

function isRunAnswer(event: RepositoryEvent): event is RunAnswer {
  return event.type === 'question.answered' && event.question.about === 'run'
}

/** Since when all parts of Andon have been there without a break. */
function presentSince(world: World, at: Instant): Instant {
  const parts = world.presence('everything')
  return parts.map(({ awayAt, since }) => (awayAt < at ? at : since)).reduce(latest, '')
}

/** The pipeline's `wakeAt` has come: whatever it decides is decided here, on the locked row. */
function wakePipeline(world: World, event: EventOf<'pipeline.woken'>): Change {
  const row = world.pipelineById(event.pipelineId)
  if (row === null || row.wakeAt === null || row.wakeAt > event.at) return []
  const context = { ...NO_CONTEXT, presentSince: presentSince(world, event.at) }
  const { pipeline, effects, entries } = reduce(row.pipeline, event, context)
  // Saving the row works out the next moment. What is derived reads differently from now on, so the pipeline is published
  // again even if nothing else came of it.
  return putPipeline(row, { ...row, pipeline, wakeAt: null }, entries, effects)
}

/** A comment that Andon wrote comes back after it was deleted. */
function republishComment(world: World, event: RepositoryEvent): Change {
  if (event.type !== 'comment.deleted') return []
  const { repository, issueNumber, commentId, at } = event
  const row = world.pipeline({ repositoryId: repository.id, issueNumber })
  if (row === null || row.id === null) return []
  const gone = { pipelineId: row.id, commentId }
  return world.isPublishedComment(gone) ? [{ put: 'comment-gone', ...gone, at }, ...putPipeline(row, row, [], [])] : []
}

/** A button names a check run, and the check run a pipeline. From there it is a command like one that was typed. */
function clickButton(world: World, event: EventOf<'button.clicked'>): Change {
  const { pipelineId, origin, verb, repository, at, isRerun, type: _, ...click } = event
  const row = world.pipelineById(pipelineId)
  if (row?.repositoryId !== repository.id || !world.isPublishedCheckRun({ pipelineId, ...origin }))
    return advanceRepository(world, event)
  return [
    // GitHub counts the commit's checks as queued until this one is written again, whatever comes of the command.
    ...(isRerun ? [{ put: 'check-run-stale', pipelineId, check: origin, at } as const] : []),
    ...(isRerun ? putPipeline(row, row, [], []) : []),
    ...advanceRepository(world, {
      ...{ ...click, type: 'commands.received', at, repository, origin, commands: [buttonCommand(verb, origin.stage)] },
      ...{ issueNumber: row.issueNumber, onPullRequest: false },
    }),
  ]
}
