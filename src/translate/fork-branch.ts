/**
 * A branch in a fork as GitHub labels it, `octocat:feature`: never without an owner, so that a fork's `andon/issue-7` is
 * not taken for ours. A fork that was deleted may leave no owner behind.
 */
export function forkBranch(owner: string | null | undefined, branch: string): string {
  return `${owner || 'unknown'}:${branch}`
}
