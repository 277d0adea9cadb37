import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DispatchWorld, openDispatchWorld } from './support/dispatch-world.ts'

let line: DispatchWorld
beforeEach(async () => {
  line = await openDispatchWorld()
})
afterEach(() => line.world.close())

test('a cancellation is sent to its run, and its answer is applied', async () => {
  const key = await line.admit(42)
  await line.world.drain()
  const runId = line.runs[0]?.id ?? 0
  await cancel(runId, key)
  await line.world.drain()
  await cancel(runId, key, true)
  await cancel(9999, key)
  await line.world.drain()
  const answers = line.world.arrivals.flatMap(({ event }) => (event?.type === 'cancel.answered' ? [event] : []))
  expect(answers.map(({ runId, force, outcome }) => [runId, force, outcome])).toEqual([
    [runId, false, 'accepted'],
    [runId, true, 'refused'],
    [9999, false, 'gone'],
  ])
  expect(cancellations().map(({ path }) => path.split('/').slice(-2).join('/'))).toEqual([
    `${runId}/cancel`,
    `${runId}/force-cancel`,
    // One "not found" is no proof.
    ...Array(4).fill('9999/cancel'),
  ])
})

test('a cancellation survives an outage and a rate limit', async () => {
  const key = await line.admit(42)
  await line.world.drain()
  let calls = 0
  line.world.fault = () => {
    calls += 1
    if (calls < 3) return { kind: '502-before' }
    return calls < 20 ? { kind: 'refuse', status: 429, headers: { 'retry-after': '60' } } : null
  }
  const runId = line.runs[0]?.id ?? 0
  await cancel(runId, key)
  await line.world.drain()
  expect((await line.effects()).at(-1)).toMatchObject({ key: `cancel/${runId}`, state: 'done', tries: 3 })
})

test('a cancellation that GitHub never accepts is buried after eight tries, and counts as refused', async () => {
  const key = await line.admit(42)
  await line.world.drain()
  line.world.fault = () => ({ kind: '502-before' })
  await cancel(9000, key)
  await line.world.drain()
  expect(cancellations()).toHaveLength(8)
  expect((await line.effects()).at(-1)).toMatchObject({
    state: 'buried',
    tries: 8,
    error: 'GitHub answered 502 and gave no reason',
  })
  expect(line.world.arrivals.at(-1)?.event).toMatchObject({ type: 'cancel.answered', runId: 9000, outcome: 'refused' })
})

function cancellations() {
  return line.world.github.writes.all.filter(({ path }) => path.endsWith('cancel'))
}

async function cancel(runId: number, attemptKey: string, force = false): Promise<void> {
  const key = `cancel/${runId}${force ? '/force' : ''}`
  await line.world.insertEffect({ type: 'cancel', key, runId, issueNumber: 42, attemptKey, force })
}
