// Our status comments are read with the issue that they are on, each by a conditional request: one that a person edited or
// deleted is written again, as if its delivery had come. Nobody but the App can change its check runs, so these are not read.
import { createHash } from 'node:crypto'
import type { RepositoryAccess } from '../github/request.ts'
import type { Etags } from '../github/state-reads.ts'
import { invalidateComment, listWrittenComments } from '../store/publications.ts'
import type { DueReconcile } from '../store/reconciles.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { isWrittenComment } from './diff-surfaces.ts'
import type { RepairContext } from './repair-reads.ts'

/** What was just written may not be shown yet. */
const YOUNG_MS = 60_000
/** A line has as many stages, and GitHub is asked about each. */
const MOST_COMMENTS = 10

/** Resolves to what the answers are called, and how many comments are written again. */
export async function reconcileComments(
  { database, github, now, log }: RepairContext,
  access: RepositoryAccess,
  due: DueReconcile,
): Promise<{ readonly etags: Etags; readonly repaired: number }> {
  const written = await listWrittenComments(database, due.id, millisecondsAfter(now(), -YOUNG_MS), MOST_COMMENTS)
  const etags: Record<string, string> = {}
  let repaired = 0
  for (const comment of written) {
    const key = `comments/${comment.githubId}`
    const otherKey = `${key}/other`
    const { [key]: known = null, [otherKey]: otherBefore } = due.etags
    const read = await github.readComment(access, comment.githubId, known)
    if (otherBefore !== undefined) etags[otherKey] = otherBefore
    if (read?.isSame || (read !== null && isWrittenComment(comment.digest, due.document.issue.number, read.body))) {
      const etag = read.etag ?? known
      if (etag !== null) etags[key] = etag
      continue
    }
    // What GitHub makes of a text may differ from it: the same other text is not answered twice with the same edit.
    const other = `${comment.digest} ${read === null ? 'gone' : createHash('sha256').update(read.body).digest('hex')}`
    if (read !== null && other === otherBefore) {
      if (read.etag !== null) etags[key] = read.etag
      continue
    }
    etags[otherKey] = other
    if (!(await invalidateComment(database, due.id, comment, now()))) continue
    repaired += 1
    log.warn({ issue: `${due.fullName}#${due.document.issue.number}`, ...comment }, 'a comment was changed on GitHub')
  }
  return { etags, repaired }
}
