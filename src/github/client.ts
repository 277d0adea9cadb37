import { type CheckRuns, openCheckRuns } from './check-runs.ts'
import { type DeliveryLog, openDeliveryLog } from './delivery-log.ts'
import { type Installations, openInstallations } from './installations.ts'
import { type IssueComments, openIssueComments } from './issue-comments.ts'
import { type LabeledIssues, openLabeledIssues } from './labeled-issues.ts'
import { openQueries, type Queries } from './queries.ts'
import { openRepositoryFiles, type RepositoryFiles } from './repository-files.ts'
import { type GitHubOptions, openRequests } from './request.ts'
import { openStateReads, type StateReads } from './state-reads.ts'
import { openWorkflowRuns, type WorkflowRuns } from './workflow-runs.ts'

/** Everything Andon reads from GitHub and writes to it. Every failure is a GitHubFailure. */
export type GitHub = Queries &
  Installations &
  RepositoryFiles &
  WorkflowRuns &
  IssueComments &
  CheckRuns &
  DeliveryLog &
  LabeledIssues &
  StateReads

/** A client that acts as the App, with a token for one repository at a time. Opening it sends nothing. */
export function openGitHub(o: GitHubOptions): GitHub {
  const call = openRequests(o)
  const queries = openQueries(call)
  return {
    ...queries,
    ...openInstallations(call),
    ...openRepositoryFiles(call, queries),
    ...openWorkflowRuns(call),
    ...openIssueComments(call, o.appId),
    ...openCheckRuns(call, o.appId),
    ...openDeliveryLog(call),
    ...openLabeledIssues(call),
    ...openStateReads(call),
  }
}
