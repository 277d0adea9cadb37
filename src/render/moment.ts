// What stands by itself in the story of an issue: what a person did, with that person first, or what came of it.
import { openPullRequest } from '../pipeline/facts/standing.ts'
import type { HistoryChange, HistoryEntry } from '../pipeline/model/command-result.ts'
import type { PullRequestFact } from '../pipeline/model/facts.ts'
import type { Pipeline, StageStatus } from '../pipeline/model/pipeline.ts'
import { safeWebUrl } from './board-row.ts'
import { describeCommandAnswer } from './command-result.ts'
import { describeChange } from './history.ts'
import { describeActor, describePlace } from './hold-text.ts'
import { formatMinute } from './labels.ts'
import { describeReason } from './reason.ts'

/** `who` did it, as the first words; null where nobody did. Plain text that may quote people. */
export type Moment = {
  readonly icon: StageStatus | 'held'
  readonly who: string | null
  readonly text: string
  readonly link: { readonly word: string; readonly url: string } | null
}

type MomentDraft = Pick<Moment, 'who' | 'text'> & Partial<Moment>

export function momentOf(pipeline: Pipeline, entry: HistoryEntry): Moment {
  return { icon: 'idle', link: null, ...describeMoment(pipeline, entry) }
}

function describeMoment(pipeline: Pipeline, { actor, change }: HistoryEntry): MomentDraft {
  const who = actor === null ? null : `@${actor}`
  switch (change.kind) {
    case 'started':
      return { who: change.by === 'branch' ? null : who, text: START_TEXT[change.by] }
    case 'issue': {
      const isDone = change.state === 'closed' && pipeline.issue.stateReason === 'completed'
      const text = who === null ? describeChange(change) : `${change.state} the issue`
      return { who, text, icon: isDone ? 'done' : 'idle' }
    }
    case 'pull-request':
      return { who: null, text: describeChange(change), link: numberedLink(pipeline, change.number) }
    case 'pull-request-shown':
      return { who: null, text: describeChange(change), link: numberedLink(pipeline, change.pullRequest.number) }
    case 'held': {
      const { until, reason } = change.hold
      const end = until === undefined ? '' : ` until ${formatMinute(until)}`
      return {
        who: describeActor(change.hold),
        text: `held ${describePlace(change.hold.place)}${end}: ${reason}`,
        icon: 'held',
      }
    }
    case 'released':
      return {
        who: describeActor(change.release),
        text: `resumed ${describePlace(change.release.place)}`,
        icon: 'running',
      }
    case 'hold-ended':
      return { who: null, text: describeChange(change), icon: 'running' }
    case 'button':
    case 'press':
      return describePress(change, who)
    case 'stage':
      return describeStageMoment(pipeline, change)
  }
}

function describePress(change: Extract<HistoryChange, { kind: 'button' | 'press' }>, who: string | null): MomentDraft {
  const { verb, stage, result } = change
  const subject = stage === null ? verb : `${verb} ${stage}`
  const where = change.kind === 'button' ? 'on its check' : 'on the board'
  return { who, text: `pressed ${subject} ${where}: ${describeCommandAnswer(result).message}` }
}

function describeStageMoment(pipeline: Pipeline, change: Extract<HistoryChange, { kind: 'stage' }>): MomentDraft {
  const { name, status, reason } = change.stage
  switch (reason?.kind) {
    case 'gate-approved':
      return { who: `@${reason.by}`, text: `approved ${name}`, icon: 'done' }
    case 'review-approved':
      return { who: `@${reason.reviewer}`, text: 'approved the pull request', icon: 'done' }
    case 'changes-requested': {
      const round = reason.round === null ? '' : ` (round ${reason.round} of ${reason.rework})`
      return { who: `@${reason.reviewer}`, text: `asked for changes${round}`, icon: 'idle' }
    }
    case 'rework-used-up':
      return { who: `@${reason.reviewer}`, text: 'asked for changes, and no round is left', icon: 'failed' }
    case 'cancelled-by':
      return { who: `@${reason.by}`, text: `cancelled ${name}`, icon: 'cancelled' }
    case 'skipped-by':
      return { who: `@${reason.by}`, text: `skipped ${name}`, icon: 'skipped' }
    case 'waits-for-approval':
      return { who: null, text: `${name} waits for an approval`, icon: 'review' }
    case 'waits-for-review':
      return { who: null, text: describeReason(reason, name), icon: 'review', link: reviewLink(pipeline) }
    default:
      return { who: null, text: describeChange(change), icon: status }
  }
}

const START_TEXT = {
  label: 'put it on the line with the label',
  command: 'put it on the line with a command',
  branch: "an agent's branch put it on the line",
} as const

function reviewLink(pipeline: Pipeline): Moment['link'] {
  return pullRequestLink(openPullRequest(pipeline))
}

function numberedLink({ pullRequests }: Pipeline, number: number): Moment['link'] {
  return pullRequestLink(pullRequests.find((fact) => fact.number === number) ?? null)
}

function pullRequestLink(fact: PullRequestFact | null): Moment['link'] {
  const url = safeWebUrl(fact?.url ?? null)
  return fact === null || url === null ? null : { word: `pull request #${fact.number}`, url }
}
