import pino from 'pino'
import { expect, test } from 'vitest'
import { handleDelivery, openProbot } from '../../src/inbox/probot.ts'
import probotApp from '../../src/index.ts'
import { HANDLED_WEBHOOK_NAMES, HANDLED_WEBHOOKS } from '../../src/translate/handled-webhooks.ts'
import { exampleDelivery } from '../support/deliveries.ts'

const log = pino({ level: 'silent' })
const receipt = { guid: 'a-guid', receivedAt: '2026-11-21T10:00:00.000Z' }

test('every handled webhook reaches a handler of the app, and another does not', async () => {
  const translateViaProbot = await openProbot(probotApp, log)
  for (const name of HANDLED_WEBHOOK_NAMES) {
    const [action]: readonly string[] = HANDLED_WEBHOOKS[name]
    const payload = { action }
    expect((await translateViaProbot(name, payload, receipt)).failure, name).toBeDefined()
  }
  const payload = { action: 'created' }
  expect(await translateViaProbot('star', payload, receipt)).toEqual({ event: null })
})

test('deliveries that are translated at the same time keep their own receipts', async () => {
  const translateViaProbot = await openProbot(probotApp, log)
  const { name, payload } = exampleDelivery('issues', 'opened')
  const guids = ['one', 'two', 'three']
  const translations = await Promise.all(guids.map((guid) => translateViaProbot(name, payload, { ...receipt, guid })))
  expect(translations.map(({ event }) => event?.evidence.id)).toEqual(guids)
})

test('a delivery that did not come through the inbox is not translated', () => {
  expect(() => handleDelivery({ name: 'issues', payload: {} })).toThrow('without passing the inbox')
})

test('Probot builds no client for an event, and its only client cannot send', async () => {
  const clients: { request: (route: string, options: object) => Promise<unknown> }[] = []
  const translateViaProbot = await openProbot((probot) => {
    probot.on('issues', (context) => void clients.push(context.octokit))
  }, log)
  const { name, payload } = exampleDelivery('issues', 'opened')
  await translateViaProbot(name, payload, { ...receipt, guid: 'one' })
  await translateViaProbot(name, payload, { ...receipt, guid: 'two' })
  expect(clients).toHaveLength(2)
  expect(clients[0]).toBe(clients[1])
  await expect(clients[0]?.request('GET /app', { request: { retries: 0 } })).rejects.toThrow('never call GitHub')
})
