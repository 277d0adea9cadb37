// Each test is a row of the transition table in docs/reference/transitions.md.
import { test } from 'vitest'
import {
  given,
  issueChanged,
  issueGone,
  issueLabeled,
  minutesAfterNine,
  runChanged,
} from '../../support/pipeline-fixtures.ts'

const taken = issueLabeled()

const closed = issueChanged(
  { at: minutesAfterNine(8), state: 'closed', stateReason: 'not_planned', closedAt: minutesAfterNine(8) },
  'closed',
)

test('closing an issue cancels what has not started', () => {
  given(taken)
    .when(closed)
    .expectShown({ stages: 'cancelled idle idle idle', light: 'idle', reason: 'the issue was closed as not planned' })
})

test('a reopened issue queues its first stage again', () => {
  const reopened = issueChanged({ at: minutesAfterNine(9), stateReason: 'reopened' }, 'reopened')
  given(taken, closed).when(reopened).expectShown({ stages: 'queued idle idle idle', light: 'queued' })
})

test('a live run stays live in a closed issue until it ends', () => {
  const line = given(taken, runChanged())
  line.when(closed).expectShown({ stages: 'idle running idle idle', light: 'running' })
  given(taken, runChanged({ status: 'queued' }))
    .when(closed)
    .expectShown({ stages: 'idle queued idle idle', light: 'queued' })
  line
    .when(closed, runChanged({ conclusion: 'failure' }))
    .expectShown({ stages: 'idle failed idle idle', light: 'idle' })
})

test('a late completion still counts after the issue is closed', () => {
  given(taken, runChanged(), closed)
    .when(runChanged({ conclusion: 'success' }))
    .expectShown({ stages: 'idle done idle idle' })
})

test('an issue closed as completed is done', () => {
  given(taken)
    .when(
      issueChanged({
        at: minutesAfterNine(8),
        state: 'closed',
        stateReason: 'completed',
        closedAt: minutesAfterNine(8),
      }),
    )
    .expectShown({
      light: 'done',
      stage: 'review',
      reason: 'the issue was closed as completed',
      since: minutesAfterNine(8),
    })
})

test('a deleted issue stops its pipeline', () => {
  given(taken, runChanged()).when(issueGone('deleted')).expectShown({ light: 'idle', reason: 'the issue was deleted' })
  given(taken).when(issueGone('transferred')).expectShown({ stages: 'cancelled idle idle idle', light: 'idle' })
})
