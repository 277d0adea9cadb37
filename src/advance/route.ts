// What an event says about runs and pull requests, merged into the facts; and which issues it concerns, by the numbers it
// names and by the pull requests around it.
import { type Line, OBSERVE_ONLY_LINE } from '../line/line.ts'
import { issueOfRun, issuesOfPullRequest, keyOfRun, stageOfRun } from '../pipeline/facts/correlate.ts'
import { mergeAnswer, mergeJob, mergePullRequest, mergeReview, mergeRun } from '../pipeline/facts/merge.ts'
import { isDeciding } from '../pipeline/facts/standing.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import type { EventOf, RepositoryEvent } from '../pipeline/model/events.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import { issueOfQuestion, pullRequestOfQuestion } from '../pipeline/model/questions.ts'
import type { PullRequestRow, RunRow } from './rows.ts'
import type { Facts, World } from './world.ts'

/** The event with all that is known now, and the facts that it changed. `line` is what the repository's file says. */
export function mergeEvent(
  world: World,
  event: RepositoryEvent,
  line: Line,
): { readonly merged: RepositoryEvent; readonly facts: Facts } {
  const repositoryId = event.repository.id
  switch (event.type) {
    case 'run.changed': {
      const run = mergedRun(world, event.run, line)
      return { merged: { ...event, run }, facts: changedFacts(world, repositoryId, { run }) }
    }
    case 'job.changed': {
      const run = withoutIrrelevantJobs(mergeJob(world.run(event.job.runId)?.run ?? null, event.job), line)
      return { merged: event, facts: changedFacts(world, repositoryId, { run }) }
    }
    case 'pull_request.changed':
    case 'review.changed': {
      const fact = event.type === 'review.changed' ? mergeReview(event.pullRequest, event.review) : event.pullRequest
      const pullRequest = mergedPullRequest(world, repositoryId, fact)
      const facts = changedFacts(world, repositoryId, { pullRequests: [pullRequest] })
      return { merged: { ...event, pullRequest }, facts }
    }
    case 'question.answered':
      return { merged: event, facts: changedFacts(world, repositoryId, factsInAnswer(world, event, line)) }
    default:
      return { merged: event, facts: { runs: [], pullRequests: [] } }
  }
}

/** The numbers of the issues that the event concerns, whether or not they have a pipeline. */
export function issuesOf(world: World, event: RepositoryEvent): readonly number[] {
  const repositoryId = event.repository.id
  const pullRequest = (number: number) => world.pullRequest({ repositoryId, number })
  switch (event.type) {
    case 'issue.changed':
    case 'issue.labeled':
    case 'issue.removed':
      return [event.issue.number]
    case 'run.changed':
      return issuesOfRun(world, { repositoryId, run: event.run })
    case 'job.changed': {
      const row = world.run(event.job.runId)
      return row === null ? [] : issuesOfRun(world, row)
    }
    case 'pull_request.changed':
    case 'review.changed':
      return pullRequest(event.pullRequest.number)?.issueNumbers ?? []
    case 'question.answered': {
      if (event.question.about === 'configuration') {
        const awaiting = [...world.issuesAwaitingLine(repositoryId), ...world.issuesAwaitingWorkflow(repositoryId)]
        return [...new Set(awaiting)].sort((a, b) => a - b)
      }
      const issue = issueOfQuestion(event.question)
      const number = pullRequestOfQuestion(event.question)
      return issue !== null ? [issue] : (number !== null && pullRequest(number)?.issueNumbers) || []
    }
    case 'commands.received': {
      if (event.issueNumber === null) return []
      if (!event.onPullRequest) return [event.issueNumber]
      // A command on a pull request is for the issues that it closes now, not for those that it once closed.
      const row = pullRequest(event.issueNumber)
      const line = world.repository(repositoryId)?.configuration ?? OBSERVE_ONLY_LINE
      return row !== null && isDeciding(row.fact, line) ? issuesOfPullRequest(row.fact) : []
    }
    case 'attempt.admitted':
    case 'admission.denied':
    case 'attempt.excused':
    case 'dispatch.updated':
    case 'cancel.answered':
    case 'attempt.reported':
      return [event.issueNumber]
    case 'configuration.pushed':
    case 'repository.changed':
      return world.issuesAwaitingWorkflow(repositoryId)
    case 'button.clicked':
    case 'comment.deleted':
    case 'repository.woken':
    case 'repository.removed':
    case 'repository.redirected':
      return []
  }
  return event satisfies never
}

type MergedFacts = { readonly run?: RunFact; readonly pullRequests?: readonly PullRequestFact[] }

function factsInAnswer(world: World, event: EventOf<'question.answered'>, line: Line): MergedFacts {
  const { question, answer, repository, at } = event
  if (answer.about === 'issue')
    return { pullRequests: answer.pullRequests.map((fact) => mergedPullRequest(world, repository.id, fact)) }
  if (answer.about === 'run') return answer.run === null ? {} : { run: mergedRun(world, answer.run, line) }
  const number = pullRequestOfQuestion(question)
  const stored = number === null ? null : world.pullRequest({ repositoryId: repository.id, number })
  const merged = stored && mergeAnswer(stored.fact, question, answer, at)
  return merged ? { pullRequests: [merged] } : {}
}

function mergedRun(world: World, run: RunFact, line: Line): RunFact {
  return withoutIrrelevantJobs(mergeRun(world.run(run.id)?.run ?? null, run), line)
}

function mergedPullRequest(world: World, repositoryId: number, fact: PullRequestFact): PullRequestFact {
  return mergePullRequest(world.pullRequest({ repositoryId, number: fact.number })?.fact ?? null, fact)
}

/** Of other workflows only the run is stored: no stage will ever need their jobs. */
function withoutIrrelevantJobs(run: RunFact, line: Line): RunFact {
  const stages = [...line.stages, ...OBSERVE_ONLY_LINE.stages]
  const matters = run.workflow === '' || keyOfRun(run) !== null || stageOfRun(stages, run) !== null
  return matters ? run : { ...run, jobs: [] }
}

/** Only the facts that say something new. */
function changedFacts(world: World, repositoryId: number, { run, pullRequests = [] }: MergedFacts): Facts {
  const isNew = run !== undefined && !isEqualJson(world.run(run.id)?.run, run)
  const rows = pullRequests.flatMap((fact): readonly PullRequestRow[] => {
    const stored = world.pullRequest({ repositoryId, number: fact.number })
    if (isEqualJson(stored?.fact, fact)) return []
    const issueNumbers = new Set([...(stored?.issueNumbers ?? []), ...issuesOfPullRequest(fact)])
    return [{ repositoryId, fact, issueNumbers: [...issueNumbers].sort((a, b) => a - b) }]
  })
  return { runs: isNew ? [{ repositoryId, run }] : [], pullRequests: rows }
}

function issuesOfRun(world: World, { repositoryId, run }: RunRow): readonly number[] {
  const bound = world.boundRun(run.id)
  const named = [issueOfRun(run), bound?.repositoryId === repositoryId ? bound.issueNumber : null]
  const around = run.branch === null ? [] : world.pullRequestsOn({ repositoryId, branch: run.branch })
  const linked = around.flatMap(({ fact }) => issuesOfPullRequest(fact))
  return [...new Set([...named.filter((issue) => issue !== null), ...linked])]
}
