import type { Line } from '../line/line.ts'
import { newEffects } from './effects-of.ts'
import { withRun } from './facts/bind-run.ts'
import { isOwn } from './model/attempt.ts'
import type { Event } from './model/events.ts'
import type { IssueFact } from './model/facts.ts'
import type { Beginning, Pipeline, Stage } from './model/pipeline.ts'
import { type Reduction, reduce } from './reduce.ts'
import { untouched } from './stages/blank-stage.ts'
import { settle } from './stages/derive-stages.ts'
import { beginningOf } from './stages/pipeline-start.ts'
import { askIssue } from './stages/questions-to-ask.ts'
import { tell } from './view/history.ts'

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

/** The pipeline on the line that its repository's file says, if its own is not settled yet. */
export function withLine(pipeline: Pipeline, line: Line, event: Event): Reduction {
  const { configured, ...rest } = pipeline
  const attempts = pipeline.stages.flatMap((stage) => stage.attempts)
  if (configured !== false || attempts.some(isOwn)) return { pipeline, effects: [], entries: [] }
  const fresh = { ...rest, line, stages: line.stages.map(({ name }) => withOrdersOf(pipeline, untouched(name))) }
  const told = attempts.flatMap(({ run }) => (run === null ? [] : [run])).reduce(withRun, fresh)
  const settled = settle(told)
  return { pipeline: settled, effects: newEffects(pipeline, settled), entries: tell(pipeline, settled, event) }
}

/** What somebody ordered before the file was read stands, if the line that it says has the stage. */
export function withOrdersOf({ stages }: Pipeline, stage: Stage): Stage {
  const orders = stages.find(({ name }) => name === stage.name)?.orders
  return orders === undefined ? stage : { ...stage, orders }
}
