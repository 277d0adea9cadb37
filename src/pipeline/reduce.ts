// The whole behaviour of the line, as one pure function. An event adds to what is known, the stages are settled from
// it (settle.ts), and whatever came of that is told. An event that does not fit leaves the very same object.

import { tellButtons } from './commands/buttons.ts'
import { hear } from './commands/run-commands.ts'
import { judge, watch, withoutStrays } from './deadlines/enforce-deadlines.ts'
import { newEffects } from './effects-of.ts'
import { keyOfOurs, withRun } from './facts/bind-run.ts'
import { belongs, issueOfRun } from './facts/correlate.ts'
import { mergeIssue, mergeJob } from './facts/merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from './facts/merge-pull-request.ts'
import { alike, best } from './facts/total-order.ts'
import { isOwn } from './model/attempt.ts'
import type { Heard } from './model/command-result.ts'
import type { Effect } from './model/effects.ts'
import type { Event, EventType } from './model/events.ts'
import type { PullRequestFact, RunFact } from './model/facts.ts'
import type { Entry } from './model/history-entry.ts'
import type { Pipeline } from './model/pipeline.ts'
import {
  whenAdmitted,
  whenCancelTold,
  whenDenied,
  whenDispatchTold,
  whenReported,
  withBeats,
} from './stages/attempt-events.ts'
import { settle } from './stages/derive-stages.ts'
import { beginningOf, firstBeginning } from './stages/pipeline-start.ts'
import { starterOf, withStarter } from './stages/start-requests.ts'
import { tell } from './view/history.ts'

/** What came of an event. */
export type Reduction = {
  readonly pipeline: Pipeline
  readonly effects: readonly Effect[]
  readonly entries: readonly Entry[]
  /** What came of the commands that the event gave to this pipeline; absent when it gave none. */
  readonly heard?: readonly Heard[]
}

/** One event applied to one pipeline. */
export function reduce(pipeline: Pipeline, event: Event): Reduction {
  const here = event.type === 'woken' || ('repository' in event && event.repository.id === pipeline.repositoryId)
  if (!here) return { pipeline, effects: [], entries: [] }
  const started = startedBy(event, pipeline)
  const hearing = hear(started, event)
  const next = act(settle(hearing?.pipeline ?? when(event, started)), event)
  const heard = hearing === null || hearing.heard.length === 0 ? {} : { heard: hearing.heard }
  const pressed = tellButtons(started, event, hearing?.heard ?? [])
  if (alike(pipeline, next)) return { pipeline, effects: [], entries: pressed, ...heard }
  const entries = [...pressed, ...tell(pipeline, next, event)]
  return { pipeline: next, effects: newEffects(pipeline, next), entries, ...heard }
}

/** What follows from how the line stands now, at the moment of this event. */
function act(pipeline: Pipeline, event: Event): Pipeline {
  if (!pipeline.stages.some(({ attempts }) => attempts.some(isOwn))) return pipeline
  const { at, evidence } = event
  const judged =
    event.type === 'answered' && event.question.about === 'run' && event.answer.about === 'run'
      ? judge(withBeats(pipeline, event.beats ?? {}), event.question.runId, event.answer.run !== null, at, evidence)
      : event.type === 'woken'
        ? watch(pipeline, at, evidence)
        : pipeline
  const acted = withoutStrays(judged, at)
  return alike(pipeline, acted) ? pipeline : settle(acted)
}

function when(event: Event, pipeline: Pipeline): Pipeline {
  switch (event.type) {
    case 'issue.changed':
    case 'issue.labeled':
      return whenIssueTold(pipeline, event)
    case 'issue.gone':
      return whenIssueGone(pipeline, event)
    case 'run.changed':
      return whenRunChanged(pipeline, event)
    case 'job.changed':
      return whenJobChanged(pipeline, event)
    case 'pull_request.changed':
      return withPullRequest(pipeline, event.pullRequest)
    case 'review.changed':
      return withPullRequest(pipeline, mergeReview(event.pullRequest, event.review))
    case 'answered':
      return whenAnswered(pipeline, event)
    case 'attempt.admitted':
      return isMine(pipeline, event) ? whenAdmitted(pipeline, event) : pipeline
    case 'admission.denied':
      return isMine(pipeline, event) ? whenDenied(pipeline, event) : pipeline
    case 'dispatch.told':
      return isMine(pipeline, event) ? whenDispatchTold(pipeline, event) : pipeline
    case 'cancel.told':
      return isMine(pipeline, event) ? whenCancelTold(pipeline, event) : pipeline
    case 'reported':
      return isMine(pipeline, event) ? whenReported(pipeline, event) : pipeline
    case 'woken':
      return event.beats === undefined ? pipeline : withBeats(pipeline, event.beats)
    // These move rows around a pipeline, not the pipeline; commands are heard before: see `hear`.
    case 'command.given':
    case 'button.pressed':
    case 'configuration.touched':
    case 'comment.deleted':
    case 'repository.changed':
    case 'repository.removed':
    case 'installation.changed':
      return pipeline
  }
  return event satisfies never
}

type Of<Type extends EventType> = Extract<Event, { type: Type }>

function isMine({ issue }: Pipeline, { issueNumber }: { readonly issueNumber: number }): boolean {
  return issue.number === issueNumber
}

function startedBy(event: Event, pipeline: Pipeline): Pipeline {
  const beginning = beginningOf(event, pipeline.issue.number, pipeline.line)
  if (beginning === null) return pipeline
  const { by, actor, at, evidence } = beginning
  const begun = { ...pipeline, begun: firstBeginning(pipeline.begun, beginning) }
  if (by === 'branch' || actor === null) return begun
  // A bot is taken at its word only where the repository's file names it, which is all the leave that it needs.
  const permission = event.type === 'command.given' && event.bot ? { granted: true, at } : null
  return withStarter(begun, { ...starterOf(actor, by, at, evidence), permission })
}

function whenIssueTold(pipeline: Pipeline, { issue }: Of<'issue.changed' | 'issue.labeled'>): Pipeline {
  if (issue.number !== pipeline.issue.number) return pipeline
  return { ...pipeline, issue: mergeIssue(pipeline.issue, issue) }
}

function whenIssueGone(pipeline: Pipeline, { issue, why, at }: Of<'issue.gone'>): Pipeline {
  if (issue.number !== pipeline.issue.number) return pipeline
  const gone = best(pipeline.gone ?? { why, at }, { why, at }, (leaving) => [-Date.parse(leaving.at)])
  return { ...pipeline, gone }
}

function whenRunChanged(pipeline: Pipeline, { run, repository }: Of<'run.changed'>): Pipeline {
  if (keyOfOurs(pipeline, run) !== null) return withRun(pipeline, run)
  // Everybody's runs are on the default branch: there a run must name its issue.
  const named = issueOfRun(run) !== null || run.branch !== repository.defaultBranch
  return named && belongs(pipeline, run) ? withRun(pipeline, run) : pipeline
}

function whenJobChanged(pipeline: Pipeline, { job }: Of<'job.changed'>): Pipeline {
  const run = knownRuns(pipeline).find((known) => known.id === job.runId)
  return run ? withRun(pipeline, mergeJob(run, job)) : pipeline
}

function knownRuns({ stages }: Pipeline): readonly RunFact[] {
  return stages.flatMap(({ attempts }) =>
    attempts.flatMap(({ run, ours }) =>
      [run, ...(ours?.twins.map((twin) => twin.run) ?? [])].filter((fact) => fact !== null),
    ),
  )
}

function whenAnswered(pipeline: Pipeline, event: Of<'answered'>): Pipeline {
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
