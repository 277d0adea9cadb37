import type { Issue, Label } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import type { IssueFact } from '../pipeline/model/facts.ts'
import {
  evidence,
  type Here,
  here,
  moment,
  name,
  number,
  type Person,
  person,
  type Receipt,
  read,
  repositoryRef,
  text,
  webUrl,
} from './fields.ts'

type IssuePort = Pick<Issue, 'number' | 'title' | 'html_url' | 'closed_at' | 'updated_at'> & {
  user: Person
  state: NonNullable<Issue['state']>
  state_reason: IssueFact['stateReason']
}
type IssuesPort = Here & { issue: IssuePort; sender: Person }
type LabeledPort = IssuesPort & { label: Pick<Label, 'name'> }

const issue = z.object({
  number,
  title: text,
  html_url: webUrl,
  user: person,
  state: z.enum(['open', 'closed']),
  // A reason GitHub may invent tomorrow says no more to us than none.
  state_reason: z
    .enum(['completed', 'not_planned', 'reopened', 'duplicate'])
    .nullish()
    .catch(null)
    .transform((reason) => reason ?? null),
  closed_at: moment.nullish().transform((at) => at ?? null),
  updated_at: moment,
})
const issues = here.extend({ issue, sender: person })
const changed: z.ZodType<IssuesPort> = issues
const labeled: z.ZodType<LabeledPort> = issues.extend({ label: z.object({ name }) })

export function translateIssues(action: string, payload: unknown, receipt: Receipt): Event {
  if (action === 'labeled') return issueLabeled(read(labeled, payload), receipt)
  const port = read(changed, payload)
  const told = toldBy(port, receipt)
  if (action === 'deleted' || action === 'transferred') return { type: 'issue.gone', ...told, why: action }
  return { type: 'issue.changed', action, ...told, sender: port.sender.login }
}

function issueLabeled(port: LabeledPort, receipt: Receipt): Event {
  return { type: 'issue.labeled', ...toldBy(port, receipt), label: port.label.name, sender: port.sender.login }
}

function toldBy(port: IssuesPort, receipt: Receipt) {
  const at = port.issue.updated_at
  const told = { at, evidence: evidence(receipt, at) }
  return { ...told, repository: repositoryRef(port), issue: issueFact(port.issue, told.evidence) }
}

function issueFact(port: IssuePort, told: IssueFact['evidence']): IssueFact {
  return {
    number: port.number,
    title: port.title,
    url: port.html_url,
    author: port.user.login,
    state: port.state,
    stateReason: port.state_reason,
    closedAt: port.closed_at,
    updatedAt: port.updated_at,
    evidence: told,
  }
}
