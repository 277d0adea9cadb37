// What is held, in words. A stage that waits because of a hold says so itself, and nothing is said twice.
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import { holdsAffectingStage } from '../pipeline/holds/holds.ts'
import type { ActiveHold, Hold, HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Stage } from '../pipeline/model/pipeline.ts'
import type { Reason } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { formatMinute } from './labels.ts'

/** A hold as the head of the board draws it. */
export type HoldView = {
  readonly repository: string | null
  readonly actor: string
  readonly reason: string
  readonly since: Instant
}

/** What the head of the board says of a held place. */
export function holdViewOf({ repository, hold }: ActiveHold): HoldView {
  return { repository, actor: describeActor(hold), reason: hold.reason, since: hold.since }
}

/** `the repository is held by @ada since 2026-11-21 14:02 UTC: release week`. Its reason is a stranger's text. */
export function describeHold(hold: Hold): string {
  const { place, since, reason } = hold
  const what = place.kind === 'issue' ? '' : `${describePlace(place)} is `
  return `${what}held by ${describeActor(hold)} since ${formatMinute(since)}: ${reason}`
}

/** Whose word it is: somebody on GitHub, or the operator. */
export function describeActor({ place, by }: HoldOrRelease): string {
  return place.kind === 'everything' ? by : `@${by}`
}

/** What the cord of a place holds, for a sentence. */
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

/** The holds that the reason does not speak of itself. */
export function unmentionedHolds(reason: Reason | null, holds: readonly Hold[]): readonly Hold[] {
  const mentioned = mentionedHold(reason)
  return holds.filter((hold) => !isEqualJson(hold, mentioned))
}

/** The words, and after them every one of the holds: plain text in which other people's words stand. */
export function appendHolds(words: string, holds: readonly Hold[]): string {
  return [...(words === '' ? [] : [words]), ...holds.map(describeHold)].join('; ')
}

/** The holds that matter to a stage: none to one that is over. */
export function holdsOnStage(
  { name, status }: Pick<Stage, 'name' | 'status'>,
  holds: readonly Hold[],
): readonly Hold[] {
  return status === 'done' || status === 'skipped' ? [] : holdsAffectingStage(holds, name)
}

/** The hold that the words for the reason speak of; null if they speak of none. */
function mentionedHold(reason: Reason | null): Hold | null {
  if (reason?.kind === 'held') return reason.hold
  if (reason?.kind === 'denied') return reason.denial.kind === 'held' ? reason.denial.hold : null
  const isDispatch = reason?.kind === 'waits-for-dispatch' || reason?.kind === 'unconfirmed'
  return isDispatch && reason.dispatch.kind === 'held' ? reason.dispatch.hold : null
}
