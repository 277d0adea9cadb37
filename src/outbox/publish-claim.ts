// A claimed target (store/publish-claims.ts), with the access to its repository and its name.
import type { RepositoryAccess } from '../github/request.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { claimNextTarget, type PublishTarget } from '../store/publish-claims.ts'

export type PublishClaim = {
  readonly target: PublishTarget
  readonly token: string
  readonly access: RepositoryAccess
  readonly repository: string
  /** Null when the target is the repository itself. */
  readonly issueNumber: number | null
  /** When it was last served: its place in the queue if it cannot be served this time. */
  readonly servedAt: Instant | null
}

/** Claims the target that is served next; null when none needs publishing now. */
export async function claimNextPublication(
  database: Database,
  installationId: number,
  now: Instant,
  token: string,
): Promise<PublishClaim | null> {
  const row = await claimNextTarget(database, installationId, now, token)
  if (row === null) return null
  const { repositoryId, fullName, ...claim } = row
  const place = { installationId, repositoryId, issueNumber: claim.issueNumber }
  return { ...claim, repository: fullName, access: { ...place, ...splitFullName(fullName) } }
}

/** `owner/repo#7`, or `owner/repo` for the repository itself, for the log. */
export function targetNameOf({ repository, issueNumber }: PublishClaim): string {
  return issueNumber === null ? repository : `${repository}#${issueNumber}`
}

/** `owner/repo` in the two parts that GitHub's API wants. */
export function splitFullName(fullName: string): { owner: string; name: string } {
  const [owner = '', name = ''] = fullName.split('/')
  return { owner, name }
}
