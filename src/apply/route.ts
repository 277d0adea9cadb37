// Which issues an event concerns: by what it names itself, and by the pull requests that are known around it.
import { issueOfRun, issuesOfPullRequest } from '../pipeline/facts/correlate.ts'
import type { Question } from '../pipeline/model/effects.ts'
import type { Event, RepositoryRef } from '../pipeline/model/events.ts'
import type { RunFact } from '../pipeline/model/facts.ts'
import { issueOfQuestion, pullRequestOfQuestion } from '../pipeline/model/question-subject.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** An event about one repository. */
export type RepositoryEvent = Extract<Event, { repository: RepositoryRef }>

/** The numbers of the issues that the event concerns, whether or not they are on the line. */
export async function routeToIssues(ledger: UnitOfWork, event: RepositoryEvent): Promise<readonly number[]> {
  const repositoryId = event.repository.id
  if ('issue' in event) return [event.issue.number]
  switch (event.type) {
    case 'run.changed':
      return issuesOfRun(ledger, repositoryId, event.run)
    case 'job.changed': {
      const run = await ledger.run(event.job.runId)
      return run === null ? [] : issuesOfRun(ledger, repositoryId, run)
    }
    case 'pull_request.changed':
    case 'review.changed':
      return issuesOfStoredPullRequest(ledger, repositoryId, event.pullRequest.number)
    case 'question.answered':
      return issuesInQuestion(ledger, repositoryId, event.question)
    case 'commands.received':
      return event.onPullRequest ? issuesClosedBy(ledger, repositoryId, event.issueNumber) : [event.issueNumber]
    case 'attempt.admitted':
    case 'admission.denied':
    case 'dispatch.updated':
    case 'cancel.answered':
    case 'attempt.reported':
      return [event.issueNumber]
    case 'button.clicked':
    case 'configuration.pushed':
    case 'comment.deleted':
    case 'repository.changed':
    case 'repository.removed':
      return []
  }
  return event satisfies never
}

async function issuesOfRun(ledger: UnitOfWork, repositoryId: number, run: RunFact): Promise<readonly number[]> {
  const named = issueOfRun(run)
  const around = run.branch === null ? [] : await ledger.pullRequestsOn(repositoryId, run.branch)
  const bound = await ledger.issueOfBoundRun(repositoryId, run.id)
  const issues = [
    ...[named, bound].flatMap((number) => number ?? []),
    ...around.flatMap(({ fact }) => issuesOfPullRequest(fact)),
  ]
  return [...new Set(issues)]
}

async function issuesInQuestion(
  ledger: UnitOfWork,
  repositoryId: number,
  question: Question,
): Promise<readonly number[]> {
  if (question.about === 'configuration') return ledger.issuesAwaitingLine(repositoryId)
  const issue = issueOfQuestion(question)
  if (issue !== null) return [issue]
  const pullRequest = pullRequestOfQuestion(question)
  return pullRequest === null ? [] : issuesOfStoredPullRequest(ledger, repositoryId, pullRequest)
}

/** What is said on a pull request is for the issues that it closes now; what it closed once is none of theirs. */
async function issuesClosedBy(ledger: UnitOfWork, repositoryId: number, number: number): Promise<readonly number[]> {
  const row = await ledger.pullRequest(repositoryId, number)
  return row === null ? [] : issuesOfPullRequest(row.fact)
}

async function issuesOfStoredPullRequest(
  ledger: UnitOfWork,
  repositoryId: number,
  number: number,
): Promise<readonly number[]> {
  return (await ledger.pullRequest(repositoryId, number))?.issueNumbers ?? []
}
