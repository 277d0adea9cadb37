import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Door, openDoor } from '../../src/apply/door.ts'
import { createReceiver, type ReceiveDelivery } from '../../src/inbox/receive.ts'
import { replayDelivery } from '../../src/inbox/replay.ts'
import probotApp from '../../src/index.ts'
import type { Database } from '../../src/store/database.ts'
import { listFailedDeliveries } from '../../src/store/deliveries.ts'
import { openTestDatabase } from '../support/database.ts'
import { exampleDelivery, signDelivery, WEBHOOK_SECRET } from '../support/deliveries.ts'

const NOW = '2026-11-21T10:00:00.000Z'
const now = () => NOW

let database: Database
let door: Door
let receive: ReceiveDelivery

beforeEach(async () => {
  database = await openTestDatabase()
  const log = pino({ level: 'silent' })
  door = openDoor({ database, now, log })
  receive = (await createReceiver({ app: probotApp, door, secrets: [WEBHOOK_SECRET], now, log })).receive
})

afterEach(async () => {
  await door.close()
  await database.close()
})

async function onlyFailed(): Promise<{ id: number; error: string }> {
  const failed = await listFailedDeliveries(database)
  expect(failed).toHaveLength(1)
  return failed[0]!
}

async function rowsOnTheLine(): Promise<number> {
  return (await database.kysely.selectFrom('pipelines').select('id').execute()).length
}

test('a delivery that failed because of a bug since fixed is applied from its stored body', async () => {
  const { guid, body } = signDelivery(exampleDelivery('issues', 'labeled', undefined, { label: { name: 'andon' } }))
  const from = { installationId: 4001, repositoryId: 7001 }
  const delivery = { hookId: 1, guid, name: 'issues', action: 'labeled', ...from, receivedAt: NOW, body }
  await door.apply({ delivery, event: null, failure: 'an older Andon could not read it' })
  const { id } = await onlyFailed()
  expect(await replayDelivery({ database, door, now }, id)).toMatchObject({ state: 'applied' })
  expect(await listFailedDeliveries(database)).toEqual([])
  expect(await rowsOnTheLine()).toBe(1)
})

test('a delivery that still cannot be read stays failed with its reason', async () => {
  await receive(
    signDelivery({ name: 'issues', payload: { ...exampleDelivery('issues', 'labeled').payload, issue: 7 } }),
  )
  const before = await onlyFailed()
  expect(await replayDelivery({ database, door, now }, before.id)).toMatchObject({ state: 'failed' })
  const after = await onlyFailed()
  expect([after.id, after.error]).toEqual([before.id, before.error])
  expect(after.error).toContain('issue: ')
})

test('a failed delivery is replaced by a good redelivery under the same GUID', async () => {
  const whole = exampleDelivery('issues', 'labeled', undefined, { label: { name: 'andon' } })
  const guid = 'the-same-guid'
  await receive(signDelivery({ name: 'issues', payload: { ...whole.payload, issue: 7 } }, { guid }))
  expect(await receive(signDelivery(whole, { guid }))).toEqual({
    status: 202,
    body: { accepted: true, duplicate: false },
  })
  expect(await receive(signDelivery(whole, { guid }))).toEqual({
    status: 202,
    body: { accepted: true, duplicate: true },
  })
  expect(await listFailedDeliveries(database)).toEqual([])
  expect(await rowsOnTheLine()).toBe(1)
})

test('a delivery that did not fail cannot be replayed', async () => {
  await expect(replayDelivery({ database, door, now }, 12)).rejects.toThrow('there is no failed delivery 12')
})
