import { type CallOptions, openCall } from './call.ts'
import { type Checks, openChecks } from './checks.ts'
import { type Comments, openComments } from './comments.ts'
import { type Files, openFiles } from './files.ts'
import { openQuestions, type Questions } from './questions.ts'
import { openRuns, type Runs } from './runs.ts'

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
