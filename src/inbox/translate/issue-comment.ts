import type { Issue, IssueComment } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../../pipeline/events.ts'
import { evidence, type Here, here, id, moment, number, type Receipt, read, repositoryRef } from './fields.ts'

type CommentEventPort = Here & {
  issue: Pick<Issue, 'number'>
  comment: Pick<IssueComment, 'id' | 'updated_at'>
}

const schema: z.ZodType<CommentEventPort> = here.extend({
  issue: z.object({ number }),
  comment: z.object({ id, updated_at: moment }),
})

// Whether the comment was one of ours only the publications know, by its id.
export function translateIssueComment(_action: string, payload: unknown, receipt: Receipt): Event {
  const port = read(schema, payload)
  const at = port.comment.updated_at
  return {
    type: 'comment.deleted',
    at,
    evidence: evidence(receipt, at),
    repository: repositoryRef(port),
    issueNumber: port.issue.number,
    commentId: port.comment.id,
  }
}
