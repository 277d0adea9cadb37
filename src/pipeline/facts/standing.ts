// Whose pull requests decide anything. Everybody who can read a repository can open a pull request, from a fork or from a
// branch that somebody else has pushed, and say in it which issues it closes. So one from a fork decides once GitHub has
// said that its author may write; one from a branch of this repository until GitHub has said that its author may not: until
// then it starts nothing and halts what has not begun, which is the safe side. Closed, it would call off the line for as long
// as GitHub does not answer.
import type { Line } from '../../line/line.ts'
import { isAllowedBot, isGhost } from '../../line/stage-rules.ts'
import type { PullRequestFact } from '../model/facts.ts'
import type { Pipeline } from '../model/pipeline.ts'

/** Does it link to issues, speak for their light, and call them off? Any other is shown and no more. */
export function isDeciding(pullRequest: PullRequestFact, line: Line): boolean {
  const { author, bot, state } = pullRequest
  const isFork = isFromFork(pullRequest)
  if (author === null || isGhost(author)) return !isFork
  if (bot) return !isFork || isAllowedBot(line, author)
  return authorPermissionOf(pullRequest)?.granted ?? (!isFork && state !== 'closed')
}

/** A branch has no colon, except for the one that we write after the owner of a fork. */
export function isFromFork({ branch }: Pick<PullRequestFact, 'branch'>): boolean {
  return branch.includes(':')
}

/** The linked pull requests that decide. */
export function decidingPullRequests({ line, pullRequests }: Pick<Pipeline, 'line' | 'pullRequests'>) {
  return pullRequests.filter((pullRequest) => isDeciding(pullRequest, line))
}

/** The one that people are asked to look at: the newest open one of those that decide. */
export function openPullRequest(pipeline: Pick<Pipeline, 'line' | 'pullRequests'>): PullRequestFact | null {
  return decidingPullRequests(pipeline).findLast(({ state }) => state === 'open') ?? null
}

/**
 * Anybody can open pull requests without end. Of those that will decide nothing unless they change, the newest are kept whole,
 * of the others the numbers.
 */
export function withBoundedRefusals(pipeline: Pipeline): Pipeline {
  const { line, pullRequests, omittedPullRequests, ...rest } = pipeline
  const refused = pullRequests.filter((fact) => !isDeciding(fact, line) && authorToAsk(fact) === null)
  const dropped = new Set(refused.slice(0, -MAX_REFUSED).map(({ number }) => number))
  const kept = pullRequests.filter(({ number }) => !dropped.has(number))
  const isKept = (number: number) => kept.some((fact) => fact.number === number)
  const numbers = new Set([...(omittedPullRequests ?? []), ...dropped])
  const omitted = [...numbers].filter((number) => !isKept(number)).sort((a, b) => a - b)
  return {
    ...rest,
    line,
    pullRequests: kept,
    ...(omitted.length > 0 && { omittedPullRequests: omitted.slice(-MAX_OMITTED) }),
  }
}

const MAX_REFUSED = 20
const MAX_OMITTED = 1_000

/** The login that GitHub must be asked about again after each change: people gain and lose permissions in between. */
export function authorToAsk(pullRequest: PullRequestFact): string | null {
  const { author, bot, updatedAt } = pullRequest
  if (author === null || bot || isGhost(author)) return null
  return (authorPermissionOf(pullRequest)?.at ?? '') < updatedAt ? author : null
}

/** Not that of a former login: anybody may take a login that has become free. */
function authorPermissionOf({ author, authorPermission }: PullRequestFact) {
  return authorPermission?.login === author ? authorPermission : null
}
