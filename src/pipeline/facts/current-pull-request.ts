// The pull requests that the line is about, and since when each stands as it does.

import type { PullRequestFact } from '../model/facts.ts'
import { runsTheLine } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { type Instant, later } from '../model/time.ts'

/** The pull request that speaks for the issue: the newest open one, else the newest merged, else the newest closed. */
export function pullRequestOf(pipeline: Pick<Pipeline, 'begun' | 'line' | 'pullRequests'>): PullRequestFact | null {
  const pullRequests = pullRequestsNow(pipeline)
  const newest = (state: PullRequestFact['state']) => pullRequests.findLast((fact) => fact.state === state)
  return newest('open') ?? newest('merged') ?? newest('closed') ?? null
}

/** Those that count: one that had ended before Andon was asked to carry the issue out is an earlier try of somebody's. */
export function pullRequestsNow({
  begun,
  line,
  pullRequests,
}: Pick<Pipeline, 'begun' | 'line' | 'pullRequests'>): readonly PullRequestFact[] {
  if (!runsTheLine(line)) return pullRequests
  return pullRequests.filter((fact) => fact.state === 'open' || stoodSince(fact) >= begun.at)
}

/** Since when a pull request stands as it does; one that was closed or opened again does so anew. */
export function stoodSince({ sightings, state, draft, headSha, updatedAt }: PullRequestFact): Instant {
  const stood = sightings.find((seen) => seen.state === state && seen.draft === draft && seen.headSha === headSha)
  if (stood === undefined) return updatedAt
  const otherwise = sightings
    .filter((seen) => seen.state !== state)
    .reduce((last, seen) => later(last, seen.lastAt), '')
  if (otherwise <= stood.firstAt) return stood.firstAt
  return state === 'open' ? otherwise : stood.lastAt
}
