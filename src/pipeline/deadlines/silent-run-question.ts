import type { Attempt, Pipeline, Stage } from '../model/pipeline.ts'
import { type Instant, latest, secondsAfter } from '../model/time.ts'
import { runIdOf } from '../stages/attempt-outcome.ts'
import { lastHeardOfRunAt } from '../stages/attempt-timings.ts'

/** Deliveries get lost: a live run is asked about whenever nothing was heard of it for that long. */
const ASK_AFTER_SECONDS = 10 * 60

/** When GitHub is asked how the run of an attempt stands, unless something is heard of it before; null for one that is over. */
export function silentRunQuestionAt(
  { removed }: Pick<Pipeline, 'removed'>,
  { attempts }: Pick<Stage, 'attempts'>,
  attempt: Attempt,
): Instant | null {
  const { control, run, reconciliation } = attempt
  // Of runs that somebody else starts only the newest says how the stage stands. A run that is being cancelled has its
  // own questions: before force, and before it is left alone.
  const isOver =
    control === undefined ? attempt !== attempts.at(-1) : control.closed !== null || control.cancel !== null
  const heardAt = lastHeardOfRunAt(attempt)
  if (removed !== null || isOver || run?.status === 'completed' || runIdOf(attempt) === null || heardAt === null) {
    return null
  }
  return secondsAfter(latest(heardAt, reconciliation?.at ?? ''), ASK_AFTER_SECONDS)
}
