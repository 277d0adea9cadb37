// The attempt in the tests of the two clocks.
import { minutesAfterNine } from './pipeline-fixtures.ts'
import {
  attemptKeyOf,
  dispatchConfirmed,
  dispatchedRun,
  dispatchedRunChanged,
  type PipelineHarness,
  reportReceived,
  runAnswered,
  startedPipeline,
  woken,
} from './pipeline-harness.ts'

export const KEY = attemptKeyOf('plan', 1)
export const RUN = 100

/** An attempt whose run started at minute 2 and has been silent since. */
export function silentAttempt(): PipelineHarness {
  const line = startedPipeline()
  line.admit(minutesAfterNine(1))
  return line.apply(
    dispatchConfirmed(KEY, RUN, minutesAfterNine(1)),
    dispatchedRunChanged(KEY, RUN, { at: minutesAfterNine(2) }),
  )
}

/** One that reported progress at minute 5. */
export function reportingAttempt(): PipelineHarness {
  return silentAttempt().apply(
    reportReceived(KEY, RUN, minutesAfterNine(5), { progress: 40, text: 'writing the plan' }),
  )
}

/** GitHub's answer at that minute: still in progress. */
export function stillInProgress(at: number) {
  return runAnswered(RUN, dispatchedRun(KEY, RUN, { at: minutesAfterNine(2) }), minutesAfterNine(at))
}

export function wakeUntilQuiet(line: PipelineHarness, at: number): PipelineHarness {
  return line.apply(woken(minutesAfterNine(at)))
}
