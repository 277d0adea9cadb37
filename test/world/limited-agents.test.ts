// A workflow is held for one repository and one workflow at a time, and an agent may say outright until when it is limited.
import { afterEach, expect, test } from 'vitest'
import { type Agents, CLOSED, openAgents, WORKS } from './support/agents.ts'

const CONFIGURATION = `stages:
  plan: { workflow: plan.yml }
  code: { workflow: code.yml }
limits: { running: 3, starts_per_day: 10000 }
checks: { before_pull_request: off }
comments: off
`
const MINUTE = 60

let world: Agents

afterEach(() => world.close())

const reasons = async (repository: string) =>
  (await world.board()).pipelines.filter((row) => row.repository === repository).map(({ reason }) => reason)

test('one workflow is held while the other goes on, and one repository while the other does', async () => {
  world = await openAgents(CONFIGURATION, (run) => {
    return run.state.title.includes('/code/') && run.state.repository === world.repository ? CLOSED : WORKS
  })
  const [first, second] = world.github.repositories
  await world.label(4)
  await world.label(2, second)
  await world.pass(6 * MINUTE)
  expect((await reasons(first!)).filter((reason) => reason.includes('held by Andon: code.yml failed'))).toHaveLength(4)
  await world.label(1)
  const before = world.dispatches.length
  await world.pass(30, { stride: 5 })
  expect(world.dispatches.slice(before).map(({ key }) => key)).toEqual(['5/plan/1'])
  expect((await reasons(second!)).some((reason) => reason.includes('held by Andon'))).toBe(false)
})

test('a workflow whose agent is limited is held until then, spends nothing, and goes on within a minute', async () => {
  let fate: ReturnType<Parameters<typeof openAgents>[1]> = null
  world = await openAgents(CONFIGURATION, () => fate)
  await world.label(5)
  await world.pass(20, { stride: 5 })
  const [run] = world.github.runs
  expect(await world.report(run!, { limitedUntil: '2026-11-20T09:30:00Z' })).toBe(204)
  fate = CLOSED
  await world.pass(2 * MINUTE)
  const rows = (await world.board()).pipelines.filter(({ reason }) => reason.includes('reported that it is limited'))
  expect(rows.length).toBeGreaterThanOrEqual(3)
  expect(rows[0]).toMatchObject({ held: true, waiting: { until: '2026-11-20T09:30:00.000Z' } })
  const before = world.dispatches.length
  await world.pass(90 * MINUTE - world.elapsed() - 10)
  expect(world.dispatches).toHaveLength(before)
  fate = WORKS
  await world.pass(70, { stride: 5 })
  expect(world.dispatches.length).toBeGreaterThan(before)
  const pipeline = await world.pipeline()
  const limited = pipeline.stages[0]?.attempts.filter(({ control }) => control?.report?.limitedUntil !== undefined)
  expect(limited?.length ?? 0).toBeLessThanOrEqual(1)
})

test.each([
  ['a time that is over', '2026-11-20T07:59:00Z'],
  ['more than a day', '2026-11-21T09:00:00Z'],
  ['no time', 'tomorrow'],
  ['a time without a zone', '2026-11-20T09:30:00'],
])('a report that is limited until %s is refused', async (_, limitedUntil) => {
  world = await openAgents(CONFIGURATION, () => null)
  await world.label(1)
  await world.pass(20, { stride: 5 })
  expect(await world.report(world.github.runs[0]!, { limitedUntil })).toBe(422)
  expect((await world.board()).counts).toMatchObject({ held: 0 })
})

test('a workflow stays held when every process is killed, and is tried at the same time', async () => {
  world = await openAgents(CONFIGURATION, () => CLOSED)
  await world.label(5)
  await world.pass(2 * MINUTE)
  const before = world.dispatches.length
  await world.andon.close()
  const andon = await world.startAnother()
  await world.advance(3 * MINUTE, { andons: [andon], stride: 30 })
  const sent = () => world.github.writes.ofKind('dispatch').filter(({ done }) => done).length
  expect(sent()).toBe(before)
  await world.advance(2 * MINUTE, { andons: [andon], stride: 10 })
  expect(sent()).toBe(before + 1)
})
