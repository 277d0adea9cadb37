// An event in the pipeline of one issue: it is begun or reduced, takes over a line that was found, and is told what is
// stored and belongs to it once it is begun or linked anew.
import { type Line, OBSERVE_ONLY_LINE } from '../line/line.ts'
import { boundRunIds } from './admission.ts'
import { adoptLine, startPipeline } from './begin.ts'
import { type Change, putEffects, putPipeline } from './change.ts'
import type { EventContext } from './commands/authorized-commands.ts'
import { isConfigurationAnswer } from './configuration.ts'
import { attemptKeyOfRun } from './facts/bind-run.ts'
import { belongsToPipeline, issuesOfPullRequest } from './facts/correlate.ts'
import type { CommandOutcome } from './model/command-result.ts'
import type { Event, RepositoryEvent } from './model/events.ts'
import type { RunFact } from './model/facts.ts'
import type { Pipeline } from './model/pipeline.ts'
import type { IssueKey, RepositoryRow } from './model/rows.ts'
import { type Reduction, reduce } from './reduce.ts'
import { pipelineStartIn } from './stages/pipeline-start.ts'
import type { World } from './world.ts'

/** What the repository's file says; without one, Andon only watches. */
export function lineOf({ configuration }: RepositoryRow): Line {
  return configuration ?? OBSERVE_ONLY_LINE
}

/** What comes of the event in the pipeline of one issue, if it has or gets one. */
export function advancePipeline(
  world: World,
  key: IssueKey,
  event: RepositoryEvent,
  repository: RepositoryRow,
  context: EventContext,
): { readonly change: Change; readonly outcomes: readonly CommandOutcome[] } {
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

/** Looks up what may be replayed into the pipeline because of the event. */
export function lookUpLinks(
  world: World,
  key: IssueKey,
  event: RepositoryEvent,
  repository: RepositoryRow,
  context: EventContext,
): void {
  const row = world.pipeline(key)
  const isLinkedAnew =
    row === null
      ? pipelineStartIn(event, key.issueNumber, lineOf(repository), context.commands !== null) !== null
      : mayLink(event, row.pipeline)
  if (isLinkedAnew) linkedRuns(world, key, row?.pipeline ?? null)
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

const NEW_ROW = { id: null, revision: 0, wakeAt: null } as const

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
