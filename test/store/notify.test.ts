import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { encodeChanges, NOTIFY_CHANNEL, notifyChanges } from '../../src/store/notify.ts'
import { openTestDatabase } from '../support/database.ts'

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
})

afterEach(async () => {
  await database.close()
})

function changes(count: number) {
  return Array.from({ length: count }, (_, index) => ({ id: 1_000_000 + index, revision: index }))
}

test('changes are split into as few notifications as fit, none lost and none over the limit', () => {
  expect(encodeChanges([])).toEqual([''])
  expect(
    encodeChanges([
      { id: 7, revision: 12 },
      { id: 9, revision: 3 },
    ]),
  ).toEqual(['7@12,9@3'])
  const payloads = encodeChanges(changes(5_000))
  expect(payloads.length).toBeGreaterThan(1)
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000)
  expect(payloads.join(',').split(',')).toEqual(changes(5_000).map(({ id, revision }) => `${id}@${revision}`))
})

test('listeners receive what was committed, in order, and nothing that was rolled back', async () => {
  const received: string[] = []
  const { promise: last, resolve } = Promise.withResolvers<void>()
  const stop = await database.listen(
    NOTIFY_CHANNEL,
    (payload) => {
      received.push(payload)
      if (payload === '3@1') resolve()
    },
    () => undefined,
  )
  const notify = (id: number) =>
    database.kysely.transaction().execute((trx) => notifyChanges(trx, [{ id, revision: 1 }]))
  await notify(1)
  const failing = database.kysely.transaction().execute(async (trx) => {
    await notifyChanges(trx, [{ id: 2, revision: 1 }])
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await notify(3)
  await last
  expect(received).toEqual(['1@1', '3@1'])
  await stop()
})
