// What an operator does about deliveries that failed and effects that were given up: one or many, never by mistake, and
// nothing twice that must happen once.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runDeliveriesCommand } from '../../src/cli/deliveries.ts'
import { runEffectsCommand } from '../../src/cli/effects.ts'
import { type Operations, openOperations } from '../../src/process/operations.ts'
import { listFailedDeliveries } from '../../src/store/deliveries.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { exampleDelivery, signDelivery } from '../support/deliveries.ts'

let app: AndonApp
let printed: string[]

beforeEach(async () => {
  app = await openAndonApp()
  printed = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
  vi.spyOn(console, 'error').mockImplementation((line: string) => void printed.push(line))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await app.close()
})

const reach = async (use: (operations: Operations) => Promise<number>) =>
  await use(openOperations({ database: app.database, door: app.andon.door, now: app.clock.now }))

/** The exit code and what was printed. */
async function deliveries(words: string): Promise<readonly [number, string]> {
  printed.splice(0)
  return [await runDeliveriesCommand(words.split(' ').filter(Boolean), reach), printed.join('\n')]
}
async function effects(words: string): Promise<readonly [number, string]> {
  printed.splice(0)
  return [await runEffectsCommand(words.split(' ').filter(Boolean), reach), printed.join('\n')]
}

/** Deliveries of a label that an older Andon could not read; resolves to their ids, the oldest first. */
async function failDeliveries(count: number): Promise<readonly number[]> {
  for (let nth = 1; nth <= count; nth += 1) {
    const { guid, body } = signDelivery(exampleDelivery('issues', 'labeled', undefined, { label: { name: 'andon' } }))
    const from = { installationId: 4001, repositoryId: 7001 }
    const delivery = { hookId: 1, guid, name: 'issues', action: 'labeled', ...from, receivedAt: app.clock.now(), body }
    await app.andon.door.apply({ delivery, event: null, failure: 'an older Andon could not read it' })
  }
  return (await listFailedDeliveries(app.database)).map(({ id }) => id).toReversed()
}

const pipelineCount = async () => (await app.database.kysely.selectFrom('pipelines').select('id').execute()).length

test('failed deliveries are counted before many are applied again, and one is applied at once', async () => {
  const [first = 0, second = 0, third = 0] = await failDeliveries(3)
  expect(await deliveries('replay --all')).toEqual([
    1,
    '3 failed deliveries would be applied again; nothing was done yet. The same with --yes does it.',
  ])
  expect((await deliveries(`replay ${first} ${second}`))[1]).toMatch(/^2 failed deliveries would be applied again/)
  expect([await pipelineCount(), (await listFailedDeliveries(app.database)).length]).toEqual([0, 3])
  expect(await deliveries(`replay ${second}`)).toEqual([0, '1 of 1 failed delivery was applied again.'])
  expect(await pipelineCount()).toBe(1)
  expect((await deliveries(`replay ${second} ${third} --yes`))[1]).toBe(
    `andon: there is no failed delivery ${second}; nothing was done.`,
  )
  expect(await deliveries('replay --all --yes')).toEqual([0, '2 of 2 failed deliveries were applied again.'])
  expect(await deliveries('replay --all --yes')).toEqual([0, 'There is no failed delivery.'])
})

test('a delivery that fails again is said, and one that is dropped is listed no more and cannot be applied', async () => {
  const [id = 0] = await failDeliveries(1)
  await app.database.kysely
    .updateTable('deliveries')
    .set({ body: Buffer.from('{"issue":7}') })
    .where('id', '=', id)
    .execute()
  const [code, words] = await deliveries(`replay ${id}`)
  expect([code, words]).toEqual([
    1,
    expect.stringMatching(/^Delivery \d+ failed again: [^\n]+\n0 of 1 failed delivery were/),
  ])
  expect(await deliveries(`drop ${id}`)).toEqual([0, '1 of 1 failed delivery was dropped.'])
  expect(await deliveries('')).toEqual([0, 'No delivery has failed.'])
  expect((await deliveries(`replay ${id}`))[0]).toBe(1)
  const row = await app.database.kysely
    .selectFrom('deliveries')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  expect([row.state, row.body, row.error]).toEqual(['ignored', null, 'dropped by an operator'])
})

/** A comment whose reaction GitHub does not take, until it is given up. */
async function buryReaction(): Promise<number> {
  await app.openLabeledIssue()
  await app.advance(60)
  app.github.chooseFaults(({ kind }) => (kind === 'reaction' ? { kind: '502-before' } : null))
  const comment = await app.comment('/andon hold release week')
  await app.advance(24 * 3_600, { stride: 600 })
  app.github.chooseFaults(() => null)
  expect(app.reactions(comment)).toEqual([])
  return comment
}

test('what was given up is listed, tried again from the first try on, and then done once', async () => {
  const comment = await buryReaction()
  const [, listed] = await effects('')
  const ids = [...listed.matchAll(/^(\d+) /gm)].map(([, id]) => Number(id))
  expect(listed).toMatch(new RegExp(`acme/widgets  react/${comment}`))
  expect(JSON.parse((await effects('--json'))[1])).toHaveLength(ids.length)
  expect((await effects('replay --all'))[1]).toMatch(/^1 effect that was given up would be put in line again; nothing/)
  await app.advance(600)
  expect(app.reactions(comment)).toEqual([])
  expect(await effects('replay --all --yes')).toEqual([0, '1 of 1 effect that was given up was put in line again.'])
  await app.advance(600)
  expect(app.reactions(comment)).toEqual(['rocket'])
  expect(await effects('')).toEqual([0, 'Nothing was given up.'])
})

test('what is dropped is never sent', async () => {
  const comment = await buryReaction()
  expect(await effects('drop --all --yes')).toEqual([0, '1 of 1 effect that was given up was dropped.'])
  await app.advance(24 * 3_600, { stride: 3_600 })
  expect(app.reactions(comment)).toEqual([])
  expect((await effects('replay --all --yes'))[1]).toBe('There is no effect that was given up.')
})

test('what may have arrived is looked for before it is sent', async () => {
  await app.openLabeledIssue()
  await app.advance(60)
  await app.comment('/andon status')
  await app.advance(120)
  const reply = app.database.kysely.updateTable('effects').where('key', 'like', 'reply/%')
  // Its answer was lost, and it was given up: GitHub has it all the same.
  await reply.set({ state: 'buried', error: 'not found', tries: 9 }).execute()
  const before = (await app.replies()).length
  expect(before).toBe(1)
  expect((await effects('replay --all --yes'))[0]).toBe(0)
  await app.advance(600)
  expect(await app.replies()).toHaveLength(before)
  expect(await effects('')).toEqual([0, 'Nothing was given up.'])
})
