import type { Issue, Label } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { IssueFact } from '../pipeline/model/facts.ts'
import {
  type Account,
  account,
  type DeliveryReceipt,
  evidenceOf,
  identifier,
  number,
  optionalTimestamp,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  timestamp,
  truncatedText,
  webUrl,
} from './fields.ts'

/** An issue as REST and deliveries show it. */
export type IssueFields = Pick<Issue, 'number' | 'title' | 'html_url' | 'closed_at' | 'updated_at'> & {
  user: Account
  assignees: readonly string[]
  state: NonNullable<Issue['state']>
  state_reason: IssueFact['stateReason']
}
type IssuesPayload = RepositoryPayload & { issue: IssueFields; sender: Account }
type LabeledIssuePayload = IssuesPayload & { label: Pick<Label, 'name'> }

/** Whom an issue is assigned to decides nothing about its stages: a list that cannot be read is empty. GraphQL lists no bots. */
const logins = z
  .array(account)
  .nullish()
  .catch(null)
  .transform((assignees) => assignedPeople(assignees ?? []))

export const issueFields = z.object({
  number,
  title: truncatedText,
  html_url: webUrl,
  user: account,
  assignees: logins,
  state: z.enum(['open', 'closed']),
  // A reason that GitHub adds later is treated as none.
  state_reason: z
    .enum(['completed', 'not_planned', 'reopened', 'duplicate'])
    .nullish()
    .catch(null)
    .transform((reason) => reason ?? null),
  closed_at: optionalTimestamp,
  updated_at: timestamp,
})
const issuesPayload = repositoryPayload.extend({ issue: issueFields, sender: account })
const changedPayload: z.ZodType<IssuesPayload> = issuesPayload
const labeledPayload: z.ZodType<LabeledIssuePayload> = issuesPayload.extend({ label: z.object({ name: identifier }) })

export function translateIssues(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  if (action === 'labeled') return labeledEventOf(readPayload(labeledPayload, payload), receipt)
  const port = readPayload(changedPayload, payload)
  const base = eventBaseOf(port, receipt)
  if (action === 'deleted' || action === 'transferred') return { type: 'issue.removed', ...base, why: action }
  return { type: 'issue.changed', action, ...base, sender: port.sender.login }
}

export function assignedPeople(accounts: readonly Account[]): readonly string[] {
  return accounts.flatMap(({ login, type }) => (type === 'Bot' ? [] : [login])).toSorted()
}

export function issueFactOf(port: IssueFields, evidence: IssueFact['evidence']): IssueFact {
  return {
    number: port.number,
    title: port.title,
    url: port.html_url,
    author: port.user.login,
    assignees: port.assignees,
    state: port.state,
    stateReason: port.state_reason,
    closedAt: port.closed_at,
    updatedAt: port.updated_at,
    evidence,
  }
}

function labeledEventOf(port: LabeledIssuePayload, receipt: DeliveryReceipt): Event {
  return {
    type: 'issue.labeled',
    ...eventBaseOf(port, receipt),
    label: port.label.name,
    sender: port.sender.login,
    ...(port.sender.type === 'Bot' && { bot: true }),
  }
}

function eventBaseOf(port: IssuesPayload, receipt: DeliveryReceipt) {
  const at = port.issue.updated_at
  const evidence = evidenceOf(receipt, at)
  return { at, evidence, repository: repositoryRefOf(port), issue: issueFactOf(port.issue, evidence) }
}

const assigneesPayload = z.object({ assignees: logins })

/** Whom REST says an issue is assigned to. */
export function translateAssigneesRead(body: unknown): readonly string[] {
  return readPayload(assigneesPayload, body).assignees
}
