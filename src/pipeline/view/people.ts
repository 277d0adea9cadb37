// Whom a pipeline concerns, as far as Andon knows: it asks nobody's permission in advance.
import { decidingPullRequests } from '../facts/standing.ts'
import type { Pipeline } from '../model/pipeline.ts'

/** Who opened, is assigned, started, commanded or holds it, and who wrote or reviewed its pull requests; in lower case, sorted. */
export function peopleOf(pipeline: Pipeline): readonly string[] {
  const { issue, start, startRequests = [], stages, holdsAndReleases = [] } = pipeline
  const logins = [
    issue.author,
    ...issue.assignees,
    start.actor,
    ...startRequests.map(({ login }) => login),
    ...stages.flatMap(({ commands = [] }) => commands.map(({ by }) => by)),
    ...holdsAndReleases.map(({ by }) => by),
    ...decidingPullRequests(pipeline).flatMap(({ author, reviews }) => [
      author,
      ...reviews.map(({ reviewer }) => reviewer),
    ]),
  ]
  return [...new Set(logins.flatMap((login) => login?.toLowerCase() ?? []))].sort()
}
