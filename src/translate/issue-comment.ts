import type { Issue, IssueComment } from '@octokit/webhooks-types'
import { z } from 'zod'
import { parse } from '../commands/parse-commands.ts'
import type { Event } from '../pipeline/model/events.ts'
import {
  evidence,
  type Here,
  here,
  id,
  longText,
  moment,
  number,
  type Person,
  person,
  type Receipt,
  read,
  repositoryRef,
} from './fields.ts'

type CommentPort = Here & { issue: Pick<Issue, 'number'> & { onPullRequest: boolean } }
type DeletedPort = CommentPort & { comment: Pick<IssueComment, 'id' | 'updated_at'> }
type CreatedPort = CommentPort & { comment: Pick<IssueComment, 'id' | 'created_at' | 'body'>; sender: Person }

// The comments of a pull request are those of the issue that GitHub keeps beside it.
const issue = z
  .object({ number, pull_request: z.unknown().optional() })
  .transform(({ number, pull_request }) => ({ number, onPullRequest: pull_request != null }))
const deleted: z.ZodType<DeletedPort> = here.extend({ issue, comment: z.object({ id, updated_at: moment }) })
const created: z.ZodType<CreatedPort> = here.extend({
  issue,
  comment: z.object({ id, created_at: moment, body: longText }),
  sender: person,
})

// Edits are no orders: what was said at first may have been obeyed already.
export function translateIssueComment(action: string, payload: unknown, receipt: Receipt): Event | null {
  if (action === 'created') return commandGiven(read(created, payload), receipt)
  const port = read(deleted, payload)
  const at = port.comment.updated_at
  // Whether the comment was one of ours only the publications know, by its id.
  return {
    type: 'comment.deleted',
    at,
    evidence: evidence(receipt, at),
    repository: repositoryRef(port),
    issueNumber: port.issue.number,
    commentId: port.comment.id,
  }
}

// Of what people write only the commands are kept.
function commandGiven(port: CreatedPort, receipt: Receipt): Event | null {
  const commands = parse(port.comment.body)
  if (commands.length === 0) return null
  const at = port.comment.created_at
  return {
    type: 'command.given',
    at,
    evidence: evidence(receipt, at),
    repository: repositoryRef(port),
    issueNumber: port.issue.number,
    onPullRequest: port.issue.onPullRequest,
    origin: { kind: 'comment', id: port.comment.id },
    sender: port.sender.login,
    bot: port.sender.type === 'Bot',
    commands,
  }
}
