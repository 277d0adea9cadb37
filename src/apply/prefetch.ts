// Reads what the events of a group are likely to touch, in a handful of statements for all of them. It only saves round
// trips, while the rows of the repositories are locked: what is missed here is read when it is needed.
import { issuesOfPullRequest } from '../pipeline/facts/correlate.ts'
import type { Event } from '../pipeline/model/events.ts'
import { pullRequestAsked } from '../pipeline/model/question-subject.ts'
import type { IssueKey } from '../store/load-rows.ts'
import type { PipelineRow } from '../store/rows.ts'
import { type Local, route } from './route.ts'
import type { Ledger } from './unit-of-work.ts'

/** Reads facts first, then the pipelines they lead to, then what may be replayed into those. */
export async function prefetch(ledger: Ledger, events: readonly Event[]): Promise<void> {
  const local = events.flatMap((event) => ('repository' in event ? [event] : []))
  await ledger.readRuns(local.flatMap(runsOf))
  await ledger.readBound(local.flatMap(runsOf))
  await ledger.readPullRequests(local.flatMap(pullRequestsOf))
  await ledger.readBranches((await Promise.all(local.map((event) => branchesOf(ledger, event)))).flat())
  const routed = await Promise.all(local.map(async (event) => ({ event, issues: await issuesOf(ledger, event) })))
  await ledger.readPipelines(routed.flatMap(({ issues }) => issues))
  await ledger.readPipelinesById(events.flatMap((event) => ('pipelineId' in event ? [event.pipelineId] : [])))
  const linking: IssueKey[] = []
  for (const { event, issues } of routed) {
    for (const key of issues) if (mayReplay(event, await ledger.pipeline(key))) linking.push(key)
  }
  await ledger.readLinks(linking)
}

function runsOf(event: Local): readonly number[] {
  if (event.type === 'run.changed') return [event.run.id]
  return event.type === 'job.changed' ? [event.job.runId] : []
}

function pullRequestsOf(event: Local) {
  const numbers = 'pullRequest' in event ? [event.pullRequest.number] : answeredAbout(event)
  return numbers.map((number) => ({ repositoryId: event.repository.id, number }))
}

function answeredAbout(event: Local): readonly number[] {
  if (event.type !== 'answered') return []
  const { question, answer } = event
  if (answer.about === 'issue') return answer.pullRequests.map(({ number }) => number)
  const number = pullRequestAsked(question)
  return number === null ? [] : [number]
}

async function branchesOf(ledger: Ledger, event: Local) {
  const runs = event.type === 'run.changed' ? [event.run] : []
  const known = await Promise.all(runsOf(event).map((id) => ledger.run(id)))
  const branches = [...runs, ...known].flatMap((run) => (run === null || run.branch === null ? [] : [run.branch]))
  return branches.map((branch) => ({ repositoryId: event.repository.id, branch }))
}

async function issuesOf(ledger: Ledger, event: Local): Promise<readonly IssueKey[]> {
  const told = 'pullRequest' in event ? issuesOfPullRequest(event.pullRequest) : []
  const commented = event.type === 'comment.deleted' ? [event.issueNumber] : []
  const numbers = [...told, ...commented, ...(await route(ledger, event))]
  return numbers.map((issueNumber) => ({ repositoryId: event.repository.id, issueNumber }))
}

/** May the event take the issue up, or link a pull request to its pipeline? */
function mayReplay(event: Local, known: PipelineRow | null): boolean {
  if (event.type === 'answered') return true
  if (known === null) return event.type === 'issue.labeled' || event.type === 'run.changed' || 'pullRequest' in event
  return (
    'pullRequest' in event && known.pipeline.pullRequests.every(({ number }) => number !== event.pullRequest.number)
  )
}
