import { issueOfBranch, issueOfRun } from '../pipeline/correlate.ts'
import type { Event } from '../pipeline/events.ts'
import type { Ledger } from './ledger.ts'

/**
 * Reads what the events of a group are likely to touch, in a handful of statements for all of them. It only saves
 * round trips: what is missed here is read when it is needed.
 */
export async function prefetch(ledger: Ledger, events: readonly Event[]): Promise<void> {
  const wanted = events.map(wants)
  await ledger.readRuns(wanted.flatMap(({ runs }) => runs))
  await ledger.readPullRequests(wanted.flatMap(({ pullRequests }) => pullRequests))
  await ledger.readBranches(wanted.flatMap(({ branches }) => branches))
  await ledger.readPipelines(wanted.flatMap(({ issues }) => issues))
  await ledger.readPipelinesById(events.flatMap((event) => (event.type === 'woken' ? [event.pipelineId] : [])))
}

function wants(event: Event) {
  const nothing = { runs: [], pullRequests: [], branches: [], issues: [] }
  if (!('repository' in event)) return nothing
  const repositoryId = event.repository.id
  const issue = (issueNumber: number | null) => (issueNumber === null ? [] : [{ repositoryId, issueNumber }])
  switch (event.type) {
    case 'run.changed': {
      const { id, branch } = event.run
      const branches = branch === null ? [] : [{ repositoryId, branch }]
      return { ...nothing, runs: [id], branches, issues: issue(issueOfRun(event.run)) }
    }
    case 'job.changed':
      return { ...nothing, runs: [event.job.runId] }
    case 'pull_request.changed':
    case 'review.changed': {
      const { number, branch } = event.pullRequest
      return { ...nothing, pullRequests: [{ repositoryId, number }], issues: issue(issueOfBranch(branch)) }
    }
    case 'issue.changed':
    case 'issue.labeled':
    case 'issue.gone':
      return { ...nothing, issues: issue(event.issue.number) }
    case 'comment.deleted':
      return { ...nothing, issues: issue(event.issueNumber) }
    case 'answered':
    case 'repository.changed':
    case 'repository.removed':
      return nothing
  }
  return event satisfies never
}
