import type { Issue, IssueComment } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import {
  type Account,
  account,
  type DeliveryReceipt,
  evidenceOf,
  id,
  identifier,
  longText,
  number,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  timestamp,
} from './fields.ts'

/** A comment with its whole text, in which the inbox finds the commands. */
export type CommentCreated = Omit<Extract<Event, { type: 'commands.received' }>, 'type' | 'commands'> & {
  readonly type: 'comment.created'
  readonly body: string
  /** GitHub's global id of the comment. */
  readonly nodeId: string
}

type CommentPayload = RepositoryPayload & { issue: Pick<Issue, 'number'> & { onPullRequest: boolean } }
type DeletedCommentPayload = CommentPayload & { comment: Pick<IssueComment, 'id' | 'updated_at'> }
type CreatedCommentPayload = CommentPayload & {
  comment: Pick<IssueComment, 'id' | 'node_id' | 'created_at' | 'body'>
  sender: Account
}

// To GitHub's API a pull request is also an issue: its comments arrive as issue comments.
const issue = z
  .object({ number, pull_request: z.unknown().optional() })
  .transform(({ number, pull_request }) => ({ number, onPullRequest: pull_request != null }))
const deletedPayload: z.ZodType<DeletedCommentPayload> = repositoryPayload.extend({
  issue,
  comment: z.object({ id, updated_at: timestamp }),
})
const createdPayload: z.ZodType<CreatedCommentPayload> = repositoryPayload.extend({
  issue,
  comment: z.object({ id, node_id: identifier, created_at: timestamp, body: longText }),
  sender: account,
})

// Edits are not handled: the commands of the first version may already have run.
export function translateIssueComment(
  action: string,
  payload: unknown,
  receipt: DeliveryReceipt,
): Event | CommentCreated {
  if (action === 'created') return commentCreatedOf(readPayload(createdPayload, payload), receipt)
  const port = readPayload(deletedPayload, payload)
  const at = port.comment.updated_at
  // Only the publications know, by its id, whether the comment was ours.
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
    nodeId: port.comment.node_id,
  }
}
