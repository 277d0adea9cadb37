// Holds in words. A stage that waits because of a hold names it in its reason, and no hold is mentioned twice.
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import { holdsAffectingStage } from '../pipeline/holds/holds.ts'
import type { WorkflowHold } from '../pipeline/model/breaker.ts'
import type { ActiveHold, Hold, HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Stage } from '../pipeline/model/pipeline.ts'
import type { Reason } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { formatMinute } from './labels.ts'

/** A hold as the head of the board shows it. */
export type HoldView = {
  readonly repository: string | null
  readonly actor: string
  readonly reason: string
  readonly since: Instant
  /** When it ends by itself; null when only a release ends it. */
  readonly until: Instant | null
}

/** The hold for the head of the board. */
export function holdViewOf({ repository, hold }: ActiveHold): HoldView {
  if ('workflow' in hold)
    return { repository, actor: 'Andon', reason: describeWorkflowHold(hold), since: hold.since, until: hold.until }
  return { repository, actor: describeActor(hold), reason: hold.reason, since: hold.since, until: hold.until ?? null }
}

/** `the repository is held by @ada since 2026-11-21 14:02 UTC until 2026-11-21 18:00 UTC: release week`. The reason is text that a person wrote. */
export function describeHold(hold: Hold): string {
  const { place, since, until, reason } = hold
  const subject = place.kind === 'issue' ? '' : `${describePlace(place)} is `
  const end = until === undefined ? '' : ` until ${formatMinute(until)}`
  return `${subject}held by ${describeActor(hold)} since ${formatMinute(since)}${end}: ${reason}`
}

/** `the hold by @ada ended at 2026-11-21 18:00 UTC`. */
export function describeHoldEnd(hold: Hold): string {
  const end = hold.until === undefined ? '' : ` at ${formatMinute(hold.until)}`
  return `the hold by ${describeActor(hold)} ended${end}`
}

/** `held by Andon: plan.yml failed within a minute for #1, #2 and #3; next try at 2026-11-21 14:05 UTC`. */
export function describeWorkflowHold(hold: WorkflowHold): string {
  const { workflow, cause, until, probe } = hold
  if (cause.kind === 'limited') {
    const end = until === null ? '' : ` until ${formatMinute(until)}`
    return `held by Andon${end}: the run of ${workflow} for #${cause.issueNumber} reported that it is limited`
  }
  const next = probe === null ? (until === null ? '' : `; next try at ${formatMinute(until)}`) : ''
  const trying = probe === null ? next : `; #${probe.issueNumber} tries it now`
  const soon = cause.withinSeconds === 60 ? 'a minute' : formatDuration(cause.withinSeconds)
  return `held by Andon: ${workflow} failed within ${soon} for ${joinIssues(cause.issues)}${trying}`
}

/** `#1, #2 and #3`. */
export function joinIssues(issues: readonly number[]): string {
  const shown = issues.slice(0, MAX_ISSUES_SHOWN).map((issue) => `#${issue}`)
  const all = issues.length > shown.length ? [...shown, `${issues.length - shown.length} more`] : shown
  return all.length < 2 ? all.join() : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}

const MAX_ISSUES_SHOWN = 5

function formatDuration(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`
}

/** Who held or released: a GitHub login, or the operator's name. */
export function describeActor({ place, by }: HoldOrRelease): string {
  return place.kind === 'everything' ? by : `@${by}`
}

/** The place of a hold, as the subject of a sentence. */
export function describePlace(place: HoldOrRelease['place']): string {
  switch (place.kind) {
    case 'issue':
      return 'this issue'
    case 'stage':
      return place.stage
    case 'repository':
      return 'the repository'
    case 'everything':
      return 'everything'
  }
}

/** The holds that the reason does not mention. */
export function unmentionedHolds(reason: Reason | null, holds: readonly Hold[]): readonly Hold[] {
  const mentioned = mentionedHold(reason)
  return holds.filter((hold) => !isEqualJson(hold, mentioned))
}

/** The text followed by every hold: plain text, which may quote people. */
export function appendHolds(text: string, holds: readonly Hold[]): string {
  return [...(text === '' ? [] : [text]), ...holds.map(describeHold)].join('; ')
}

/** The holds that affect a stage; none once it is done or skipped. */
export function holdsOnStage(
  { name, status }: Pick<Stage, 'name' | 'status'>,
  holds: readonly Hold[],
): readonly Hold[] {
  return status === 'done' || status === 'skipped' ? [] : holdsAffectingStage(holds, name)
}

/** The hold that the words for the reason mention, if any. */
function mentionedHold(reason: Reason | null): Hold | null {
  if (reason?.kind === 'held') return reason.hold
  if (reason?.kind === 'denied') return reason.denial.kind === 'held' ? reason.denial.hold : null
  const isDispatch = reason?.kind === 'waits-for-dispatch' || reason?.kind === 'unconfirmed'
  return isDispatch && reason.dispatch.kind === 'held' ? reason.dispatch.hold : null
}
