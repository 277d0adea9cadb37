// The answers of the API that only all of Andon gives, held against the document that describes them.
import { request } from 'node:http'
import { sign } from '@octokit/webhooks-methods'
import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import { Unavailable } from '../../src/apply/apply-request.ts'
import { createReceiver } from '../../src/inbox/receive.ts'
import probotApp from '../../src/index.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { askDocumented, documentedAnswers, expectDocumented } from '../support/api-document.ts'

let app: AndonApp
afterEach(() => app.close())

test('who is not signed in, and what GitHub may not deliver, are answered as the document says', async () => {
  app = await openAndonApp({ access: 'login' })
  const given = new Set<string>()
  async function ask(path: string, init: RequestInit = {}): Promise<void> {
    given.add((await askDocumented(app.url, path, init)).name)
  }
  for (const path of ['/api/pipelines', '/api/pipelines/acme/widgets/1', '/events']) await ask(path)

  const body = JSON.stringify({ zen: 'Design for failure.' })
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'ping',
    'x-github-delivery': '00000000-0000-4000-8000-000000000001',
    'x-github-hook-id': '1',
    'x-hub-signature-256': await sign(app.github.webhookSecret, body),
  }
  const deliver = (changed: Record<string, string>) =>
    ask(WEBHOOKS, { method: 'POST', body, headers: { ...headers, ...changed } })
  await deliver({})
  await deliver({ 'x-github-delivery': '' })
  await deliver({ 'x-hub-signature-256': await sign('another', body) })
  await deliver({ 'content-type': 'text/plain' })
  given.add(await announce(27 * 1024 * 1024, headers))

  const log = pino({ level: 'silent' })
  const door = {
    apply: () => Promise.reject(new Unavailable('gone')),
    close: async () => undefined,
    problem: () => null,
    hangs: () => null,
    resting: () => null,
    whyClosed: async () => null,
    rehearse: async () => null,
  }
  const secrets = [app.github.webhookSecret]
  const { receive } = await createReceiver({ app: probotApp, door, secrets, now: app.clock.now, log })
  const refused = await receive({ headers, body: new TextEncoder().encode(body) })
  const text = JSON.stringify(refused.body)
  given.add(expectDocumented({ method: 'POST', path: WEBHOOKS }, { ...refused, type: 'application/json', text }))

  const wanted = (name: string) =>
    name.startsWith(`POST ${WEBHOOKS}`) || (name.startsWith('GET') && name.endsWith(' 401'))
  expect([...given].toSorted()).toEqual(documentedAnswers().filter(wanted).toSorted())
})

const WEBHOOKS = '/api/github/webhooks'

/** A body of that length, of which nothing is sent. */
async function announce(length: number, headers: Record<string, string>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const sent = request(app.url + WEBHOOKS, { method: 'POST', headers: { ...headers, 'content-length': length } })
  sent.on('error', reject).on('response', (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    answer.on('end', () => {
      const type = answer.headers['content-type'] ?? null
      resolve(expectDocumented({ method: 'POST', path: WEBHOOKS }, { status: answer.statusCode ?? 0, type, text }))
      sent.destroy()
    })
  })
  sent.flushHeaders()
  return await promise
}
