// The door without a database: facts merged by id, events routed to the issues they belong to, stored facts replayed
// into a pipeline that begins or is linked anew. It shows that the core keeps its promises under those rules.
import { type Line, WATCHED_LINE } from '../../src/line/line.ts'
import { boundRunIds } from '../../src/pipeline/admission.ts'
import { begin } from '../../src/pipeline/begin.ts'
import { askCommands } from '../../src/pipeline/commands/run-commands.ts'
import { keyOfOurs } from '../../src/pipeline/facts/bind-run.ts'
import { belongs, issueOfRun, issuesOfPullRequest } from '../../src/pipeline/facts/correlate.ts'
import { mergeJob, mergeRun } from '../../src/pipeline/facts/merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from '../../src/pipeline/facts/merge-pull-request.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { PullRequestFact, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { issueAsked, pullRequestAsked } from '../../src/pipeline/model/question-subject.ts'
import { type Reduction, reduce } from '../../src/pipeline/reduce.ts'
import { asks } from '../../src/pipeline/stages/questions-to-ask.ts'
import { REPOSITORY } from './pipeline-fixtures.ts'

export type LineInMemory = {
  /** Applies one event; returns what is asked for the first time because of it. */
  apply(event: Event): readonly Effect[]
  readonly pipelines: ReadonlyMap<number, Pipeline>
  /** Another that stands as this one does now, to be told something else from here on. */
  copy(): LineInMemory
  /** All that it goes on from: two that say the same will do the same. */
  says(): string
}

type Memory = {
  readonly runs?: ReadonlyMap<number, RunFact>
  readonly pullRequests?: ReadonlyMap<number, PullRequestFact>
  readonly pipelines?: ReadonlyMap<number, Pipeline>
  readonly asked?: ReadonlySet<string>
}

export function lineInMemory(
  repository: RepositoryRef = REPOSITORY,
  line: Line = WATCHED_LINE,
  before: Memory = {},
): LineInMemory {
  const runs = new Map(before.runs)
  const pullRequests = new Map(before.pullRequests)
  const pipelines = new Map(before.pipelines)
  const asked = new Set(before.asked)

  /** The event as what is known with it: it carries the merged fact. */
  function learn(event: Event): Event {
    if (event.type === 'run.changed')
      return { ...event, run: keepRun(mergeRun(runs.get(event.run.id) ?? null, event.run)) }
    if (event.type === 'job.changed') keepRun(mergeJob(runs.get(event.job.runId) ?? null, event.job))
    if (event.type === 'pull_request.changed') return { ...event, pullRequest: keep(event.pullRequest) }
    if (event.type === 'review.changed')
      return { ...event, pullRequest: keep(mergeReview(event.pullRequest, event.review)) }
    if (event.type === 'answered') {
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
    if (event.type !== 'answered') return []
    const issue = issueAsked(event.question)
    const pullRequest = pullRequestAsked(event.question)
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
      if (belongs(pipeline, run) || keyOfOurs(pipeline, run) !== null)
        retell({ type: 'run.changed', at, evidence, repository, run })
    }
    return { ...reduction, pipeline, effects }
  }

  return {
    pipelines,
    copy: () => lineInMemory(repository, line, { runs, pullRequests, pipelines, asked }),
    says: () => JSON.stringify([...runs, ...pullRequests, ...pipelines, ...asked]),
    apply(event) {
      const learnt = learn(event)
      // Before anything is on the line, ordinary pull requests are nobody's question.
      const effects = [...(pipelines.size > 0 ? asks(event) : []), ...askCommands(event)]
      for (const issue of route(learnt)) {
        const before = pipelines.get(issue) ?? null
        const direct = before === null ? begin(learnt, issue, line, line !== WATCHED_LINE) : reduce(before, learnt)
        if (direct === null) continue
        const linkedAnew = before === null || event.type === 'answered' || linkOf(before) !== linkOf(direct.pipeline)
        const { pipeline, effects: asked } = linkedAnew ? replay(direct) : direct
        pipelines.set(issue, pipeline)
        effects.push(...asked)
      }
      const fresh = effects.filter(({ key }) => !asked.has(key))
      for (const { key } of fresh) asked.add(key)
      return fresh
    },
  }
}

function linkOf(pipeline: Pipeline): string {
  return [...pipeline.pullRequests.map(({ number }) => `#${number}`), ...boundRunIds(pipeline)].join()
}

function unique(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)]
}
