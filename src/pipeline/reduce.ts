// The whole behaviour of a pipeline, as one pure function. An event adds to the facts, the stages are derived from them, and
// effects and history follow from what that changed. An event that changes nothing leaves the very same object.
import { type EventContext, NO_CONTEXT } from './commands/authorized-commands.ts'
import { buttonEntries } from './commands/preconditions.ts'
import { runCommands } from './commands/run-commands.ts'
import { cancelSupersededRuns, enforceDeadlines, enforceOnReconciledRun } from './deadlines/enforce-deadlines.ts'
import { withoutFutureMoments } from './deadlines/without-future-moments.ts'
import { newEffects } from './effects-of.ts'
import { attemptKeyOfRun, bindRun } from './facts/bind-run.ts'
import { belongsToPipeline, issueOfRun } from './facts/correlate.ts'
import { mergeAnswer, mergeIssue, mergeJob, mergePullRequest, mergeReview } from './facts/merge.ts'
import { greatest, isEqualJson } from './facts/total-order.ts'
import { withoutEndedHolds } from './holds/holds.ts'
import type { CommandOutcome, HistoryEntry } from './model/command-result.ts'
import type { Effect } from './model/effects.ts'
import type { Event, EventOf, EventType } from './model/events.ts'
import type { PullRequestFact, RunFact } from './model/facts.ts'
import type { Pipeline } from './model/pipeline.ts'
import { pullRequestOfQuestion } from './model/questions.ts'
import {
  noteSignOfLife,
  whenAdmitted,
  whenCancelAnswered,
  whenDenied,
  whenDispatchUpdated,
  whenExcused,
  whenReported,
  withHeartbeats,
  withPresence,
} from './stages/attempt-events.ts'
import { deriveStages } from './stages/derive-stages.ts'
import { pipelineStartIn, precedingStart, withStartRequest } from './stages/pipeline-start.ts'
import { whenConfigurationPushed, whenWorkflowChecked } from './stages/refusals.ts'
import { historyOf } from './view/history.ts'

/** The pipeline after an event, and what else the event causes. */
export type Reduction = {
  readonly pipeline: Pipeline
  readonly effects: readonly Effect[]
  readonly entries: readonly HistoryEntry[]
  /** Results of the event's commands, where they concern this pipeline. */
  readonly outcomes: readonly CommandOutcome[]
}

export function unchanged(pipeline: Pipeline): Reduction {
  return { pipeline, effects: [], entries: [], outcomes: [] }
}

/** One event applied to one pipeline. */
export function reduce(pipeline: Pipeline, event: Event, context = NO_CONTEXT): Reduction {
  const isElsewhere =
    'repository' in event ? event.repository.id !== pipeline.repositoryId : event.type !== 'pipeline.woken'
  if (isElsewhere) return unchanged(pipeline)
  const started = withStart(event, pipeline, context)
  const ran = runCommands(started, event, context)
  const next = withFollowUps(deriveStages(ran?.pipeline ?? applyFact(event, started)), event, context)
  const outcomes = ran?.outcomes ?? []
  const clicks = buttonEntries(event, context, outcomes)
  if (isEqualJson(pipeline, next)) return { pipeline, effects: [], entries: clicks, outcomes }
  const isCarriedOut = outcomes.some(({ result }) => result?.outcome === 'done')
  const by = isCarriedOut ? (context.commands?.login ?? null) : null
  const entries = [...clicks, ...historyOf(pipeline, next, event, by)]
  return { pipeline: next, effects: newEffects(pipeline, next), entries, outcomes }
}

/** What the watchdog and superseded runs call for, now that the stages are derived. */
function withFollowUps(pipeline: Pipeline, event: Event, context: EventContext): Pipeline {
  const isUntried = pipeline.stages.every(({ attempts }) => attempts.length === 0)
  if (isUntried && event.type !== 'pipeline.woken') return pipeline
  const acted = cancelSupersededRuns(withDeadlines(pipeline, event, context), event.at)
  return isEqualJson(pipeline, acted) ? pipeline : deriveStages(acted)
}

function withDeadlines(pipeline: Pipeline, event: Event, { heartbeats, presentSince }: EventContext): Pipeline {
  if (event.type === 'pipeline.woken')
    return enforceDeadlines(withPresence(withoutFutureMoments(pipeline, event.at), presentSince), event)
  if (event.type !== 'question.answered') return pipeline
  const { question, answer } = event
  if (question.about !== 'run' || answer.about !== 'run') return pipeline
  const known = withPresence(withoutFutureMoments(withHeartbeats(pipeline, heartbeats), event.at), presentSince)
  return enforceOnReconciledRun(known, question.runId, answer.run !== null, event)
}

function applyFact(event: Event, pipeline: Pipeline): Pipeline {
  const issueNumber = 'issue' in event ? event.issue.number : 'issueNumber' in event ? event.issueNumber : null
  return issueNumber === null || issueNumber === pipeline.issue.number ? applyByType(event, pipeline) : pipeline
}

function applyByType<Type extends EventType>(event: EventOf<Type>, pipeline: Pipeline): Pipeline {
  return APPLY[event.type](pipeline, event)
}

const withIssue = (pipeline: Pipeline, { issue }: Pick<EventOf<'issue.changed'>, 'issue'>) => ({
  ...pipeline,
  issue: mergeIssue(pipeline.issue, issue),
})
const same = (pipeline: Pipeline) => pipeline

const APPLY: { readonly [Type in EventType]: (pipeline: Pipeline, event: EventOf<Type>) => Pipeline } = {
  'issue.changed': withIssue,
  'issue.labeled': withIssue,
  'issue.removed': whenIssueRemoved,
  'run.changed': whenRunChanged,
  'job.changed': whenJobChanged,
  'pull_request.changed': (pipeline, { pullRequest }) => withPullRequest(pipeline, pullRequest),
  'review.changed': (pipeline, { pullRequest, review }) => withPullRequest(pipeline, mergeReview(pullRequest, review)),
  'question.answered': whenAnswered,
  'attempt.admitted': whenAdmitted,
  'admission.denied': whenDenied,
  'attempt.excused': whenExcused,
  'dispatch.updated': whenDispatchUpdated,
  'cancel.answered': whenCancelAnswered,
  'attempt.reported': whenReported,
  'configuration.pushed': whenConfigurationPushed,
  // The default branch may be another one now.
  'repository.changed': (pipeline, event) => whenConfigurationPushed(pipeline, { ...event, paths: null }),
  'pipeline.woken': (pipeline, { at, heartbeats = {} }) => withoutEndedHolds(withHeartbeats(pipeline, heartbeats), at),
  // These change rows around a pipeline, not the pipeline; commands run before: see `runCommands`.
  'commands.received': same,
  'button.clicked': same,
  'comment.deleted': same,
  'repository.woken': same,
  'repository.removed': same,
  'repository.redirected': same,
  'installation.changed': same,
}

function withStart(event: Event, pipeline: Pipeline, { commands }: EventContext): Pipeline {
  const start = pipelineStartIn(event, pipeline.issue.number, pipeline.line, commands !== null)
  if (start === null) return pipeline
  const { by, actor, at, evidence } = start
  const started = { ...pipeline, start: precedingStart(pipeline.start, start) }
  if (by === 'branch' || actor === null) return started
  // A bot's command counts only where the repository's file names the bot, and then it needs no other permission.
  const permission = event.type === 'commands.received' && event.bot ? { granted: true, at } : null
  const bot = event.type === 'issue.labeled' && event.bot ? { bot: true } : {}
  const comment = event.type === 'commands.received' && event.origin.kind === 'comment' ? event.origin : null
  const commentId = comment && { commentId: comment.id }
  return withStartRequest(started, { login: actor, by, at, evidence, permission, ...bot, ...commentId })
}

function whenIssueRemoved(pipeline: Pipeline, { why, at }: EventOf<'issue.removed'>): Pipeline {
  const removed = greatest(pipeline.removed ?? { why, at }, { why, at }, (removal) => [-Date.parse(removal.at)])
  return { ...pipeline, removed }
}

function whenRunChanged(
  pipeline: Pipeline,
  { run, repository }: Pick<EventOf<'run.changed'>, 'run' | 'repository'>,
): Pipeline {
  if (attemptKeyOfRun(pipeline, run) !== null) return bindReceivedRun(pipeline, run)
  // All kinds of runs are on the default branch: there a run must name its issue.
  const isNamed = issueOfRun(run) !== null || run.branch !== repository.defaultBranch
  return isNamed && belongsToPipeline(pipeline, run) ? bindRun(pipeline, run) : pipeline
}

function whenJobChanged(pipeline: Pipeline, { job }: EventOf<'job.changed'>): Pipeline {
  const run = pipeline.stages
    .flatMap(({ attempts }) => attempts)
    .flatMap((attempt) => [attempt.run, ...(attempt.control?.duplicateRuns ?? []).map((duplicate) => duplicate.run)])
    .find((known) => known?.id === job.runId)
  if (!run) return pipeline
  return bindReceivedRun(pipeline, mergeJob(run, job))
}

function bindReceivedRun(pipeline: Pipeline, run: RunFact): Pipeline {
  const key = attemptKeyOfRun(pipeline, run)
  const bound = bindRun(pipeline, run)
  return key === null ? bound : noteSignOfLife(pipeline, bound, key)
}

function whenAnswered(pipeline: Pipeline, event: EventOf<'question.answered'>): Pipeline {
  const { question, answer, at, repository } = event
  if (question.about === 'run' && answer.about === 'run') {
    if (answer.run === null || question.issueNumber !== pipeline.issue.number) return pipeline
    return whenRunChanged(pipeline, { run: answer.run, repository })
  }
  if (answer.about === 'workflow') return whenWorkflowChecked(pipeline, event)
  if (answer.about !== 'issue') {
    const pullRequests = pipeline.pullRequests.map((stored) => mergeAnswer(stored, question, answer, at) ?? stored)
    // One that was omitted is replayed, if it is still linked.
    const { omittedPullRequests, ...rest } = pipeline
    const omitted = omittedPullRequests?.filter((number) => number !== pullRequestOfQuestion(question))
    return { ...rest, pullRequests, ...(omitted && { omittedPullRequests: omitted }) }
  }
  if (question.about !== 'issue' || question.issueNumber !== pipeline.issue.number) return pipeline
  const issue = answer.issue === null ? pipeline.issue : mergeIssue(pipeline.issue, answer.issue)
  const baseSha = pipeline.baseSha ?? answer.defaultBranchSha
  return answer.pullRequests.reduce(withPullRequest, { ...pipeline, issue, baseSha })
}

/** Deriving the stages drops the pull request again when it is not linked. */
function withPullRequest(pipeline: Pipeline, fact: PullRequestFact): Pipeline {
  const stored = pipeline.pullRequests.find(({ number }) => number === fact.number) ?? null
  const others = pipeline.pullRequests.filter(({ number }) => number !== fact.number)
  const pullRequests = [...others, mergePullRequest(stored, fact)].sort((a, b) => a.number - b.number)
  return { ...pipeline, pullRequests }
}
