// The state of one issue or pull request, gathered for people.
import type { Actions } from './actions.ts'
import type { CheckRun, Comment, Issue, PullRequest, World } from './world.ts'
import type { WriteLog } from './write-log.ts'

export type IssueSnapshot = {
  readonly issue: Issue | PullRequest
  readonly pullRequests: readonly PullRequest[]
  readonly comments: readonly Comment[]
  readonly checkRuns: readonly CheckRun[]
}

export type SnapshotSources = {
  readonly world: World
  readonly actions: Actions
  readonly writes: WriteLog
  comments(fullName: string, number: number): readonly Comment[]
  checkRuns(fullName: string, sha: string): readonly CheckRun[]
}

/** Everything about an issue or pull request; null when there is none. */
export function readIssueSnapshot(o: SnapshotSources, fullName: string, number: number): IssueSnapshot | null {
  const key = `${fullName}#${number}`
  const pull = o.world.pullRequests.get(key)
  const issue = o.world.issues.get(key) ?? pull
  if (!issue) return null
  const pullRequests = pull ? [] : pullRequestsOf(o.world, fullName, number)
  const own = new Set([
    ...(pull ? [pull.head.sha] : []),
    ...pullRequests.map((one) => one.head.sha),
    ...headShasOfRuns(o, fullName, number),
  ])
  const named = `#${number} `
  const elsewhere = o.writes
    .ofKind('check')
    .map((write) => write.body as { name?: string; head_sha?: string })
    .filter((body) => body.name?.includes(named) && body.head_sha !== undefined)
    .map((body) => String(body.head_sha))
  const all = [...new Set([...own, ...elsewhere])].flatMap((sha) => o.checkRuns(fullName, sha))
  const checkRuns = all.filter((check) => own.has(check.head_sha) || check.name.includes(named))
  return { issue, pullRequests, comments: o.comments(fullName, number), checkRuns }
}

function pullRequestsOf(world: World, fullName: string, number: number): readonly PullRequest[] {
  return [...world.pullRequests]
    .filter(([key, pull]) => key.startsWith(`${fullName}#`) && mentions(`${pull.body ?? ''} ${pull.head.ref}`, number))
    .map(([, pull]) => pull)
}

function headShasOfRuns({ actions }: SnapshotSources, fullName: string, number: number): readonly string[] {
  return actions.runs
    .filter(({ state }) => state.repository === fullName && mentions(state.branch, number))
    .map(({ state }) => state.headSha)
}

function mentions(text: string, number: number): boolean {
  return new RegExp(`(#|issue-)${number}\\b`).test(text)
}
