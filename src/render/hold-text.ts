// What is held, in the words that stand with a stage or a row. A stage that waits because of a hold says so itself, and
// nothing is said twice.
import { describeActor, describeHold, holdsAffectingStage } from '../pipeline/holds/holds.ts'
import type { ActiveHold, Hold } from '../pipeline/model/hold.ts'
import type { Stage } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'

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

/** The reason, and every hold that it does not speak of: as plain text in which other people's words stand. */
export function appendHolds(reason: string, holds: readonly Hold[]): string {
  const more = holds.map(describeHold).filter((text) => !reason.includes(text))
  return [...(reason === '' ? [] : [reason]), ...more].join('; ')
}

/** The holds that matter to a stage: none to one that is over. */
export function holdsOnStage(
  { name, status }: Pick<Stage, 'name' | 'status'>,
  holds: readonly Hold[],
): readonly Hold[] {
  return status === 'done' || status === 'skipped' ? [] : holdsAffectingStage(holds, name)
}
