// What this GitHub holds about one issue or pull request, gathered for people who look.
import type { Actions } from './actions.ts'
import type { Check, Comment, Issue, PullRequest, World } from './world.ts'
import type { WriteLog } from './write-log.ts'

export type Held = {
  readonly issue: Issue | PullRequest
  readonly pulls: readonly PullRequest[]
  readonly comments: readonly Comment[]
  readonly checks: readonly Check[]
}

export type Sources = {
  readonly world: World
  readonly actions: Actions
  readonly writes: WriteLog
  comments(fullName: string, number: number): Promise<readonly Comment[]>
  checks(fullName: string, sha: string): Promise<readonly Check[]>
}

/** Everything about an issue or pull request; null when there is none. */
export async function gather(o: Sources, fullName: string, number: number): Promise<Held | null> {
  const key = `${fullName}#${number}`
  const pull = o.world.pulls.get(key)
  const issue = o.world.issues.get(key) ?? pull
  if (!issue) return null
  const pulls = pull ? [] : pullsOf(o.world, fullName, number)
  const own = new Set([
    ...(pull ? [pull.head.sha] : []),
    ...pulls.map((one) => one.head.sha),
    ...shasOfRuns(o, fullName, number),
  ])
  const named = `#${number} `
  const elsewhere = o.writes
    .of('check')
    .map((write) => write.body as { name?: string; head_sha?: string })
    .filter((body) => body.name?.includes(named) && body.head_sha !== undefined)
    .map((body) => String(body.head_sha))
  const lists = await Promise.all(
    [...new Set([...own, ...elsewhere])].map((sha) => o.checks(fullName, sha).catch(() => [])),
  )
  const checks = lists.flat().filter((check) => own.has(check.head_sha) || check.name.includes(named))
  return { issue, pulls, comments: await o.comments(fullName, number), checks }
}

function pullsOf(world: World, fullName: string, number: number): readonly PullRequest[] {
  return [...world.pulls]
    .filter(([key, pull]) => key.startsWith(`${fullName}#`) && mentions(`${pull.body ?? ''} ${pull.head.ref}`, number))
    .map(([, pull]) => pull)
}

function shasOfRuns({ actions }: Sources, fullName: string, number: number): readonly string[] {
  return actions.runs
    .filter(({ state }) => state.repository === fullName && mentions(state.branch, number))
    .map(({ state }) => state.headSha)
}

function mentions(text: string, number: number): boolean {
  return new RegExp(`(#|issue-)${number}\\b`).test(text)
}
