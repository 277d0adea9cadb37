// The oracle: the light of each issue as GitHub itself knows it, from its issues, pull requests and runs alone, for a line whose
// stages are tried once and that ends with a pull request. What Andon shows in the end is compared with it.
import type { RunState } from '../../fake-github/run-state.ts'
import type { Issue } from '../../fake-github/world.ts'
import type { Light } from '../../src/pipeline/model/pipeline.ts'
import type { FakeGitHub } from './fake-github.ts'

/** By issue number; the issues carry the start label. */
export function lightsAtGitHub(
  github: FakeGitHub,
  repository: string,
  issues: readonly number[],
): ReadonlyMap<number, Light> {
  const pulls = pullsByIssue(github, repository, Math.max(0, ...issues))
  const runs = Map.groupBy(
    github.runs.filter(({ state }) => state.repository === repository),
    ({ state }) => issueOf(state.title),
  )
  return new Map(
    issues.map((number) => {
      const states = (runs.get(number) ?? []).map(({ state }) => state)
      return [number, lightOf(github.issue(repository, number), pulls.get(number) ?? [], states)]
    }),
  )
}

function lightOf(
  issue: Pick<Issue, 'state' | 'state_reason'> | null,
  pulls: readonly string[],
  runs: readonly Pick<RunState, 'status' | 'conclusion'>[],
): Light {
  const newest = runs.at(-1)
  if (pulls.includes('merged') || issue?.state_reason === 'completed') return 'done'
  // What is live counts, even of an issue that was closed meanwhile.
  if (pulls.includes('open')) return 'review'
  if (newest !== undefined && newest.status !== 'completed')
    return newest.status === 'in_progress' ? 'running' : 'queued'
  if (issue?.state === 'closed') return 'idle'
  if (newest === undefined) return 'queued'
  return newest.conclusion === 'success' ? 'idle' : 'failed'
}

/** The states of the pull requests that say which issue they close. */
function pullsByIssue(github: FakeGitHub, repository: string, lastIssue: number): Map<number, string[]> {
  const found = new Map<number, string[]>()
  // Issues and pull requests share their numbers.
  for (let number = 1; number <= 2 * lastIssue; number += 1) {
    const pull = github.pullRequest(repository, number)
    const issue = /^(?:Closes|Fixes) #(\d+)/.exec(pull?.body ?? '')?.[1]
    if (pull === null || issue === undefined) continue
    found.set(Number(issue), [...(found.get(Number(issue)) ?? []), pull.merged ? 'merged' : pull.state])
  }
  return found
}

function issueOf(title: string): number {
  return Number(/^andon (\d+)\//.exec(title)?.[1])
}
