// What an event tells of runs and pull requests is merged into what is known of them: facts before pipelines.
import { type Line, OBSERVE_ONLY_LINE } from '../line/line.ts'
import { issuesOfPullRequest, parseAttemptKey, stageOfRun } from './facts/correlate.ts'
import { mergeJob, mergeRun } from './facts/merge.ts'
import { mergeAnswer, mergePullRequest, mergeReview } from './facts/merge-pull-request.ts'
import { isEqualJson } from './facts/total-order.ts'
import type { EventOf, RepositoryEvent } from './model/events.ts'
import type { PullRequestFact, RunFact } from './model/facts.ts'
import { pullRequestOfQuestion } from './model/question-subject.ts'
import type { PullRequestRow, RunRow } from './model/rows.ts'
import type { Facts, World } from './world.ts'

/** The event with what is known by now, and the facts that it changed. `line` is what the repository's file says. */
export function mergeEvent(world: World, event: RepositoryEvent, line: Line): { told: RepositoryEvent; facts: Facts } {
  const repositoryId = event.repository.id
  switch (event.type) {
    case 'run.changed': {
      const run = mergedRun(world, event.run, line)
      return { told: { ...event, run }, facts: changed(world, repositoryId, { run }) }
    }
    case 'job.changed': {
      const known = world.run(event.job.runId)?.run ?? null
      const run = withoutIrrelevantJobs(mergeJob(known, event.job), line)
      return { told: event, facts: changed(world, repositoryId, { run }) }
    }
    case 'pull_request.changed':
    case 'review.changed': {
      const fact = event.type === 'review.changed' ? mergeReview(event.pullRequest, event.review) : event.pullRequest
      const pullRequest = mergedPullRequest(world, repositoryId, fact)
      return { told: { ...event, pullRequest }, facts: changed(world, repositoryId, { pullRequests: [pullRequest] }) }
    }
    case 'question.answered':
      return { told: event, facts: changed(world, repositoryId, factsInAnswer(world, event, line)) }
    default:
      return { told: event, facts: { runs: [], pullRequests: [] } }
  }
}

type ToldFacts = { readonly run?: RunFact; readonly pullRequests?: readonly PullRequestFact[] }

function factsInAnswer(world: World, event: EventOf<'question.answered'>, line: Line): ToldFacts {
  const { question, answer, repository, at } = event
  if (answer.about === 'issue')
    return { pullRequests: answer.pullRequests.map((fact) => mergedPullRequest(world, repository.id, fact)) }
  if (answer.about === 'run') return answer.run === null ? {} : { run: mergedRun(world, answer.run, line) }
  const number = pullRequestOfQuestion(question)
  const known = number === null ? null : world.pullRequest({ repositoryId: repository.id, number })
  const merged = known && mergeAnswer(known.fact, question, answer, at)
  return merged ? { pullRequests: [merged] } : {}
}

function mergedRun(world: World, run: RunFact, line: Line): RunFact {
  return withoutIrrelevantJobs(mergeRun(world.run(run.id)?.run ?? null, run), line)
}

function mergedPullRequest(world: World, repositoryId: number, fact: PullRequestFact): PullRequestFact {
  return mergePullRequest(world.pullRequest({ repositoryId, number: fact.number })?.fact ?? null, fact)
}

/** Of the repository's other workflows only the run is known, not its jobs: nobody will ever ask. */
function withoutIrrelevantJobs(run: RunFact, line: Line): RunFact {
  const stages = [...line.stages, ...OBSERVE_ONLY_LINE.stages]
  const matters = run.workflow === '' || parseAttemptKey(run.title) !== null || stageOfRun(stages, run) !== null
  return matters ? run : { ...run, jobs: [] }
}

/** Those of the facts that say something new. */
function changed(world: World, repositoryId: number, { run, pullRequests = [] }: ToldFacts): Facts {
  const isNew = run !== undefined && !isEqualJson(world.run(run.id)?.run, run)
  const runs: readonly RunRow[] = isNew ? [{ repositoryId, run }] : []
  const rows = pullRequests.flatMap((fact): readonly PullRequestRow[] => {
    const known = world.pullRequest({ repositoryId, number: fact.number })
    if (isEqualJson(known?.fact, fact)) return []
    const issueNumbers = new Set([...(known?.issueNumbers ?? []), ...issuesOfPullRequest(fact)])
    return [{ repositoryId, fact, issueNumbers: [...issueNumbers].sort((a, b) => a - b) }]
  })
  return { runs, pullRequests: rows }
}
