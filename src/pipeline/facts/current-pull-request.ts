// The pull requests that count for the issue, and since when each is in its state.
import type { PullRequestFact } from '../model/facts.ts'
import { dispatchesAnyStage } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { type Instant, latest } from '../model/time.ts'

type Linked = Pick<Pipeline, 'start' | 'line' | 'pullRequests'>

/** The pull request that speaks for the issue: the newest open one, else the newest merged, else the newest closed. */
export function currentPullRequest(pipeline: Linked): PullRequestFact | null {
  const pullRequests = currentPullRequests(pipeline)
  const newest = (state: PullRequestFact['state']) => pullRequests.findLast((fact) => fact.state === state)
  return newest('open') ?? newest('merged') ?? newest('closed') ?? null
}

/** Those that count: where Andon dispatches, one that had ended before the start is an earlier try. */
export function currentPullRequests({ start, line, pullRequests }: Linked): readonly PullRequestFact[] {
  if (!dispatchesAnyStage(line)) return pullRequests
  return pullRequests.filter((fact) => fact.state === 'open' || stateSince(fact) >= start.at)
}

/** Since when a pull request is in its state; closing or reopening it starts a new state. */
export function stateSince({ snapshots, state, draft, headSha, updatedAt }: PullRequestFact): Instant {
  const current = snapshots.find((seen) => seen.state === state && seen.draft === draft && seen.headSha === headSha)
  if (current === undefined) return updatedAt
  const otherwise = snapshots
    .filter((seen) => seen.state !== state)
    .reduce((last, seen) => latest(last, seen.lastAt), '')
  if (otherwise <= current.firstAt) return current.firstAt
  return state === 'open' ? otherwise : current.lastAt
}
