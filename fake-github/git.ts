// Branches and commits by name: nothing here has a tree.
import { createHash } from 'node:crypto'

export type Git = {
  /** The tip of a branch, or null. */
  head(repositoryId: number, branch: string): string | null
  /** Adds a commit to a branch, and creates the branch with its first; returns the new tip. */
  commit(repositoryId: number, branch: string): string
  /** A commit on no branch. */
  addCommit(repositoryId: number, sha: string): void
  hasCommit(repositoryId: number, sha: string): boolean
}

export function createGit(): Git {
  const heads = new Map<string, string>()
  const commits = new Set<string>()
  return {
    head: (repositoryId, branch) => heads.get(`${repositoryId} ${branch}`) ?? null,
    commit(repositoryId, branch) {
      const sha = createHash('sha1').update(`${repositoryId} ${commits.size}`).digest('hex')
      commits.add(`${repositoryId} ${sha}`)
      heads.set(`${repositoryId} ${branch}`, sha)
      return sha
    },
    addCommit: (repositoryId, sha) => void commits.add(`${repositoryId} ${sha}`),
    hasCommit: (repositoryId, sha) => commits.has(`${repositoryId} ${sha}`),
  }
}
