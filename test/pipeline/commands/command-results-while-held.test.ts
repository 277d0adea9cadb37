// How holds and releases are answered, by what is held already.
import { expect, test } from 'vitest'
import { NO_OUTER_HOLDS } from '../../../src/pipeline/holds/holds.ts'
import type { OuterHolds } from '../../../src/pipeline/model/hold.ts'
import { GLOBAL_HOLD, REPOSITORY_HOLD, runHoldCommand } from '../../support/hold-commands.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'
import { startedPipeline } from '../../support/pipeline-harness.ts'

const COMMANDS = [
  '/andon hold wait',
  '/andon hold code wait',
  '/andon hold repository wait',
  '/andon resume',
  '/andon resume code',
  '/andon resume repository',
]

/** The answer to each of the commands, one line each. */
function answers(before: readonly string[], outerHolds: OuterHolds = NO_OUTER_HOLDS): string {
  return COMMANDS.map((command) => {
    const line = startedPipeline()
    for (const body of before) runHoldCommand(line, body, minutesAfterNine(10))
    return `${command} → ${runHoldCommand(line, command, minutesAfterNine(20), outerHolds)}`
  }).join('\n')
}

test('while nothing is held', () => {
  expect(answers([])).toMatchInlineSnapshot(`
      "/andon hold wait → done: this issue is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold code wait → done: code is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold repository wait → done: the repository is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon resume → already: this issue is not held
      /andon resume code → already: code is not held
      /andon resume repository → already: the repository is not held"
    `)
})
test('while the issue is held', () => {
  expect(answers(['/andon hold mine'])).toMatchInlineSnapshot(`
      "/andon hold wait → already: this issue is held by @mara since 2026-11-21 09:10 UTC: mine
      /andon hold code wait → done: code is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold repository wait → done: the repository is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon resume → done: this issue is no longer held; plan: attempt 1 of 3 waits for a slot
      /andon resume code → impossible: code is not held by itself; this issue is held by @mara since 2026-11-21 09:10 UTC: mine
      /andon resume repository → already: the repository is not held"
    `)
})
test('while the stage is held', () => {
  expect(answers(['/andon hold code mine'])).toMatchInlineSnapshot(`
      "/andon hold wait → done: this issue is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold code wait → already: code is held by @mara since 2026-11-21 09:10 UTC: mine
      /andon hold repository wait → done: the repository is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon resume → impossible: this issue is not held by itself; code is held by @mara since 2026-11-21 09:10 UTC: mine
      /andon resume code → done: code is no longer held; plan: attempt 1 of 3 waits for a slot
      /andon resume repository → already: the repository is not held"
    `)
})
test('while the repository is held', () => {
  expect(answers([], { repository: REPOSITORY_HOLD, everything: null })).toMatchInlineSnapshot(`
      "/andon hold wait → done: this issue is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold code wait → done: code is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold repository wait → already: the repository is held by @ada since 2026-11-21 09:10 UTC: release week
      /andon resume → impossible: this issue is not held by itself; the repository is held by @ada since 2026-11-21 09:10 UTC: release week
      /andon resume code → impossible: code is not held by itself; the repository is held by @ada since 2026-11-21 09:10 UTC: release week
      /andon resume repository → done: the repository is no longer held"
    `)
})
test('while everything is held', () => {
  expect(answers([], { repository: null, everything: GLOBAL_HOLD })).toMatchInlineSnapshot(`
      "/andon hold wait → done: this issue is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold code wait → done: code is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon hold repository wait → done: the repository is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      /andon resume → impossible: this issue is not held by itself; everything is held by root since 2026-11-21 09:10 UTC: GitHub is down
      /andon resume code → impossible: code is not held by itself; everything is held by root since 2026-11-21 09:10 UTC: GitHub is down
      /andon resume repository → impossible: the repository is not held by itself; everything is held by root since 2026-11-21 09:10 UTC: GitHub is down"
    `)
})
test('while the issue, its stage, the repository and everything are held', () => {
  const outerHolds = { repository: REPOSITORY_HOLD, everything: GLOBAL_HOLD }
  expect(answers(['/andon hold mine', '/andon hold code mine too'], outerHolds)).toMatchInlineSnapshot(`
      "/andon hold wait → already: this issue is held by @mara since 2026-11-21 09:10 UTC: mine
      /andon hold code wait → already: code is held by @mara since 2026-11-21 09:10 UTC: mine too
      /andon hold repository wait → already: the repository is held by @ada since 2026-11-21 09:10 UTC: release week
      /andon resume → done: this issue is no longer held, but everything is held by root since 2026-11-21 09:10 UTC: GitHub is down; plan: attempt 1 of 3 waits for a slot
      /andon resume code → done: code is no longer held, but everything is held by root since 2026-11-21 09:10 UTC: GitHub is down; plan: held by @mara since 2026-11-21 09:10 UTC: mine; then attempt 1 of 3
      /andon resume repository → done: the repository is no longer held, but everything is held by root since 2026-11-21 09:10 UTC: GitHub is down"
    `)
})
test('to several holds and releases of the repository in one comment', () => {
  const body = '/andon hold repository wait\n\n/andon resume repository\n\n/andon resume repository'
  expect(runHoldCommand(startedPipeline(), body)).toMatchInlineSnapshot(`
      "done: the repository is held by @mara since 2026-11-21 09:20 UTC: wait; what runs goes on
      done: the repository is no longer held
      already: the repository is not held"
    `)
})
