import type { Issue, IssueComment } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import {
  type Account,
  account,
  type DeliveryReceipt,
  evidenceOf,
  id,
  longText,
  number,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  timestamp,
} from './fields.ts'

/** A comment as it was written. Which commands are in it is the inbox's to find out. */
export type CommentCreated = Omit<Extract<Event, { type: 'commands.received' }>, 'type' | 'commands'> & {
  readonly type: 'comment.created'
  readonly body: string
}

type CommentPayload = RepositoryPayload & { issue: Pick<Issue, 'number'> & { onPullRequest: boolean } }
type DeletedCommentPayload = CommentPayload & { comment: Pick<IssueComment, 'id' | 'updated_at'> }
type CreatedCommentPayload = CommentPayload & {
  comment: Pick<IssueComment, 'id' | 'created_at' | 'body'>
  sender: Account
}

// The comments of a pull request are those of the issue that GitHub keeps beside it.
const issue = z
  .object({ number, pull_request: z.unknown().optional() })
  .transform(({ number, pull_request }) => ({ number, onPullRequest: pull_request != null }))
const deletedPayload: z.ZodType<DeletedCommentPayload> = repositoryPayload.extend({
  issue,
  comment: z.object({ id, updated_at: timestamp }),
})
const createdPayload: z.ZodType<CreatedCommentPayload> = repositoryPayload.extend({
  issue,
  comment: z.object({ id, created_at: timestamp, body: longText }),
  sender: account,
})

// Edits are not handled: the commands of the first version may have been carried out already.
export function translateIssueComment(
  action: string,
  payload: unknown,
  receipt: DeliveryReceipt,
): Event | CommentCreated {
  if (action === 'created') return commentCreatedOf(readPayload(createdPayload, payload), receipt)
  const port = readPayload(deletedPayload, payload)
  const at = port.comment.updated_at
  // Whether the comment was one of ours only the publications know, by its id.
  return {
    type: 'comment.deleted',
    at,
    evidence: evidenceOf(receipt, at),
    repository: repositoryRefOf(port),
    issueNumber: port.issue.number,
    commentId: port.comment.id,
  }
}

function commentCreatedOf(port: CreatedCommentPayload, receipt: DeliveryReceipt): CommentCreated {
  const at = port.comment.created_at
  return {
    type: 'comment.created',
    at,
    evidence: evidenceOf(receipt, at),
    repository: repositoryRefOf(port),
    issueNumber: port.issue.number,
    onPullRequest: port.issue.onPullRequest,
    origin: { kind: 'comment', id: port.comment.id },
    sender: port.sender.login,
    bot: port.sender.type === 'Bot',
    body: port.comment.body,
  }
}
