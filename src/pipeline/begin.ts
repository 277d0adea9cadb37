import type { Line } from '../line/line.ts'
import { askIssue } from './asks.ts'
import { beginningOf } from './beginning.ts'
import type { Event } from './events.ts'
import type { IssueFact } from './facts.ts'
import type { Beginning, Pipeline } from './pipeline.ts'
import { type Reduction, reduce } from './reduce.ts'
import { settle } from './settle.ts'
import { untouched } from './with-line.ts'

/**
 * Takes the issue up if the event is a reason to; null for everything ordinary, which leaves no trace. `configured` is
 * false while the repository's file has not been read: see `withLine`.
 */
export function begin(event: Event, issueNumber: number, line: Line, configured = true): Reduction | null {
  const begun = beginningOf(event, issueNumber, line)
  if (begun === null || !('repository' in event)) return null
  const fresh: Pipeline = {
    repositoryId: event.repository.id,
    issue: event.type === 'issue.labeled' ? event.issue : unknownIssue(issueNumber, begun),
    begun,
    line,
    stages: line.stages.map(({ name }) => untouched(name)),
    pullRequests: [],
    baseSha: null,
    gone: null,
    ...(configured ? {} : { configured }),
  }
  const { pipeline, effects, entries, ...heard } = reduce(settle(fresh), event)
  const taken = {
    at: begun.at,
    type: 'pipeline.begun',
    actor: begun.actor,
    text: HOW[begun.by],
    evidence: begun.evidence,
  }
  return { pipeline, effects: [askIssue(issueNumber, begun.at), ...effects], entries: [taken, ...entries], ...heard }
}

function unknownIssue(number: number, { at, evidence }: Beginning): IssueFact {
  return {
    number,
    title: null,
    url: null,
    author: null,
    state: 'open',
    stateReason: null,
    closedAt: null,
    updatedAt: at,
    evidence,
  }
}

const HOW = {
  label: 'taken up: the issue was labelled',
  command: 'taken up by command',
  branch: "taken up: an agent's branch names the issue",
} as const satisfies Record<Beginning['by'], string>
