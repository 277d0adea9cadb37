import { expect, test } from 'vitest'
import { withoutFutureMoments } from '../../../src/pipeline/deadlines/without-future-moments.ts'
import { updateAttempts } from '../../../src/pipeline/model/attempt.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import { reportingAttempt } from '../../support/quiet-attempts.ts'

test('an answer and a report from a time that is no more count as now, though nothing else lies ahead', () => {
  const { pipeline } = reportingAttempt()
  const now = minutesAfterNine(30)
  const later = minutesAfterNine(90)
  const ahead = updateAttempts(pipeline, (attempt) => ({
    ...attempt,
    reconciliation: { at: now, answeredAt: later },
    ...(attempt.control?.report && {
      control: { ...attempt.control, report: { ...attempt.control.report, progressAt: later } },
    }),
  }))
  const [attempt] = withoutFutureMoments(ahead, now).stages.flatMap(({ attempts }) => attempts)
  expect(attempt?.reconciliation?.answeredAt).toBe(now)
  expect(attempt?.control?.report?.progressAt).toBe(now)
})
