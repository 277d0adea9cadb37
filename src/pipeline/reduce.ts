// The whole behaviour of a pipeline, as one pure function. An event is merged into what is known, the stages are derived
// from that (stages/derive-stages.ts), and the result says which effects and history entries are new. An event that does
// not concern the pipeline leaves the very same object.

import { type EventContext, NO_CONTEXT } from './commands/authorized-commands.ts'
import { buttonEntries } from './commands/reply.ts'
import { runCommands } from './commands/run-commands.ts'
import { cancelSupersededRuns, enforceDeadlines, enforceOnReconciledRun } from './deadlines/enforce-deadlines.ts'
import { newEffects } from './effects-of.ts'
import { attemptKeyOfRun, bindRun } from './facts/bind-run.ts'
import { belongsToPipeline, issueOfRun } from './facts/correlate.ts'
import { mergeIssue, mergeJob } from './facts/merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from './facts/merge-pull-request.ts'
import { greatest, isEqualJson } from './facts/total-order.ts'
import type { CommandOutcome } from './model/command-result.ts'
import type { Effect } from './model/effects.ts'
import type { Event, EventOf } from './model/events.ts'
import type { PullRequestFact, RunFact } from './model/facts.ts'
import type { HistoryEntry } from './model/history-entry.ts'
import type { Pipeline } from './model/pipeline.ts'
import {
  whenAdmitted,
  whenCancelAnswered,
  whenDenied,
  whenDispatchUpdated,
  whenReported,
  withHeartbeats,
} from './stages/attempt-events.ts'
import { deriveStages } from './stages/derive-stages.ts'
import { pipelineStartIn, precedingStart, withStartRequest } from './stages/pipeline-start.ts'
import { historyOf } from './view/history.ts'

/** What came of an event. */
export type Reduction = {
  readonly pipeline: Pipeline
  readonly effects: readonly Effect[]
  readonly entries: readonly HistoryEntry[]
  /** What came of the commands that the event gave to this pipeline. */
  readonly outcomes: readonly CommandOutcome[]
}

/** One event applied to one pipeline. */
export function reduce(pipeline: Pipeline, event: Event, context = NO_CONTEXT): Reduction {
  const here =
    event.type === 'pipeline.woken' || ('repository' in event && event.repository.id === pipeline.repositoryId)
  if (!here) return { pipeline, effects: [], entries: [], outcomes: [] }
  const started = withStart(event, pipeline, context)
  const ran = runCommands(started, event, context)
  const next = withFollowUps(deriveStages(ran?.pipeline ?? applyFact(event, started)), event, context)
  const outcomes = ran?.outcomes ?? []
  const pressed = buttonEntries(event, context, outcomes)
  if (isEqualJson(pipeline, next)) return { pipeline, effects: [], entries: pressed, outcomes }
  const entries = [...pressed, ...historyOf(pipeline, next, event)]
  return { pipeline: next, effects: newEffects(pipeline, next), entries, outcomes }
}

/** The pipeline after deadlines and superseded runs were acted upon, at the moment of this event. */
function withFollowUps(pipeline: Pipeline, event: Event, { heartbeats }: EventContext): Pipeline {
  if (!pipeline.stages.some(({ attempts }) => attempts.length > 0)) return pipeline
  const judged =
    event.type === 'question.answered' && event.question.about === 'run' && event.answer.about === 'run'
      ? enforceOnReconciledRun(
          withHeartbeats(pipeline, heartbeats),
          event.question.runId,
          event.answer.run !== null,
          event,
        )
      : event.type === 'pipeline.woken'
        ? enforceDeadlines(pipeline, event)
        : pipeline
  const acted = cancelSupersededRuns(judged, event.at)
  return isEqualJson(pipeline, acted) ? pipeline : deriveStages(acted)
}

function applyFact(event: Event, pipeline: Pipeline): Pipeline {
  const issueNumber = 'issue' in event ? event.issue.number : 'issueNumber' in event ? event.issueNumber : null
  if (issueNumber !== null && issueNumber !== pipeline.issue.number) return pipeline
  switch (event.type) {
    case 'issue.changed':
    case 'issue.labeled':
      return { ...pipeline, issue: mergeIssue(pipeline.issue, event.issue) }
    case 'issue.removed':
      return whenIssueRemoved(pipeline, event)
    case 'run.changed':
      return whenRunChanged(pipeline, event)
    case 'job.changed':
      return whenJobChanged(pipeline, event)
    case 'pull_request.changed':
      return withPullRequest(pipeline, event.pullRequest)
    case 'review.changed':
      return withPullRequest(pipeline, mergeReview(event.pullRequest, event.review))
    case 'question.answered':
      return whenAnswered(pipeline, event)
    case 'attempt.admitted':
      return whenAdmitted(pipeline, event)
    case 'admission.denied':
      return whenDenied(pipeline, event)
    case 'dispatch.updated':
      return whenDispatchUpdated(pipeline, event)
    case 'cancel.answered':
      return whenCancelAnswered(pipeline, event)
    case 'attempt.reported':
      return whenReported(pipeline, event)
    case 'pipeline.woken':
      return event.heartbeats === undefined ? pipeline : withHeartbeats(pipeline, event.heartbeats)
    // These move rows around a pipeline, not the pipeline; commands are run before: see `runCommands`.
    case 'commands.received':
    case 'button.clicked':
    case 'configuration.pushed':
    case 'comment.deleted':
    case 'repository.changed':
    case 'repository.removed':
    case 'installation.changed':
      return pipeline
  }
  return event satisfies never
}

function withStart(event: Event, pipeline: Pipeline, { commands }: EventContext): Pipeline {
  const beginning = pipelineStartIn(event, pipeline.issue.number, pipeline.line, commands !== null)
  if (beginning === null) return pipeline
  const { by, actor, at, evidence } = beginning
  const started = { ...pipeline, start: precedingStart(pipeline.start, beginning) }
  if (by === 'branch' || actor === null) return started
  // A bot is taken at its word only where the repository's file names it, which is all the leave that it needs.
  const permission = event.type === 'commands.received' && event.bot ? { granted: true, at } : null
  return withStartRequest(started, { login: actor, by, at, evidence, permission })
}

function whenIssueRemoved(pipeline: Pipeline, { why, at }: EventOf<'issue.removed'>): Pipeline {
  const removed = greatest(pipeline.removed ?? { why, at }, { why, at }, (leaving) => [-Date.parse(leaving.at)])
  return { ...pipeline, removed }
}

function whenRunChanged(pipeline: Pipeline, { run, repository }: EventOf<'run.changed'>): Pipeline {
  if (attemptKeyOfRun(pipeline, run) !== null) return bindRun(pipeline, run)
  // Everybody's runs are on the default branch: there a run must name its issue.
  const named = issueOfRun(run) !== null || run.branch !== repository.defaultBranch
  return named && belongsToPipeline(pipeline, run) ? bindRun(pipeline, run) : pipeline
}

function whenJobChanged(pipeline: Pipeline, { job }: EventOf<'job.changed'>): Pipeline {
  const run = knownRuns(pipeline).find((known) => known.id === job.runId)
  return run ? bindRun(pipeline, mergeJob(run, job)) : pipeline
}

function knownRuns({ stages }: Pipeline): readonly RunFact[] {
  return stages.flatMap(({ attempts }) =>
    attempts.flatMap(({ run, control }) =>
      [run, ...(control?.duplicateRuns.map((twin) => twin.run) ?? [])].filter((fact) => fact !== null),
    ),
  )
}

function whenAnswered(pipeline: Pipeline, event: EventOf<'question.answered'>): Pipeline {
  const { question, answer, at, repository, evidence } = event
  if (question.about === 'run' && answer.about === 'run') {
    if (answer.run === null || question.issueNumber !== pipeline.issue.number) return pipeline
    return whenRunChanged(pipeline, { type: 'run.changed', run: answer.run, at, repository, evidence })
  }
  if (answer.about !== 'issue') {
    const answered = pipeline.pullRequests.map((known) => mergeAnswer(known, question, answer, at) ?? known)
    return { ...pipeline, pullRequests: answered }
  }
  if (question.about !== 'issue' || question.issueNumber !== pipeline.issue.number) return pipeline
  const issue = answer.issue === null ? pipeline.issue : mergeIssue(pipeline.issue, answer.issue)
  const baseSha = pipeline.baseSha ?? answer.defaultBranchSha
  return answer.pullRequests.reduce(withPullRequest, { ...pipeline, issue, baseSha })
}

function withPullRequest(pipeline: Pipeline, fact: PullRequestFact): Pipeline {
  const known = pipeline.pullRequests.find(({ number }) => number === fact.number) ?? null
  const others = pipeline.pullRequests.filter(({ number }) => number !== fact.number)
  const pullRequests = [...others, mergePullRequest(known, fact)].sort((a, b) => a.number - b.number)
  // What is not linked is left out again when the pipeline is settled.
  return { ...pipeline, pullRequests }
}
