// What wakes an idle worker: a notification, at once; without one, its next poll.
import { afterEach, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { waitUntil } from '../support/andon-process.ts'

const NEVER_MS = 2 ** 31 - 1

let whole: AndonApp
afterEach(() => whole.close())

async function expectDispatch(): Promise<void> {
  await whole.openLabeledIssue()
  await waitUntil('it is dispatched', () => whole.github.writes.count('dispatch') > 0)
}

test('a worker that never polls is woken by commits', async () => {
  whole = await openAndonApp()
  await whole.andon.startWorker({ restAtMostMs: NEVER_MS })
  await expectDispatch()
  expect(whole.github.writes.count('dispatch')).toBe(1)
})

test('a worker that misses a notification works at its next poll', async () => {
  whole = await openAndonApp()
  Object.assign(whole.database, { listen: async () => async () => undefined })
  await whole.andon.startWorker({ restAtMostMs: 200 })
  await expectDispatch()
  expect(whole.github.writes.count('dispatch')).toBe(1)
})

test('a worker that cannot listen works, and listens when it can', async () => {
  whole = await openAndonApp()
  const { listen } = whole.database
  let tries = 0
  Object.assign(whole.database, {
    async listen(...words: Parameters<typeof listen>) {
      tries += 1
      if (tries === 1) throw new Error('this pooler does not know LISTEN')
      return await listen(...words)
    },
  })
  await whole.andon.startWorker({ restAtMostMs: NEVER_MS })
  await waitUntil('it tries again', () => tries === 2)
  await expectDispatch()
  expect(whole.github.writes.count('dispatch')).toBe(1)
})
