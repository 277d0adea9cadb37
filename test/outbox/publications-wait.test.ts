// Comments and checks that wait, because GitHub refused them or the creations of the hour are spent: what need not wait does not.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UNSPENT_BUDGET } from '../../src/outbox/write-budget.ts'
import { liftAccessProblems } from '../../src/store/access-problems.ts'
import { saveBudget } from '../../src/store/budgets.ts'
import { loadOutboxReading } from '../../src/store/machine.ts'
import { pipelineOf } from '../support/pipeline-documents.ts'
import { RUNS } from '../support/reasons.ts'
import { type OutboxWorld, openOutboxWorld, stepWhileTimePasses } from './support/outbox-world.ts'

const running = { status: 'running', since: '2026-11-21T14:02:31.000Z', reason: RUNS } as const

let world: OutboxWorld
beforeEach(async () => {
  world = await openOutboxWorld()
})
afterEach(() => world.close())

test('what GitHub refused for hours is sent at once when an event gives access', async () => {
  world.fault = ({ path }) => (path.endsWith('/comments') ? { kind: 'refuse', status: 422, message: 'No' } : null)
  await world.savePipeline(pipelineOf({ plan: running }))
  await stepWhileTimePasses(world, world.outbox, { seconds: 10_000, stride: 600 })
  expect(world.github.writes.ofKind('comment').length).toBeGreaterThan(2)
  world.fault = () => null
  const place = { installationId: world.github.installationId, repositoryId: null, issueNumber: null }
  await world.database.kysely
    .transaction()
    .execute((trx) => liftAccessProblems(trx, { ...place, missingPermissions: [] }, world.clock.now()))
  await stepWhileTimePasses(world, world.outbox, { seconds: 10 })
  expect(world.comments(42)).toHaveLength(1)
})

test('what may have been created is looked for while the creations of the hour are spent', async () => {
  world.fault = ({ kind }) => (kind === 'check' ? { kind: '502-after' } : null)
  await world.savePipeline(pipelineOf({ plan: running }))
  await world.outbox.step()
  const creations = Array<string>(300).fill(world.clock.now())
  const budget = { ...UNSPENT_BUDGET, creations }
  await world.database.kysely
    .transaction()
    .execute((trx) => saveBudget(trx, world.github.installationId, budget, world.clock.now()))
  await stepWhileTimePasses(world, world.outbox, { seconds: 180, stride: 5 })
  const surfaces = await world.database.kysely.selectFrom('publications').select(['surface', 'state']).execute()
  expect(surfaces).toMatchObject([{ surface: expect.stringMatching(/^check/), state: 'confirmed' }])
})

test('what GitHub refused is not told to operators any more once nothing should show it', async () => {
  const { database, clock } = world
  const refused = async () => (await loadOutboxReading(database, clock.now())).refused?.count ?? 0
  world.fault = ({ kind }) => (kind === 'check' ? { kind: 'refuse', status: 422, message: 'No' } : null)
  const pipeline = pipelineOf({ plan: running })
  await world.savePipeline(pipeline)
  await stepWhileTimePasses(world, world.outbox, { seconds: 10 })
  expect(await refused()).toBe(1)
  await world.savePipeline({ ...pipeline, removed: { why: 'deleted', at: clock.now() } })
  await stepWhileTimePasses(world, world.outbox, { seconds: 3_700, stride: 300 })
  expect(await refused()).toBe(0)
})
