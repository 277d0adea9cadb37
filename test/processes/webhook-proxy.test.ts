// Andon as on a laptop: one process, and a webhook proxy that GitHub reaches.
import { afterAll, expect, test, vi } from 'vitest'
import { openFakeWebhookProxy } from '../../fake-github/webhook-proxy.ts'
import { startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'

afterAll(stopAllProcesses)

test('a laptop needs no second process: it says where GitHub posts, listens there, and ends in order', async () => {
  const proxy = await openFakeWebhookProxy()
  const environment = { DATABASE_URL: undefined, BASE_URL: 'http://localhost:3000', WEBHOOK_PROXY_URL: proxy.url }
  const andon = await startAndonProcess('all', { ...environment, LOG_LEVEL: 'info' })
  await andon.ready()
  await vi.waitFor(() => expect(proxy.listeners()).toBe(1), { timeout: 10_000 })
  expect(andon.stderr()).toMatch(`and GitHub must post to ${proxy.url}; everything is kept in`)
  expect(await andon.stop('SIGTERM')).toMatchObject({ code: 0 })
  expect(proxy.listeners()).toBe(0)
  await proxy.close()
})
