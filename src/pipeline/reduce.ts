// The whole behaviour of the line, as one pure function. An event adds to what is known, the stages are settled from
// it (settle.ts), and whatever came of that is told. An event that does not fit leaves the very same object.
import { askPermissions } from './asks.ts'
import { beginningOf, firstBeginning } from './beginning.ts'
import { belongs, issueOfRun, stageOfRun } from './correlate.ts'
import type { Effect } from './effects.ts'
import type { Event, EventType } from './events.ts'
import type { PullRequestFact, RunFact } from './facts.ts'
import { tell } from './history.ts'
import { mergeIssue, mergeJob, mergeRun } from './merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from './merge-pull-request.ts'
import { alike, best } from './order.ts'
import type { Evidence, Instant, Pipeline } from './pipeline.ts'
import { settle } from './settle.ts'

/** A line of history: what happened, in words. */
export type Entry = {
  readonly at: Instant
  readonly type: string
  readonly actor: string | null
  readonly text: string
  readonly evidence: Evidence | null
}

/** What came of an event. */
export type Reduction = {
  readonly pipeline: Pipeline
  readonly effects: readonly Effect[]
  readonly entries: readonly Entry[]
}

/** One event applied to one pipeline. */
export function reduce(pipeline: Pipeline, event: Event): Reduction {
  const here = 'repository' in event && event.repository.id === pipeline.repositoryId
  const next = here ? settle(when(event, startedBy(event, pipeline))) : pipeline
  if (alike(pipeline, next)) return { pipeline, effects: [], entries: [] }
  const asked = new Set(askPermissions(pipeline).map(({ key }) => key))
  const effects = askPermissions(next).filter(({ key }) => !asked.has(key))
  return { pipeline: next, effects, entries: tell(pipeline, next, event) }
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
    case 'command.given':
    case 'attempt.admitted':
    case 'admission.denied':
    case 'dispatch.told':
    case 'cancel.told':
    case 'reported':
      return pipeline
    // The clock changes what is derived (health.ts), never what is kept.
    case 'woken':
    // These move rows around a pipeline, not the pipeline.
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

function startedBy(event: Event, pipeline: Pipeline): Pipeline {
  const beginning = beginningOf(event, pipeline.issue.number, pipeline.line)
  return beginning === null ? pipeline : { ...pipeline, begun: firstBeginning(pipeline.begun, beginning) }
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
  // Everybody's runs are on the default branch: there a run must name its issue.
  const named = issueOfRun(run) !== null || run.branch !== repository.defaultBranch
  return named && belongs(pipeline, run) ? withRun(pipeline, run) : pipeline
}

function whenJobChanged(pipeline: Pipeline, { job }: Of<'job.changed'>): Pipeline {
  const runs = pipeline.stages.flatMap(({ attempts }) => attempts.map(({ run }) => run))
  const run = runs.find((known) => known?.id === job.runId)
  return run ? withRun(pipeline, mergeJob(run, job)) : pipeline
}

function whenAnswered(pipeline: Pipeline, { question, answer, at }: Of<'answered'>): Pipeline {
  if (answer.about !== 'issue') {
    const answered = pipeline.pullRequests.map((known) => mergeAnswer(known, question, answer, at) ?? known)
    return { ...pipeline, pullRequests: answered }
  }
  if (question.about !== 'issue' || question.issueNumber !== pipeline.issue.number) return pipeline
  const issue = answer.issue === null ? pipeline.issue : mergeIssue(pipeline.issue, answer.issue)
  const baseSha = pipeline.baseSha ?? answer.defaultBranchSha
  return answer.pullRequests.reduce(withPullRequest, { ...pipeline, issue, baseSha })
}

function withRun(pipeline: Pipeline, run: RunFact): Pipeline {
  const name = stageOfRun(pipeline.line.stages, run)
  const stages = pipeline.stages.map((stage) => {
    if (stage.name !== name) return stage
    const others = stage.attempts.filter((attempt) => attempt.run?.id !== run.id)
    const known = stage.attempts.find((attempt) => attempt.run?.id === run.id)
    return { ...stage, attempts: [...others, { number: 0, key: null, run: mergeRun(known?.run ?? null, run) }] }
  })
  return { ...pipeline, stages }
}

function withPullRequest(pipeline: Pipeline, fact: PullRequestFact): Pipeline {
  const known = pipeline.pullRequests.find(({ number }) => number === fact.number) ?? null
  const others = pipeline.pullRequests.filter(({ number }) => number !== fact.number)
  const pullRequests = [...others, mergePullRequest(known, fact)].sort((a, b) => a.number - b.number)
  // What is not linked is left out again when the pipeline is settled.
  return { ...pipeline, pullRequests }
}
