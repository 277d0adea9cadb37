// What a question of ours is about, so that its answer finds the way back.
import type { Question } from './effects.ts'

/** The issue whose pipeline awaits the answer; null when a pull request's or nobody's does. */
export function issueOfQuestion(question: Question): number | null {
  if (question.about === 'issue' || question.about === 'run') return question.issueNumber
  if (question.about !== 'permission' || question.purpose.kind === 'review') return null
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? null : question.purpose.issueNumber
}

/** The pull request whose issues await the answer; null when it is about an issue itself, or about the repository. */
export function pullRequestOfQuestion(question: Question): number | null {
  if (question.about === 'pull_request') return question.pullRequestNumber
  if (question.about !== 'permission') return null
  if (question.purpose.kind === 'review') return question.purpose.pullRequestNumber
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? question.purpose.issueNumber : null
}
