import pino from 'pino'
import { expect, test } from 'vitest'
import { openFeed } from '../../src/web/feed.ts'

test('what changes between a reading and the joining of who waited for it is sent too', async () => {
  let shown = 'before'
  const feed = openFeed<{ readonly asOf: string; readonly shown: string }>(
    {
      read: async () => ({ asOf: '2026-11-20T08:00:00.000Z', shown }),
      version: (reading) => reading.shown,
      whole: (reading) => `whole ${reading.shown}`,
      diff: (from, to) => `from ${from.shown} to ${to.shown}`,
    },
    { build: 'build', log: pino({ level: 'silent' }) },
  )
  await feed.ready()
  shown = 'after'
  expect(await feed.refresh()).toBe(false)
  const sent: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  feed.join(
    {
      send({ plain }) {
        sent.push(plain.toString())
        if (sent.length === 2) resolve()
      },
      end: () => undefined,
    },
    null,
  )
  await promise
  expect(sent).toEqual([expect.stringContaining('whole before'), 'from before to after'])
  feed.close()
})
