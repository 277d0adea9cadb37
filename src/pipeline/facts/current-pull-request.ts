// The pull requests that a pipeline is about, and since when each has its state.

import type { PullRequestFact } from '../model/facts.ts'
import { dispatchesAnyStage } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { type Instant, latest } from '../model/time.ts'

/** The pull request that speaks for the issue: the newest open one, else the newest merged, else the newest closed. */
export function currentPullRequest(
  pipeline: Pick<Pipeline, 'start' | 'line' | 'pullRequests'>,
): PullRequestFact | null {
  const pullRequests = currentPullRequests(pipeline)
  const newest = (state: PullRequestFact['state']) => pullRequests.findLast((fact) => fact.state === state)
  return newest('open') ?? newest('merged') ?? newest('closed') ?? null
}

/** Those that count: one that had ended before Andon was asked to carry the issue out is an earlier try of somebody's. */
export function currentPullRequests({
  start,
  line,
  pullRequests,
}: Pick<Pipeline, 'start' | 'line' | 'pullRequests'>): readonly PullRequestFact[] {
  if (!dispatchesAnyStage(line)) return pullRequests
  return pullRequests.filter((fact) => fact.state === 'open' || stateSince(fact) >= start.at)
}

/** Since when a pull request stands as it does; one that was closed or opened again does so anew. */
export function stateSince({ snapshots, state, draft, headSha, updatedAt }: PullRequestFact): Instant {
  const stood = snapshots.find((seen) => seen.state === state && seen.draft === draft && seen.headSha === headSha)
  if (stood === undefined) return updatedAt
  const otherwise = snapshots
    .filter((seen) => seen.state !== state)
    .reduce((last, seen) => latest(last, seen.lastAt), '')
  if (otherwise <= stood.firstAt) return stood.firstAt
  return state === 'open' ? otherwise : stood.lastAt
}
