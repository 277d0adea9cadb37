import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { decodeChangeNotice, encodeChangeNotice, NOTIFY_CHANNEL, notifyChange } from '../../src/store/notify.ts'
import { openTestDatabase } from '../support/database.ts'

let database: Database

beforeEach(async () => {
  database = await openTestDatabase()
})

afterEach(async () => {
  await database.close()
})

const issueOf = (issue: number) => ({ repository: 'acme/rocket', issue, revision: 1 })

test('what a change touches is split into as few notifications as fit, none lost and none over the limit', () => {
  const since = '2026-11-20T08:00:00.000Z'
  for (const touched of ['everything', [], [issueOf(7), { user: 12 }]] as const) {
    const payloads = encodeChangeNotice({ since, touched })
    expect(payloads.map(decodeChangeNotice)).toEqual([{ since, touched }])
  }
  const touched = Array.from({ length: 500 }, (_, index) => issueOf(index))
  const payloads = encodeChangeNotice({ since, touched })
  expect(payloads.length).toBeGreaterThan(1)
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000)
  expect(payloads.map(decodeChangeNotice).flatMap((notice): readonly unknown[] => [...notice.touched])).toEqual(touched)
})

test('a notification of another version touches everything', () => {
  const known = [{ user: 12 }, issueOf(7)]
  const unknown = [{ installation: 4 }, null, 7, 'acme', { repository: 'acme/rocket' }, {}]
  for (const payload of [
    ...['', '7@12,9@3', '2026-11-20T08:00:00.000Z 7@12', '{"since":null}', 'null', '{"since":1,"touched":"nothing"}'],
    ...unknown.map((place) => JSON.stringify({ since: null, touched: [...known, place] })),
  ])
    expect([payload, decodeChangeNotice(payload)]).toEqual([payload, { since: null, touched: 'everything' }])
})

test('listeners receive what was committed, in order, and nothing that was rolled back', async () => {
  const received: number[] = []
  const { promise: last, resolve } = Promise.withResolvers<void>()
  const stop = await database.listen(
    NOTIFY_CHANNEL,
    (payload) => {
      const { touched } = decodeChangeNotice(payload)
      if (touched !== 'everything') for (const place of touched) if ('user' in place) received.push(place.user)
      if (received.at(-1) === 3) resolve()
    },
    () => undefined,
  )
  const notify = (user: number) => database.kysely.transaction().execute((trx) => notifyChange(trx, [{ user }]))
  await notify(1)
  const failing = database.kysely.transaction().execute(async (trx) => {
    await notifyChange(trx, [{ user: 2 }])
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await notify(3)
  await last
  expect(received).toEqual([1, 3])
  await stop()
})
