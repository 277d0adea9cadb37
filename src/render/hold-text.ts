// What is held, in the words that stand with a stage or a row. A stage that waits because of a hold says so itself, and
// nothing is said twice.
import { holdsOver, holdWords, speakerWords } from '../pipeline/holds/holds.ts'
import type { HeldPlace, Hold } from '../pipeline/model/hold.ts'
import type { Stage } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'

/** A hold as the head of the board draws it. */
export type DrawnHold = {
  readonly repository: string | null
  readonly who: string
  readonly why: string
  readonly since: Instant
}

/** What the head of the board says of a held place. */
export function drawnHold({ repository, hold }: HeldPlace): DrawnHold {
  return { repository, who: speakerWords(hold), why: hold.why, since: hold.since }
}

/** The reason, and every hold that it does not speak of: as plain text in which other people's words stand. */
export function withHolds(reason: string, holds: readonly Hold[]): string {
  const more = holds.map(holdWords).filter((words) => !reason.includes(words))
  return [...(reason === '' ? [] : [reason]), ...more].join('; ')
}

/** The holds that matter to a stage: none to one that is over. */
export function holdsOnStage(
  { name, status }: Pick<Stage, 'name' | 'status'>,
  holds: readonly Hold[],
): readonly Hold[] {
  return status === 'done' || status === 'skipped' ? [] : holdsOver(holds, name)
}
