// What a dispatch's answers come to on the line, with everything real but the clock and GitHub.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openWhole, type Whole } from './support/whole.ts'

let whole: Whole
/** The attempts that were dispatched, by their keys without the end that nobody can foresee. */
let dispatched: string[]
/** What GitHub says to the next dispatches; after them it begins runs. */
let answers: Response[]

beforeEach(async () => {
  dispatched = []
  answers = []
  whole = await openWhole(async (key) => {
    dispatched.push(key.replace(/-.*/, ''))
    return answers.shift() ?? null
  })
})
afterEach(() => whole.close())

test('a workflow that is always refused has exactly its attempts, the words of GitHub, and then silence', async () => {
  answers = Array.from({ length: 50 }, () => says(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"))
  await whole.labelAnIssue()
  await whole.pass(A_WHILE)
  expect(dispatched).toEqual(['1/plan/1', '1/plan/2', '1/plan/3'])
  const stage = (await whole.pipeline()).stages[0]
  expect(stage?.status).toBe('failed')
  expect(stage?.reason).toContain("Cannot trigger a 'workflow_dispatch' on a disabled workflow")
  await whole.pass(A_WHILE)
  expect(dispatched).toHaveLength(3)
})

test.each([
  ['403 with retry-after', () => says(403, 'Wait', { 'retry-after': '60' })],
  ['429', () => says(429, 'Too many requests')],
])('a dispatch that meets a rate limit (%s) spends no attempt', async (_, limited) => {
  answers = Array.from({ length: 6 }, limited)
  await whole.labelAnIssue()
  await whole.pass(A_WHILE)
  expect(dispatched).toEqual(Array.from({ length: 7 }, () => '1/plan/1'))
  expect(whole.github.runs.map(({ state }) => state.title.replace(/-.*/, ''))).toEqual(['andon 1/plan/1'])
  expect((await whole.pipeline()).stages[0]).toMatchObject({ status: 'queued', attempts: [{ number: 1 }] })
})

test('a run that fails is followed by the next attempt, and the last one by a person', async () => {
  whole.github.whenDispatched((run) => {
    run.start()
    run.fail()
  })
  await whole.labelAnIssue()
  await whole.pass(A_WHILE)
  expect(dispatched).toEqual(['1/plan/1', '1/plan/2', '1/plan/3'])
  expect((await whole.pipeline()).stages[0]).toMatchObject({ status: 'failed' })
  await whole.pass(A_WHILE)
  expect(dispatched).toHaveLength(3)
})

const A_WHILE = 600

function says(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ message }, { status, headers })
}
