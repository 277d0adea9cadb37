// A rate limit costs no attempt, with everything real but the clock and GitHub. Permanent failures: permanent-failures.test.ts.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements } from '../support/measurements.ts'

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

test.each<[string, Fault]>([
  ['403 with retry-after', { kind: 'refuse', status: 403, message: 'Wait', headers: { 'retry-after': '60' } }],
  ['429', { kind: 'refuse', status: 429, message: 'Too many requests' }],
])('a dispatch that meets a rate limit (%s) spends no attempt', async (limit, fault) => {
  let turnedAway = 0
  app.github.chooseFaults(({ kind }) => (kind === 'dispatch' && turnedAway++ < 6 ? fault : null))
  await app.openLabeledIssue()
  await app.advance(A_WHILE)
  const dispatched = app.dispatched()
  expect(dispatched).toEqual(Array.from({ length: 7 }, () => '1/plan/1'))
  expect(app.github.runs.map(({ state }) => state.title.replace(/-.*/, ''))).toEqual(['andon 1/plan/1'])
  expect((await app.pipeline()).stages[0]).toMatchObject({ status: 'queued', attempts: [{ number: 1 }] })
  recordMeasurements('rate-limits', { faults: 6, doubled: 0, limit, POSTs: dispatched.length, 'attempts spent': 1 })
})

const A_WHILE = 600
