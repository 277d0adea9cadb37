// The door without a database: facts merged by id, events routed to the issues they belong to, stored facts replayed
// into a pipeline that begins or is linked anew. It shows that the core keeps its promises under those rules.
import { type Line, OBSERVE_ONLY_LINE } from '../../src/line/line.ts'
import { boundRunIds } from '../../src/pipeline/admission.ts'
import { startPipeline } from '../../src/pipeline/begin.ts'
import { askSenderPermission } from '../../src/pipeline/commands/run-commands.ts'
import { attemptKeyOfRun } from '../../src/pipeline/facts/bind-run.ts'
import { belongsToPipeline, issueOfRun, issuesOfPullRequest } from '../../src/pipeline/facts/correlate.ts'
import { mergeJob, mergeRun } from '../../src/pipeline/facts/merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from '../../src/pipeline/facts/merge-pull-request.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { PullRequestFact, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { issueOfQuestion, pullRequestOfQuestion } from '../../src/pipeline/model/question-subject.ts'
import { type Reduction, reduce } from '../../src/pipeline/reduce.ts'
import { askClosingIssues } from '../../src/pipeline/stages/questions-to-ask.ts'
import { REPOSITORY } from './pipeline-fixtures.ts'

export type InMemoryApply = {
  /** Applies one event; returns what is asked for the first time because of it. */
  apply(event: Event): readonly Effect[]
  readonly pipelines: ReadonlyMap<number, Pipeline>
  /** Another that stands as this one does now, to be told something else from here on. */
  clone(): InMemoryApply
  /** All that it goes on from: two that say the same will do the same. */
  serialize(): string
}

type InMemoryState = {
  readonly runs?: ReadonlyMap<number, RunFact>
  readonly pullRequests?: ReadonlyMap<number, PullRequestFact>
  readonly pipelines?: ReadonlyMap<number, Pipeline>
  readonly effectKeys?: ReadonlySet<string>
}

export function inMemoryApply(
  repository: RepositoryRef = REPOSITORY,
  line: Line = OBSERVE_ONLY_LINE,
  before: InMemoryState = {},
): InMemoryApply {
  const runs = new Map(before.runs)
  const pullRequests = new Map(before.pullRequests)
  const pipelines = new Map(before.pipelines)
  const effectKeys = new Set(before.effectKeys)

  /** The event as what is known with it: it carries the merged fact. */
  function learn(event: Event): Event {
    if (event.type === 'run.changed')
      return { ...event, run: keepRun(mergeRun(runs.get(event.run.id) ?? null, event.run)) }
    if (event.type === 'job.changed') keepRun(mergeJob(runs.get(event.job.runId) ?? null, event.job))
    if (event.type === 'pull_request.changed') return { ...event, pullRequest: keep(event.pullRequest) }
    if (event.type === 'review.changed')
      return { ...event, pullRequest: keep(mergeReview(event.pullRequest, event.review)) }
    if (event.type === 'question.answered') {
      if (event.answer.about === 'issue') event.answer.pullRequests.forEach(keep)
      for (const known of pullRequests.values()) {
        const merged = mergeAnswer(known, event.question, event.answer, event.at)
        if (merged !== null) pullRequests.set(merged.number, merged)
      }
    }
    return event
  }

  function keepRun(run: RunFact): RunFact {
    runs.set(run.id, run)
    return run
  }

  function keep(fact: PullRequestFact): PullRequestFact {
    const merged = mergePullRequest(pullRequests.get(fact.number) ?? null, fact)
    pullRequests.set(merged.number, merged)
    return merged
  }

  function route(event: Event): readonly number[] {
    if ('issue' in event) return [event.issue.number]
    if (event.type === 'run.changed') return issuesOf(event.run)
    if (event.type === 'job.changed') return issuesOf(runs.get(event.job.runId)!)
    if ('issueNumber' in event) return [event.issueNumber]
    if ('pullRequest' in event) return issuesAround(event.pullRequest.number)
    if (event.type !== 'question.answered') return []
    const issue = issueOfQuestion(event.question)
    const pullRequest = pullRequestOfQuestion(event.question)
    return issue !== null ? [issue] : pullRequest === null ? [] : issuesAround(pullRequest)
  }

  function issuesOf(run: RunFact): readonly number[] {
    const named = issueOfRun(run)
    const around = [...pullRequests.values()].filter(({ branch }) => branch === run.branch)
    const bound = [...pipelines.values()].filter((known) => boundRunIds(known).includes(run.id))
    const owners = bound.map(({ issue }) => issue.number)
    return unique([...(named === null ? [] : [named]), ...owners, ...around.flatMap(issuesOfPullRequest)])
  }

  function issuesAround(number: number): readonly number[] {
    const fact = pullRequests.get(number)
    const linked = [...pipelines.values()].filter((known) => known.pullRequests.some((one) => one.number === number))
    return unique([...(fact ? issuesOfPullRequest(fact) : []), ...linked.map(({ issue }) => issue.number)])
  }

  /** What is stored and now belongs to the pipeline. */
  function replay(reduction: Reduction): Reduction {
    let { pipeline } = reduction
    const effects = [...reduction.effects]
    const retell = (event: Event) => {
      const told = reduce(pipeline, event)
      pipeline = told.pipeline
      effects.push(...told.effects)
    }
    for (const pullRequest of pullRequests.values()) {
      const { updatedAt: at, evidence } = pullRequest
      if (!issuesOfPullRequest(pullRequest).includes(pipeline.issue.number)) continue
      retell({ type: 'pull_request.changed', at, evidence, repository, action: 'replayed', pullRequest })
    }
    for (const run of runs.values()) {
      const { updatedAt: at, evidence } = run
      if (belongsToPipeline(pipeline, run) || attemptKeyOfRun(pipeline, run) !== null)
        retell({ type: 'run.changed', at, evidence, repository, run })
    }
    return { ...reduction, pipeline, effects }
  }

  return {
    pipelines,
    clone: () => inMemoryApply(repository, line, { runs, pullRequests, pipelines, effectKeys }),
    serialize: () => JSON.stringify([...runs, ...pullRequests, ...pipelines, ...effectKeys]),
    apply(event) {
      const learnt = learn(event)
      // Before anything is on the line, ordinary pull requests are nobody's question.
      const effects = [...(pipelines.size > 0 ? askClosingIssues(event) : []), ...askSenderPermission(event)]
      for (const issue of route(learnt)) {
        const before = pipelines.get(issue) ?? null
        const direct =
          before === null ? startPipeline(learnt, issue, line, line !== OBSERVE_ONLY_LINE) : reduce(before, learnt)
        if (direct === null) continue
        const linkedAnew =
          before === null || event.type === 'question.answered' || linkKeyOf(before) !== linkKeyOf(direct.pipeline)
        const { pipeline, effects: asked } = linkedAnew ? replay(direct) : direct
        pipelines.set(issue, pipeline)
        effects.push(...asked)
      }
      const fresh = effects.filter(({ key }) => !effectKeys.has(key))
      for (const { key } of fresh) effectKeys.add(key)
      return fresh
    },
  }
}

function linkKeyOf(pipeline: Pipeline): string {
  return [...pipeline.pullRequests.map(({ number }) => `#${number}`), ...boundRunIds(pipeline)].join()
}

function unique(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)]
}
