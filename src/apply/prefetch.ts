// Reads what the events of a group are likely to touch, in a handful of statements for all of them. It only saves round
// trips, while the rows of the repositories are locked: what is missed here is read when it is needed.
import { issuesOfPullRequest } from '../pipeline/facts/correlate.ts'
import type { Event } from '../pipeline/model/events.ts'
import { pullRequestOfQuestion } from '../pipeline/model/question-subject.ts'
import type { IssueKey } from '../store/load-rows.ts'
import type { PipelineRow } from '../store/rows.ts'
import { type RepositoryEvent, routeToIssues } from './route.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** Reads facts first, then the pipelines they lead to, then what may be replayed into those. */
export async function prefetch(ledger: UnitOfWork, events: readonly Event[]): Promise<void> {
  const local = events.flatMap((event) => ('repository' in event ? [event] : []))
  await ledger.loadRuns(local.flatMap(runIdsOf))
  await ledger.loadBoundRuns(local.flatMap(runIdsOf))
  await ledger.loadPullRequests(local.flatMap(pullRequestKeysOf))
  await ledger.loadPullRequestsOn((await Promise.all(local.map((event) => branchKeysOf(ledger, event)))).flat())
  const routed = await Promise.all(local.map(async (event) => ({ event, issues: await issueKeysOf(ledger, event) })))
  await ledger.loadPipelines(routed.flatMap(({ issues }) => issues))
  await ledger.loadPipelinesById(events.flatMap((event) => ('pipelineId' in event ? [event.pipelineId] : [])))
  const linking: IssueKey[] = []
  for (const { event, issues } of routed) {
    for (const key of issues) if (mayReplay(event, await ledger.pipeline(key))) linking.push(key)
  }
  await ledger.loadLinkedFacts(linking)
}

function runIdsOf(event: RepositoryEvent): readonly number[] {
  if (event.type === 'run.changed') return [event.run.id]
  return event.type === 'job.changed' ? [event.job.runId] : []
}

function pullRequestKeysOf(event: RepositoryEvent) {
  const numbers = 'pullRequest' in event ? [event.pullRequest.number] : pullRequestsInAnswer(event)
  return numbers.map((number) => ({ repositoryId: event.repository.id, number }))
}

function pullRequestsInAnswer(event: RepositoryEvent): readonly number[] {
  if (event.type !== 'question.answered') return []
  const { question, answer } = event
  if (answer.about === 'issue') return answer.pullRequests.map(({ number }) => number)
  const number = pullRequestOfQuestion(question)
  return number === null ? [] : [number]
}

async function branchKeysOf(ledger: UnitOfWork, event: RepositoryEvent) {
  const runs = event.type === 'run.changed' ? [event.run] : []
  const known = await Promise.all(runIdsOf(event).map((id) => ledger.run(id)))
  const branches = [...runs, ...known].flatMap((run) => (run === null || run.branch === null ? [] : [run.branch]))
  return branches.map((branch) => ({ repositoryId: event.repository.id, branch }))
}

async function issueKeysOf(ledger: UnitOfWork, event: RepositoryEvent): Promise<readonly IssueKey[]> {
  const told = 'pullRequest' in event ? issuesOfPullRequest(event.pullRequest) : []
  const commented = event.type === 'comment.deleted' ? [event.issueNumber] : []
  const numbers = [...told, ...commented, ...(await routeToIssues(ledger, event))]
  return numbers.map((issueNumber) => ({ repositoryId: event.repository.id, issueNumber }))
}

/** May the event take the issue up, or link a pull request to its pipeline? */
function mayReplay(event: RepositoryEvent, known: PipelineRow | null): boolean {
  if (event.type === 'question.answered') return true
  if (known === null) return event.type === 'issue.labeled' || event.type === 'run.changed' || 'pullRequest' in event
  return (
    'pullRequest' in event && known.pipeline.pullRequests.every(({ number }) => number !== event.pullRequest.number)
  )
}
