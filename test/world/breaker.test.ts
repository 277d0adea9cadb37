// Everything fails alike: Andon holds the workflow itself, spends nothing, tries one now and then, and lets go when one works.
import { afterEach, expect, test } from 'vitest'
import type { Run } from '../../fake-github/runs.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { type Agents, CLOSED, openAgents, WORKS } from './support/agents.ts'

const ISSUES = repetitions(12, 200)
/** How many slots, one world each. */
const SLOTS = repetitions(1, 2) === 1 ? [4] : [3, 4]
const TIMEOUT_MS = 20 * 60_000
const MINUTE = 60
const HOUR = 60 * MINUTE

const configured = (running: number, breaker = '') => `stages:
  plan: { workflow: plan.yml, attempts: 3 }
limits: { running: ${running}, starts_per_day: 10000 }
checks: { before_pull_request: off }
comments: off
${breaker}`

let world: Agents

afterEach(() => world.close())

const issueOf = (run: Run) => Number(/andon (\d+)\//.exec(run.state.title)?.[1])

async function lights(): Promise<Record<string, number>> {
  const { kysely } = world.database
  const rows = await kysely.selectFrom('pipelines').select(['light', 'held']).execute()
  return Object.fromEntries(
    ['queued', 'running', 'failed', 'done'].map((light) => [light, rows.filter((row) => row.light === light).length]),
  )
}

async function spent(): Promise<number> {
  const rows = await world.database.kysely.selectFrom('pipelines').select('document').execute()
  const attempts = rows.flatMap(({ document }) => document.stages.flatMap((stage) => stage.attempts))
  return attempts.filter(({ run, control }) => run?.conclusion === 'failure' && control?.isExcused !== true).length
}

test.each(SLOTS)(
  'a provider that closes for five hours burns three attempts and one per try with %i slots, and nothing turns red',
  async (slots) => {
    let opensAt = Number.POSITIVE_INFINITY
    world = await openAgents(configured(slots), () => (world.elapsed() < opensAt ? CLOSED : WORKS))
    await world.label(ISSUES)
    opensAt = 5 * HOUR
    await world.pass(10 * MINUTE)
    const { counts, pipelines } = await world.board()
    expect(counts).toMatchObject({ failed: 0 })
    expect(
      pipelines.filter(
        ({ held, reason }) => held && reason.includes('held by Andon: plan.yml failed within a minute for #'),
      ),
    ).toHaveLength(ISSUES)
    expect(await (await fetch(`${world.url}/`)).text()).toContain('held by Andon: plan.yml failed within a minute for')
    await world.pass(5 * HOUR - world.elapsed())
    // After 5, 10, 20, 40 and then 60 minutes.
    const probes = 7
    expect(await lights()).toMatchObject({ failed: 0, running: 0, queued: ISSUES })
    expect(await spent()).toBe(0)
    expect(world.dispatches.length).toBeLessThanOrEqual(slots + probes)

    const before = world.dispatches.length
    await world.pass(2 * HOUR)
    const [probe, first] = world.dispatches.slice(before)
    // The try works once it has outlived a minute; then the others start.
    expect(probe!.at - opensAt).toBeLessThanOrEqual(HOUR)
    expect(first!.at - (probe!.at + MINUTE)).toBeLessThanOrEqual(MINUTE)
    expect(Math.max(...world.dispatches.map(({ live }) => live))).toBeLessThanOrEqual(slots)
    expect((await lights()).done).toBeGreaterThan(ISSUES / 2)
    recordMeasurements('breaker', {
      ...{ issues: ISSUES, slots, 'runs while closed': before, 'attempts spent': await spent() },
      converge: first!.at - probe!.at - MINUTE,
    })
  },
  TIMEOUT_MS,
)

test('three issues that fail for reasons of their own over an hour hold nothing', async () => {
  world = await openAgents(configured(4), (run) => (issueOf(run) % 4 === 0 ? CLOSED : WORKS))
  await world.label(3)
  for (let issue = 4; issue <= 12; issue += 1) {
    await world.label(1)
    await world.pass(7 * MINUTE)
  }
  const { pipelines } = await world.board()
  expect(pipelines.map(({ issue, light, held }) => ({ issue, light, held }))).toEqual(
    [4, 8, 12].map((issue) => ({ issue, light: 'failed', held: false })),
  )
})

test('a success between two failures, or one of two issues alone, holds nothing', async () => {
  world = await openAgents(configured(1), (run) => (issueOf(run) === 2 ? { after: 30, end: 'success' } : CLOSED))
  await world.label(3)
  await world.pass(20 * MINUTE)
  expect(await lights()).toMatchObject({ failed: 2, done: 1 })
})

test('with `breaker: off` every attempt counts', async () => {
  world = await openAgents(configured(4, 'breaker: off\n'), () => CLOSED)
  await world.label(4)
  await world.pass(15 * MINUTE)
  expect(await lights()).toMatchObject({ failed: 4 })
  expect(world.dispatches).toHaveLength(12)
})

test('a person may resume earlier, and is told how', async () => {
  let fate = CLOSED
  world = await openAgents(configured(3), () => fate)
  await world.label(5)
  await world.pass(3 * MINUTE)
  const before = world.dispatches.length
  const comment = await world.comment('/andon resume')
  await world.pass(20, { stride: 1 })
  expect(world.reactions(comment)).toEqual(['confused'])
  expect((await world.replies()).join()).toContain('`/andon resume repository`')
  fate = WORKS
  const done = await world.comment('/andon resume repository')
  await world.pass(30, { stride: 1 })
  expect(world.reactions(done)).toEqual(['rocket'])
  expect(world.dispatches.length - before).toBe(3)
  expect((await world.board()).counts).toMatchObject({ held: 0, running: 3 })
})

test('a hold of a person stays when the workflow works again, and outlives the tries', async () => {
  world = await openAgents(configured(3), () => CLOSED)
  await world.label(5)
  await world.pass(3 * MINUTE)
  const before = world.dispatches.length
  await world.comment('/andon hold repository the provider says tomorrow')
  await world.pass(2 * HOUR)
  expect(world.dispatches).toHaveLength(before)
  const { pipelines } = await world.board()
  expect(pipelines.every(({ reason }) => reason.includes('the provider says tomorrow'))).toBe(true)
})

test('a try that hangs lets the others go, and one that is called off is followed by another', async () => {
  let fate: ReturnType<Parameters<typeof openAgents>[1]> = CLOSED
  world = await openAgents(configured(3), () => fate)
  await world.label(5)
  await world.pass(2 * MINUTE)
  const before = world.dispatches.length
  fate = null
  while (world.dispatches.length === before) await world.pass(10, { stride: 5 })
  expect((await world.board()).pipelines.filter(({ reason }) => reason.includes('tries it now'))).toHaveLength(4)
  // A person calls it off before it has shown anything.
  await world.comment('/andon cancel', { on: Number(world.dispatches[before]!.key.split('/')[0]) })
  await world.pass(4 * MINUTE, { stride: 10 })
  expect(world.dispatches).toHaveLength(before + 1)
  await world.pass(2 * MINUTE, { stride: 10 })
  expect(world.dispatches).toHaveLength(before + 2)
  await world.pass(2 * MINUTE, { stride: 10 })
  expect(world.dispatches).toHaveLength(before + 4)
})
