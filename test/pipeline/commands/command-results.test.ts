// How commands are answered: each command in each state of a live pipeline. The others: command-results-after-end.test.ts.

import { describe, expect, test } from 'vitest'
import { commandResults, runningPipeline } from '../../support/command-results.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  dispatchResult,
  lineWith,
  openPipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'
import { KEY_NOT_ECHOED } from '../../support/reasons.ts'

describe('while the pipeline', () => {
  test('asks for permission to start', () => {
    expect(commandResults(openPipelineHarness())).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: done | plan: attempt 1 of 3 waits for a slot
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: done | plan: attempt 1 of 3 waits for a slot
      cancel: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel plan: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('waits for a slot', () => {
    expect(commandResults(startedPipeline())).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: attempt 1 of 3 waits for a slot
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: already | plan: attempt 1 of 3 waits for a slot
      cancel: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel plan: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('is being started', () => {
    const line = startedPipeline()
    line.admit(minutesAfterNine(1))
    expect(commandResults(line)).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: attempt 1 of 3 is being started
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: already | plan: attempt 1 of 3 is being started; no second run is started
      cancel: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel plan: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('runs', () => {
    expect(commandResults(runningPipeline())).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: attempt 1 of 3 runs
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: already | plan: attempt 1 of 3 runs; no second run is started
      cancel: done | plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 12:25:00 UTC
      cancel plan: done | plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 12:25:00 UTC
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 12:25:00 UTC
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('is being cancelled', () => {
    const comment = commentCreated('/andon cancel', { commentId: 1 })
    expect(commandResults(runningPipeline().apply(comment, commandPermission(comment)))).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 09:25:00 UTC
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: already | plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 09:25:00 UTC; no second run is started
      cancel: already | plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 09:25:00 UTC
      cancel plan: already | plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 09:25:00 UTC
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: attempt 1 of 3 is being cancelled: a person asked for it; by force at 09:25:00 UTC
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('waits out its backoff', () => {
    const line = startedPipeline()
    line.completeAttempt(minutesAfterNine(1), 100, 'failure')
    expect(commandResults(line)).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: attempt 2 of 3 starts at 09:01:29 UTC (attempt 1 of 3 failed)
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: done | plan: attempt 2 of 4 waits for a slot
      retry plan: done | plan: attempt 2 of 4 waits for a slot
      cancel: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel plan: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('has failed', () => {
    const line = startedPipeline(lineWith({ plan: { attempts: 1 } }))
    line.completeAttempt(minutesAfterNine(1), 100, 'failure')
    expect(commandResults(line)).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: done | plan: attempt 2 of 2 waits for a slot
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: done | plan: attempt 2 of 2 waits for a slot
      retry plan: done | plan: attempt 2 of 2 waits for a slot
      cancel: impossible | nothing runs or waits here | /andon status
      cancel plan: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('has a dispatch without a clear answer', () => {
    const line = startedPipeline()
    const key = line.admit(minutesAfterNine(1)) ?? ''
    line.apply(
      dispatchResult(key, { state: 'unconfirmed', reason: KEY_NOT_ECHOED, needsPerson: true }, minutesAfterNine(5)),
    )
    expect(commandResults(line)).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: attempt 1 of 3: Andon cannot tell whether GitHub started it, because the run-name of plan.yml does not contain the attempt key; a person must check before it is sent again; a person is needed
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: done | plan: attempt 2 of 4 waits for a slot
      retry plan: done | plan: attempt 2 of 4 waits for a slot
      cancel: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel plan: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })
})
