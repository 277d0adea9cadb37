// Which issues an event concerns: by what it names itself, and by the pull requests that are known around it.
import { issueOfRun, issuesOfPullRequest } from './facts/correlate.ts'
import type { RepositoryEvent } from './model/events.ts'
import { issueOfQuestion, pullRequestOfQuestion } from './model/question-subject.ts'
import type { RunRow } from './model/rows.ts'
import type { World } from './world.ts'

/** The numbers of the issues that the event concerns, whether or not they are on the line. */
export function issuesOf(world: World, event: RepositoryEvent): readonly number[] {
  const repositoryId = event.repository.id
  const onPullRequest = (number: number) => world.pullRequest({ repositoryId, number })
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
      return onPullRequest(event.pullRequest.number)?.issueNumbers ?? []
    case 'question.answered': {
      const { question } = event
      if (question.about === 'configuration') return world.issuesAwaitingLine(repositoryId)
      const issue = issueOfQuestion(question)
      const number = pullRequestOfQuestion(question)
      return issue !== null ? [issue] : (number !== null && onPullRequest(number)?.issueNumbers) || []
    }
    case 'commands.received': {
      if (!event.onPullRequest) return [event.issueNumber]
      // What is said on a pull request is for the issues that it closes now; what it closed once is none of theirs.
      const row = onPullRequest(event.issueNumber)
      return row === null ? [] : issuesOfPullRequest(row.fact)
    }
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

function issuesOfRun(world: World, { repositoryId, run }: RunRow): readonly number[] {
  const around = run.branch === null ? [] : world.pullRequestsOn({ repositoryId, branch: run.branch })
  const bound = world.boundRun(run.id)
  return [
    ...new Set([
      ...[issueOfRun(run), bound?.repositoryId === repositoryId ? bound.issueNumber : null].filter(
        (one) => one !== null,
      ),
      ...around.flatMap(({ fact }) => issuesOfPullRequest(fact)),
    ]),
  ]
}
