// What is held, in the words that stand with a stage or a row. A stage that waits because of a hold says so itself, and
// nothing is said twice.
import { type Hold, holdsOver, holdWords } from '../pipeline/cord.ts'
import type { Stage } from '../pipeline/pipeline.ts'

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
