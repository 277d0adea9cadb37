// Which issue something belongs to. By name only, never by "whatever is running".
import type { StageConfig, StageName } from '../../line/line.ts'
import { dispatchesAnyStage, isDispatched } from '../../line/stage-rules.ts'
import type { PullRequestFact, RunFact } from '../model/facts.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { type Instant, latest } from '../model/time.ts'
import { decidingPullRequests } from './standing.ts'

const NUMBER_PATTERN = '[1-9][0-9]{0,8}'
const ATTEMPT_KEY = new RegExp(
  `(?:^|\\s)((${NUMBER_PATTERN})/([a-z][a-z0-9_-]*)/(${NUMBER_PATTERN})-[a-z0-9]+)(?=\\s|$)`,
)
/** Branches of agents that carry the number of the issue they work on. */
const AGENT_BRANCH = new RegExp(`^(?:claude/issue|openhands-fix-issue|andon/issue)-(${NUMBER_PATTERN})(?:-|$)`)

/** The issue that an agent's branch names; null for every other branch. */
export function issueOfBranch(branch: string): number | null {
  const issue = AGENT_BRANCH.exec(branch)?.[1]
  return issue === undefined ? null : Number(issue)
}

/** The attempt key a title echoes as a whole token: `42/plan/1-k3v9x` is no part of `42/plan/1-k3v9x2`. */
export function parseAttemptKey(title: string) {
  const [, key, issue, stage, attempt] = ATTEMPT_KEY.exec(title) ?? []
  if (key === undefined || stage === undefined) return null
  return { issueNumber: Number(issue), stage, attempt: Number(attempt), key }
}

/** The issue a run names by itself: by the key in its title, else by its agent's branch. */
export function issueOfRun(run: RunFact): number | null {
  const branch = namingBranchOf(run)
  return keyOfRun(run)?.issueNumber ?? (branch === null ? null : issueOfBranch(branch))
}

/**
 * The attempt key in the run's title, where only people who may write can have put it there. Otherwise GitHub titles a run
 * with the title of the issue, pull request or commit that began it, which may be a stranger's words.
 */
export function keyOfRun({ title, event }: RunFact) {
  return NAMING.title.includes(event) ? parseAttemptKey(title) : null
}

/** The branch that the run is about, where the event that began it is about a branch of this repository. */
function namingBranchOf({ branch, event }: RunFact): string | null {
  return NAMING.branch.includes(event) ? branch : null
}

/** The events that began a run of which the title, and of which the branch, says what issue it is for. */
const NAMING: Readonly<Record<'title' | 'branch', readonly string[]>> = {
  title: ['workflow_dispatch', 'repository_dispatch'],
  branch: ['workflow_dispatch', 'repository_dispatch', 'push', 'create', 'pull_request'],
}

/** The issues a pull request belongs to: those it closes, and the one its agent's branch names. */
export function issuesOfPullRequest({ branch, closingIssues }: PullRequestFact): readonly number[] {
  const named = issueOfBranch(branch)
  return [...new Set([...(closingIssues ?? []), ...(named === null ? [] : [named])])].sort((a, b) => a - b)
}

/**
 * Does the run belong to the pipeline's issue? A key decides alone; without one its branch or a deciding pull request's does.
 * In a workflow that Andon dispatches only the keys that it issued count: see `attemptKeyOfRun`.
 */
export function belongsToPipeline(pipeline: Pipeline, run: RunFact): boolean {
  const { issue, line } = pipeline
  const key = keyOfRun(run)
  if (key !== null) {
    const rule = ruleOfRun(line.stages, run)
    return key.issueNumber === issue.number && !(rule && isDispatched(rule))
  }
  const branch = namingBranchOf(run)
  return (
    branch !== null &&
    (issueOfBranch(branch) === issue.number || decidingPullRequests(pipeline).some((one) => one.branch === branch))
  )
}

/** The stage that runs of this workflow try; null for every other workflow of the repository. */
export function stageOfRun(rules: readonly StageConfig[], run: RunFact): StageName | null {
  return ruleOfRun(rules, run)?.name ?? null
}

/** The pull request that speaks for the issue: the newest open one, else the newest merged, else the newest closed. */
export function currentPullRequest(pipeline: Linked): PullRequestFact | null {
  const pullRequests = currentPullRequests(pipeline)
  const newest = (state: PullRequestFact['state']) => pullRequests.findLast((fact) => fact.state === state)
  return newest('open') ?? newest('merged') ?? newest('closed') ?? null
}

type Linked = Pick<Pipeline, 'start' | 'line' | 'pullRequests'>

/** Those that count: where Andon dispatches, one that had ended before the start is an earlier try. */
export function currentPullRequests({ start, line, pullRequests }: Linked): readonly PullRequestFact[] {
  const deciding = decidingPullRequests({ line, pullRequests })
  if (!dispatchesAnyStage(line)) return deciding
  return deciding.filter((fact) => fact.state === 'open' || stateSince(fact) >= start.at)
}

/** When GitHub last sent several states of one second, none of which a push replaced; null while it is clear which is last. */
export function contestedAt({ snapshots, replacedShas }: PullRequestFact): Instant | null {
  if (snapshots.some(({ state }) => state === 'merged')) return null
  const lastAt = snapshots.map((seen) => seen.lastAt).reduce(latest, '')
  const last = snapshots.filter((seen) => seen.lastAt === lastAt && !replacedShas.includes(seen.headSha))
  return last.length > 1 ? lastAt : null
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

function ruleOfRun(rules: readonly StageConfig[], { workflow }: RunFact): StageConfig | undefined {
  return rules.find((rule) => rule.workflow !== null && rule.workflow === workflow)
}
