// Dispatching a run: what is sent, and what each clear answer of GitHub's means.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import type { Run } from '../../fake-github/runs.ts'
import { type DispatchWorld, openDispatchWorld, outcomeInWords } from './support/dispatch-world.ts'
import { START, stepWhileTimePasses } from './support/outbox-world.ts'

let line: DispatchWorld
beforeEach(async () => {
  line = await openDispatchWorld()
})
afterEach(() => line.world.close())

describe('a dispatch', () => {
  test('sends only the issue number and the attempt key, and is confirmed with its run', async () => {
    const key = await line.admit(42)
    await line.world.drain()
    const posts = postsOf()
    expect(posts.map(({ path }) => path)).toEqual(['/repos/acme/widgets/actions/workflows/plan.yml/dispatches'])
    expect(posts[0]?.body).toEqual({ ref: 'main', inputs: { issue: '42', andon: key }, return_run_details: true })
    const [{ id: runId, url }] = line.runs as [Run]
    expect(line.results.get(key)).toEqual([{ state: 'sending' }, { state: 'confirmed', runId, url }])
    expect(await line.effects()).toMatchObject([{ state: 'done', tries: 1 }])
  })

  test('passes the door with each new state of its effect: sent first, then its result', async () => {
    await line.admit(42)
    await line.world.drain()
    expect(line.world.arrivals.map(({ effect, event }) => [effect?.state, event?.type, event?.at])).toEqual([
      ['sending', 'dispatch.updated', START],
      ['done', 'dispatch.updated', START],
    ])
  })

  test.each<[string, Fault, string]>([
    [
      '404',
      { kind: 'refuse', status: 404, message: 'Not Found' },
      'GitHub does not know .github/workflows/plan.yml yet',
    ],
    [
      '422',
      { kind: 'refuse', status: 422, message: "Cannot trigger a 'workflow_dispatch' on a disabled workflow" },
      'plan.yml is disabled; enable it under *Actions* on GitHub',
    ],
  ])('that is refused (%s) says what must change and is not sent again', async (_, fault, message) => {
    line.world.fault = () => fault
    const key = await line.admit(42)
    await line.world.drain()
    expect(postsOf()).toHaveLength(1)
    expect(line.lastResult(key)).toEqual({ state: 'refused', message })
    expect(await line.effects()).toMatchObject([{ state: 'refused' }])
  })

  test('for which a permission is missing spends no try, and is sent once GitHub gives access', async () => {
    let calls = 0
    line.world.fault = () => (calls++ < 3 ? { kind: 'refuse', status: 403, message: 'Resource not accessible' } : null)
    const key = await line.admit(42)
    await line.world.drain()
    expect(postsOf().map(({ at }) => (at - Date.parse(START)) / 60_000)).toEqual([0, 5, 15, 35])
    expect(line.lastResult(key)).toMatchObject({ state: 'confirmed' })
    expect(await line.effects()).toMatchObject([{ state: 'done', tries: 1 }])
  })

  test.each<[string, Fault]>([
    ['403 with retry-after', { kind: 'refuse', status: 403, headers: { 'retry-after': '90' } }],
    ['429', { kind: 'refuse', status: 429, headers: { 'retry-after': '90' } }],
    ['a secondary rate limit', { kind: 'refuse', status: 403, message: 'You have exceeded a secondary rate limit.' }],
    [
      'a spent limit',
      { kind: 'refuse', status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795270000' } },
    ],
  ])('that must wait (%s) says why, spends no try, and stops all other dispatches meanwhile', async (_, fault) => {
    let calls = 0
    line.world.fault = () => (calls++ < 12 ? fault : null)
    await line.admit(42)
    await line.admit(43)
    await line.world.drain([line.world.outbox, line.world.openAnotherOutbox()])
    expect(await line.effects()).toMatchObject([
      { state: 'done', tries: 1 },
      { state: 'done', tries: 1 },
    ])
    expect(line.runs).toHaveLength(2)
    const message = "GitHub's rate limit is reached"
    const waits = [...line.results.values()]
      .flat()
      .map(outcomeInWords)
      .filter((result) => 'message' in result && result.message === message)
    expect(waits).toEqual(waits.map(() => ({ state: 'waiting', until: expect.any(String), message })))
    expect(waits).toHaveLength(12)
    const times = postsOf().map(({ at }) => at)
    const gaps = times.slice(1, 13).map((at, index) => at - (times[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000)
  })

  test('backs off up to five minutes while GitHub is unreachable, and spends no attempt', async () => {
    line.world.fault = ({ path }) => (path.endsWith('/dispatches') ? { kind: 'unreachable' } : null)
    const key = await line.admit(42)
    await stepWhileTimePasses(line.world, line.world.outbox, { seconds: 1_100, stride: 5 })
    const seconds = postsOf().map(({ at }) => (at - Date.parse(START)) / 1000)
    expect(seconds).toEqual([0, 5, 25, 105, 425, 745, 1065])
    expect(line.lastResult(key)).toMatchObject({ state: 'waiting' })
    line.world.fault = () => null
    await line.world.drain()
    expect(line.runs).toHaveLength(1)
  })

  test('of an attempt that was cancelled meanwhile is not sent', async () => {
    const key = await line.admit(42)
    await line.cancel(42)
    await line.world.drain()
    expect(postsOf()).toEqual([])
    expect(line.lastResult(key)).toEqual({ state: 'refused', message: 'it was given up before it was sent' })
  })

  test('respects the limit of one write a second for each installation', async () => {
    for (let issue = 1; issue <= 20; issue += 1) await line.admit(issue)
    await line.world.drain([line.world.outbox, line.world.openAnotherOutbox(), line.world.openAnotherOutbox()])
    const times = postsOf().map(({ at }) => at)
    expect(line.runs).toHaveLength(20)
    expect(Math.min(...times.slice(1).map((at, index) => at - (times[index] ?? 0)))).toBeGreaterThanOrEqual(1_000)
  })
})

function postsOf() {
  return line.world.github.writes.all.filter(({ path }) => path.endsWith('dispatches'))
}
