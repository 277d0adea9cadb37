// What a question of ours is about, so that its answer finds the way back.
import type { Question } from './effects.ts'

/** The issue whose pipeline awaits the answer; null when a pull request's or nobody's does. */
export function issueAsked(question: Question): number | null {
  if (question.about === 'issue' || question.about === 'run') return question.issueNumber
  if (question.about !== 'permission' || question.for.kind === 'review') return null
  return question.for.kind === 'command' && question.for.onPullRequest ? null : question.for.issueNumber
}

/** The pull request whose issues await the answer; null when it is about an issue itself, or about the repository. */
export function pullRequestAsked(question: Question): number | null {
  if (question.about === 'pull_request') return question.pullRequestNumber
  if (question.about !== 'permission') return null
  if (question.for.kind === 'review') return question.for.pullRequestNumber
  return question.for.kind === 'command' && question.for.onPullRequest ? question.for.issueNumber : null
}
