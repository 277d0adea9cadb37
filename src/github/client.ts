import { type Checks, openChecks } from './check-runs.ts'
import { type Comments, openComments } from './issue-comments.ts'
import { openQuestions, type Questions } from './queries.ts'
import { type Files, openFiles } from './repository-files.ts'
import { type CallOptions, openCall } from './request.ts'
import { openRuns, type Runs } from './workflow-runs.ts'

/** Everything Andon asks of GitHub and writes to it. Whatever fails is a GitHubFailure. */
export type GitHub = Questions & Files & Runs & Comments & Checks

/** A client that acts as the App, with a token for one repository at a time. Opening it sends nothing. */
export function openGitHub(o: CallOptions): GitHub {
  const call = openCall(o)
  const questions = openQuestions(call)
  return {
    ...questions,
    ...openFiles(call, questions),
    ...openRuns(call),
    ...openComments(call, o.appId),
    ...openChecks(call, o.appId),
  }
}
