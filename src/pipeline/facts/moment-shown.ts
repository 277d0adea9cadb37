// GitHub's clock has whole seconds: of two states with one time, nothing says which came last. What was read once that second
// is over shows how it ended.
import { type Evidence, endOfSecond, type Instant, secondsAfter } from '../model/time.ts'

/** The clocks of GitHub and of this machine may differ by so much: an earlier reading may be from within the second. */
const CLOCKS_DIFFER_BY_SECONDS = 3

/** When GitHub can be asked how the second ended. */
export function whenSecondIsOver(at: Instant): Instant {
  return secondsAfter(at, 1 + CLOCKS_DIFFER_BY_SECONDS)
}

/** The moment that a fact shows: the end of its second if it was read after it, else the second. */
export function momentShown(updatedAt: Instant, { kind, at }: Evidence): Instant {
  return kind === 'read' && at >= whenSecondIsOver(updatedAt) ? endOfSecond(updatedAt) : updatedAt
}
