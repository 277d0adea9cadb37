// A limit of GitHub's is no attempt, with everything real but the clock and GitHub. What always fails is in hopeless.test.ts.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { recordMeasurements } from '../support/measurements.ts'

let whole: AndonApp
/** The attempts that were dispatched, by their keys without the end that nobody can foresee. */
let dispatched: string[]
/** What GitHub says to the next dispatches; after them it begins runs. */
let answers: Response[]

beforeEach(async () => {
  dispatched = []
  answers = []
  whole = await openAndonApp(async (key) => {
    dispatched.push(key.replace(/-.*/, ''))
    return answers.shift() ?? null
  })
})
afterEach(() => whole.close())

test.each([
  ['403 with retry-after', () => says(403, 'Wait', { 'retry-after': '60' })],
  ['429', () => says(429, 'Too many requests')],
])('a dispatch that meets a rate limit (%s) spends no attempt', async (limit, limited) => {
  answers = Array.from({ length: 6 }, limited)
  await whole.openLabeledIssue()
  await whole.advance(A_WHILE)
  expect(dispatched).toEqual(Array.from({ length: 7 }, () => '1/plan/1'))
  expect(whole.github.runs.map(({ state }) => state.title.replace(/-.*/, ''))).toEqual(['andon 1/plan/1'])
  expect((await whole.pipeline()).stages[0]).toMatchObject({ status: 'queued', attempts: [{ number: 1 }] })
  recordMeasurements('rate-limits', { limit, 'turned away': 6, POSTs: dispatched.length, 'attempts spent': 1, runs: 1 })
})

const A_WHILE = 600

function says(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ message }, { status, headers })
}
