// How commands are answered: each command in each state of a pipeline that has stopped or does not exist.

import { describe, expect, test } from 'vitest'
import { reactionAndReply } from '../../../src/advance/reply.ts'
import { NO_OUTER_HOLDS } from '../../../src/pipeline/holds/holds.ts'
import { describeCommandAnswer } from '../../../src/render/command-result.ts'
import { COMMANDS, commandResults, completePipeline } from '../../support/command-results.ts'
import {
  deliveryEvidence,
  issueChanged,
  issueGone,
  minutesAfterNine,
  pullRequestChanged,
} from '../../support/pipeline-fixtures.ts'
import {
  commandPermission,
  commentCreated,
  lineWith,
  openPipelineHarness,
  startedPipeline,
} from '../../support/pipeline-harness.ts'

describe('while the pipeline', () => {
  test('was cancelled', () => {
    const comment = commentCreated('/andon cancel', { commentId: 1 })
    expect(commandResults(startedPipeline().apply(comment, commandPermission(comment)))).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: done | plan: attempt 1 of 3 waits for a slot
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: done | plan: attempt 1 of 3 waits for a slot
      retry plan: done | plan: attempt 1 of 3 waits for a slot
      cancel: impossible | nothing runs or waits here | /andon status
      cancel plan: already | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('waits at a gate', () => {
    const line = startedPipeline(lineWith({ plan: { gate: 'approval' } }))
    line.completeAttempt(minutesAfterNine(1), 100)
    expect(commandResults(line)).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: attempt 1 of 3 succeeded; waits for an approval: /andon approve
      run code: done | code: attempt 1 of 3 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: done | plan: attempt 2 of 4 waits for a slot
      cancel: impossible | nothing runs or waits here | /andon status
      cancel plan: done | plan: cancelled by @mara; /andon retry plan tries again
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: done | plan: attempt 1 of 3 succeeded, approved by @mara
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('has passed a gate', () => {
    const line = startedPipeline(lineWith({ plan: { gate: 'approval' } }))
    line.completeAttempt(minutesAfterNine(1), 100)
    const comment = commentCreated('/andon approve', { commentId: 1 })
    expect(commandResults(line.apply(comment, commandPermission(comment)))).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; code: attempt 1 of 3 waits for a slot
      run code: already | code: attempt 1 of 3 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: done | plan: attempt 2 of 4 waits for a slot
      cancel: done | code: cancelled by @mara; /andon retry code tries again
      cancel plan: impossible | plan has ended: attempt 1 of 3 succeeded, approved by @mara
      cancel code: done | code: cancelled by @mara; /andon retry code tries again
      approve: already | plan: attempt 1 of 3 succeeded, approved by @mara
      skip plan: already | plan: attempt 1 of 3 succeeded, approved by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('waits for a pull request', () => {
    expect(commandResults(completePipeline(startedPipeline()))).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; test: attempt 1 of 3 succeeded
      run code: done | code: attempt 2 of 4 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: done | plan: attempt 2 of 4 waits for a slot
      cancel: impossible | nothing runs or waits here | /andon status
      cancel plan: impossible | plan has ended: attempt 1 of 3 succeeded
      cancel code: impossible | code has ended: attempt 1 of 3 succeeded
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: already | plan: attempt 1 of 3 succeeded
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('waits for a review', () => {
    expect(
      commandResults(completePipeline(startedPipeline()).apply(pullRequestChanged({ at: minutesAfterNine(60) }))),
    ).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; review: waits for a review by a maintainer
      run code: done | code: attempt 2 of 4 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: done | plan: attempt 2 of 4 waits for a slot
      cancel: impossible | nothing runs or waits here | /andon status
      cancel plan: impossible | plan has ended: attempt 1 of 3 succeeded
      cancel code: impossible | code has ended: attempt 1 of 3 succeeded
      approve: impossible | no gate waits for an approval here; review pull request 7 itself
      skip plan: already | plan: attempt 1 of 3 succeeded
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('is done, its pull request merged', () => {
    const line = completePipeline(startedPipeline()).apply(pullRequestChanged({ at: minutesAfterNine(60) }))
    expect(
      commandResults(line.apply(pullRequestChanged({ at: minutesAfterNine(70), state: 'merged' }))),
    ).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; review: pull request #7 merged
      run code: done | code: attempt 2 of 4 waits for a slot
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: done | plan: attempt 2 of 4 waits for a slot
      cancel: impossible | nothing runs or waits here | /andon status
      cancel plan: impossible | plan has ended: attempt 1 of 3 succeeded
      cancel code: impossible | code has ended: attempt 1 of 3 succeeded
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: already | plan: attempt 1 of 3 succeeded
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('is cancelled, its issue closed', () => {
    expect(
      commandResults(
        startedPipeline().apply(
          issueChanged({ state: 'closed', closedAt: minutesAfterNine(70), at: minutesAfterNine(70) }, 'closed'),
        ),
      ),
    ).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: impossible | the issue is closed: reopen it first
      run code: impossible | code: called off: the issue is closed
      retry: impossible | plan: called off: the issue is closed
      retry plan: impossible | plan: called off: the issue is closed
      cancel: impossible | nothing runs or waits here | /andon status
      cancel plan: already | plan: called off: the issue is closed
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('is only observed', () => {
    expect(
      commandResults(
        openPipelineHarness(lineWith({ plan: { observe: true }, code: { observe: true }, test: { observe: true } })),
      ),
    ).toMatchInlineSnapshot(`
      "help: answered_in_reply
      status: answered_in_reply
      start: already | it was started before; plan: waits for plan.yml to start a run
      run code: impossible | Andon does not start code: code.yml is started elsewhere
      retry: impossible | nothing here has failed or was cancelled | /andon retry STAGE
      retry plan: impossible | Andon does not start plan: plan.yml is started elsewhere
      cancel: impossible | Andon did not start plan and cannot cancel it: plan.yml is started elsewhere
      cancel plan: impossible | Andon did not start plan and cannot cancel it: plan.yml is started elsewhere
      cancel code: impossible | code has not begun: there is nothing to cancel
      approve: impossible | nothing waits for an approval here | /andon why
      skip plan: done | plan: skipped by @mara
      skip plon: mistake
      why: answered_in_reply
      hold repository release week: done | the repository is held by @mara since 2026-11-21 12:20 UTC: release week; what runs goes on"
    `)
  })

  test('was deleted', () => {
    const gone = issueGone('deleted', minutesAfterNine(70))
    expect(commandResults(startedPipeline().apply(gone))).toMatchInlineSnapshot(`
      "help: impossible | the issue was deleted
      status: impossible | the issue was deleted
      start: impossible | the issue was deleted
      run code: impossible | the issue was deleted
      retry: impossible | the issue was deleted
      retry plan: impossible | the issue was deleted
      cancel: impossible | the issue was deleted
      cancel plan: impossible | the issue was deleted
      cancel code: impossible | the issue was deleted
      approve: impossible | the issue was deleted
      skip plan: impossible | the issue was deleted
      skip plon: mistake
      why: impossible | the issue was deleted
      hold repository release week: impossible | the issue was deleted"
    `)
  })
})

test('while there is no pipeline', () => {
  const results = COMMANDS.flatMap((command) =>
    [false, true].map((onPullRequest) => {
      const { origin, issueNumber, commands } = commentCreated(`/andon ${command}`)
      const sender = { login: 'linus', at: minutesAfterNine(20), evidence: deliveryEvidence(minutesAfterNine(20)) }
      const giving = {
        origin,
        issueNumber,
        onPullRequest,
        commands,
        ...sender,
        role: 'write',
        outerHolds: NO_OUTER_HOLDS,
      } as const
      return reactionAndReply(giving, []).map((effect) =>
        effect.type === 'reply'
          ? effect.items
              .map((item) => {
                if (!('answer' in item)) return item.kind
                const { message, suggestions } = describeCommandAnswer({ outcome: item.kind, answer: item.answer })
                return `${message} ${suggestions.join()}`
              })
              .join()
          : effect.key,
      )
    }),
  )
  expect([...new Set(results.map((lines) => lines.join(' | ')))].join('\n')).toMatchInlineSnapshot(`
    "react/900/eyes | help
    react/900/confused | this issue is not on the line /andon start
    react/900/confused | this pull request belongs to no issue on the line: write “fixes” and the number of one in its description, or comment on the issue 
    react/900/rocket"
  `)
})
