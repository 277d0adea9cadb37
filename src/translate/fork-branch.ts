/**
 * A fork's branch as GitHub labels it, `octocat:feature`. It always has an owner, so that a fork's `andon/issue-7` is not
 * taken for ours; a deleted fork may have none, and gets `unknown`.
 */
export function forkBranch(owner: string | null | undefined, branch: string): string {
  return `${owner || 'unknown'}:${branch}`
}
