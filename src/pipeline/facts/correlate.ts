// Which issue something belongs to. By name only, never by "whatever is running".
import type { StageConfig, StageName } from '../../line/line.ts'
import type { PullRequestFact, RunFact } from '../model/facts.ts'
import { isDispatched } from '../model/line-rules.ts'
import type { Pipeline } from '../model/pipeline.ts'

/** What an attempt key says, when a run's title echoes one. */
export type AttemptKey = {
  readonly issueNumber: number
  readonly stage: StageName
  readonly attempt: number
  readonly key: string
}

const NUMBER_PATTERN = '[1-9][0-9]{0,8}'
const ATTEMPT_KEY = new RegExp(
  `(?:^|\\s)((${NUMBER_PATTERN})/([a-z][a-z0-9_-]*)/(${NUMBER_PATTERN})-[a-z0-9]+)(?=\\s|$)`,
)

/** Branches of agents that carry the issue they work on. */
const AGENT_BRANCHES = [
  new RegExp(`^claude/issue-(${NUMBER_PATTERN})(?:-|$)`),
  new RegExp(`^openhands-fix-issue-(${NUMBER_PATTERN})(?:-|$)`),
  new RegExp(`^andon/issue-(${NUMBER_PATTERN})(?:-|$)`),
]

/** The issue an agent's branch names; null for anybody else's branch. */
export function issueOfBranch(branch: string): number | null {
  for (const pattern of AGENT_BRANCHES) {
    const issue = pattern.exec(branch)?.[1]
    if (issue !== undefined) return Number(issue)
  }
  return null
}

/** The attempt key a title echoes as a whole token: `42/plan/1-k3v9x` is no part of `42/plan/1-k3v9x2`. */
export function parseAttemptKey(title: string): AttemptKey | null {
  const [, key, issue, stage, attempt] = ATTEMPT_KEY.exec(title) ?? []
  if (key === undefined || stage === undefined) return null
  return { issueNumber: Number(issue), stage, attempt: Number(attempt), key }
}

/** The issue a run names by itself: by the key in its title, else by its agent's branch. */
export function issueOfRun(run: RunFact): number | null {
  return parseAttemptKey(run.title)?.issueNumber ?? (run.branch === null ? null : issueOfBranch(run.branch))
}

/** The issues a pull request belongs to: those it closes, and the one its agent's branch names. */
export function issuesOfPullRequest(pullRequest: PullRequestFact): readonly number[] {
  const named = issueOfBranch(pullRequest.branch)
  const issues = new Set([...(pullRequest.closingIssues ?? []), ...(named === null ? [] : [named])])
  return [...issues].sort((a, b) => a - b)
}

/**
 * Does the run belong to the pipeline's issue? A key decides alone; without one its branch or a linked pull request's does.
 * Where Andon itself issues the keys, only those that it issued count: see `attemptKeyOfRun`.
 */
export function belongsToPipeline(pipeline: Pipeline, run: RunFact): boolean {
  const key = parseAttemptKey(run.title)
  if (key !== null) return key.issueNumber === pipeline.issue.number && !isDispatchedWorkflow(pipeline, run)
  if (run.branch === null) return false
  return (
    issueOfBranch(run.branch) === pipeline.issue.number ||
    pipeline.pullRequests.some((pullRequest) => pullRequest.branch === run.branch)
  )
}

function isDispatchedWorkflow({ line }: Pipeline, run: RunFact): boolean {
  const rule = line.stages.find(({ name }) => name === stageOfRun(line.stages, run))
  return rule !== undefined && isDispatched(rule)
}

/** The stage that a run of this workflow is a try at; null for every other workflow of the repository. */
export function stageOfRun(rules: readonly StageConfig[], run: RunFact): StageName | null {
  return rules.find((rule) => rule.workflow !== null && rule.workflow === run.workflow)?.name ?? null
}
