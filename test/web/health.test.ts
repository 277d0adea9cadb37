// The operators' page over all of Andon: who is shown it, what it says, and that "could not look" is never "nothing to do".
import { afterEach, expect, test } from 'vitest'
import { openPostgresDatabase } from '../../src/store/postgres.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { exampleDelivery, signDelivery } from '../support/deliveries.ts'
import { openEventReader } from '../support/event-reader.ts'
import { postUnreadable } from '../support/unreadable-delivery.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

let app: AndonApp
afterEach(() => app.close())

const visit = () => openVisitor({ ...app, baseUrl: BASE_URL })

async function openWithOperator(): Promise<Visitor> {
  app = await openAndonApp({ access: 'login', operators: ['Ada'] })
  await app.openLabeledIssue()
  await app.github.whenIdle()
  const ada = visit()
  await ada.signIn('ada')
  return ada
}

/** A delivery that was accepted and cannot be read; resolves to its id. */
async function receiveUnreadable(): Promise<number> {
  await postUnreadable(app)
  const row = await app.database.kysely
    .selectFrom('deliveries')
    .select('id')
    .where('state', '=', 'failed')
    .executeTakeFirstOrThrow()
  return row.id
}

/** The text of a section, without its tags. */
function sectionOf(html: string, id: string): string {
  const section = new RegExp(`<section id="health-${id}"[^>]*>(.*?)</section>`, 's').exec(html)?.[1] ?? ''
  return section
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ')
    .trim()
}

test('an operator is shown every part; nobody else learns that there is more than on the board', async () => {
  const ada = await openWithOperator()
  await receiveUnreadable()
  const page = await ada.get('/health')
  expect(page.status).toBe(200)
  expect(sectionOf(page.text, 'webhooks')).toMatch(/last delivery .* failed 1 /)
  expect(sectionOf(page.text, 'loops')).toContain('none is alive: nothing is sent to GitHub')
  expect(sectionOf(page.text, 'verdict')).toContain('1 delivery could not be applied')

  const grace = visit()
  await grace.signIn('grace')
  for (const [path, status] of [
    ['/health', 404],
    ['/events?page=health', 404],
  ] as const) {
    const answer = await grace.get(path)
    expect([path, answer.status]).toEqual([path, status])
    expect(answer.text).not.toMatch(/acme|widgets/)
    expect((await visit().get(path)).status).toBe(401)
  }
})

test('an API token of an operator opens neither the page nor its stream', async () => {
  const ada = await openWithOperator()
  const { text } = await ada.post('/account/tokens', { token: await ada.formToken(), name: 'ci' })
  const token = /<code id="made-token">(andon_[\w-]+)/.exec(text)?.[1] ?? ''
  const authorization = `Bearer ${token}`
  expect((await visit().get('/api/pipelines', { authorization })).status).toBe(200)
  expect((await visit().get('/health', { authorization })).status).toBe(401)
  expect((await visit().get('/events?page=health', { authorization })).status).toBe(404)
})

test('the button of a failed delivery applies it again and says what came of it', async () => {
  const ada = await openWithOperator()
  const id = await receiveUnreadable()
  const page = await ada.get('/health')
  expect(page.text).toContain(`<input type="hidden" name="id" value="${id}">`)
  const form = { token: await ada.formToken(), order: 'replay', id: String(id) }
  const replayed = await ada.post('/health/deliveries', form)
  const came = (acted: number) => `/health/deliveries?acted=${acted}&chosen=1`
  expect([replayed.status, replayed.headers.get('location')]).toEqual([303, `${BASE_URL}${came(0)}`])
  expect((await ada.get(came(0))).text).toContain('0 of 1 failed delivery were applied again.')

  // A bug was mended since: the stored body can be read now.
  const labeled = exampleDelivery('issues', 'labeled', undefined, { label: { name: 'andon' } })
  const { body } = signDelivery(labeled)
  await app.database.kysely
    .updateTable('deliveries')
    .set({ body: Buffer.from(body) })
    .where('id', '=', id)
    .execute()
  expect((await ada.post('/health/deliveries', form)).headers.get('location')).toBe(`${BASE_URL}${came(1)}`)
  expect((await ada.get(came(1))).text).toContain('1 of 1 failed delivery was applied again.')
  expect(sectionOf((await ada.get('/health')).text, 'webhooks')).toMatch(/ failed none$/)
  expect((await ada.post('/health/deliveries', form)).status).toBe(400)
})

test('a form that is not an operator’s own replays nothing', async () => {
  const ada = await openWithOperator()
  const id = String(await receiveUnreadable())
  const grace = visit()
  await grace.signIn('grace')
  const attempts = [
    await ada.post('/health/deliveries', { token: 'forged', order: 'replay', id }),
    await ada.post('/health/deliveries', { token: await grace.formToken(), order: 'replay', id }),
    await grace.post('/health/deliveries', { token: await grace.formToken(), order: 'replay', id }),
    await visit().post('/health/deliveries', { token: await ada.formToken(), order: 'replay', id }),
  ]
  expect(attempts.map(({ status }) => status)).toEqual([403, 403, 404, 401])
  const row = await app.database.kysely
    .selectFrom('deliveries')
    .select('attempts')
    .where('id', '=', Number(id))
    .execute()
  expect(row).toEqual([{ attempts: 1 }])
})

test('in open access everyone is shown the page, without a button', async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  await app.github.whenIdle()
  const id = await receiveUnreadable()
  const { status, text } = await visit().get('/health')
  expect(status).toBe(200)
  expect(text).toContain(`deliveries replay ${id}`)
  expect(text).not.toContain('<form')
  expect((await visit().post('/health/deliveries', { order: 'replay', id: String(id) })).status).toBe(405)
})

test('GitHub’s quota, its quiet period and its clock are as its answers say', async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  await app.advance(30)
  await app.andon.saveMeasurements()
  const before = (await visit().get('/health')).text
  expect(sectionOf(before, 'quotas')).toMatch(/acme 49\d\d of 5000 REST /)
  expect(sectionOf(before, 'clocks')).toContain("GitHub's agrees within 500 ms")
  app.github.injectFault({ requests: 'any', kind: 'primary-limit', maxTimes: 1, retryAfterSeconds: 900 })
  await app.comment('/andon status')
  await app.advance(30)
  await app.andon.saveMeasurements()
  const after = sectionOf((await visit().get('/health')).text, 'quotas')
  expect(after).toMatch(/acme 0 of 5000 REST 2026-11-20 08:1\d UTC 2026-11-20 08:1\d UTC/)
})

test('the latency of a delivery is measured to its commit, and to a stream that shows what it changed', async () => {
  app = await openAndonApp()
  expect(sectionOf((await visit().get('/health')).text, 'latency')).toBe(
    'From the delivery to the browser to the commit not measured in the last hour to the browsers not measured in the last hour',
  )
  const stream = await openEventReader(`${app.url}/events`)
  await stream.nextMessage('message')
  await app.openLabeledIssue()
  await app.github.whenIdle()
  await stream.nextMessage('message')
  await expect
    .poll(
      async () => {
        await app.andon.saveMeasurements()
        return sectionOf((await visit().get('/health')).text, 'latency')
      },
      { timeout: 5_000 },
    )
    .toMatch(/to the commit p50 [\d.]+ ms, p95 [\d.]+ ms \(\d+ measured\) to the browsers p50 [\d.]+ ms, p95 /)
  stream.close()
})

test('the stream of the page brings a delivery that fails, and its replay', async () => {
  const ada = await openWithOperator()
  const stream = await openEventReader(`${app.url}/events?page=health`, ada.cookieHeader())
  expect((await stream.nextMessage('message')).data).toContain('health-webhooks')
  const id = await receiveUnreadable()
  await app.openLabeledIssue()
  await expect
    .poll(async () => (await stream.nextMessage('message')).data, { timeout: 20_000 })
    .toContain(`value="${id}"`)
  await ada.post('/logout', { token: await ada.formToken() })
  await app.openLabeledIssue()
  await stream.nextMessage('gone')
  stream.close()
})

test('what Andon missed is shown and counted, with its time and when it was repaired', async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  await app.advance(30)
  expect(sectionOf((await visit().get('/health')).text, 'sweeps')).toMatch(/log read .* ago .* Nothing was missing\.$/)
  app.github.deliveries.setTarget('http://127.0.0.1:9/')
  for (let minute = 0; minute < 14; minute += 1) {
    await app.comment('/andon status')
    await app.github.whenIdle()
    await app.idle(20)
  }
  app.github.deliveries.setTarget(`${app.url}/api/github/webhooks`)
  await app.advance(600)
  const repaired = sectionOf((await visit().get('/health')).text, 'sweeps')
  expect(repaired).toMatch(/14 deliveries 2026-11-20 08:00 UTC 2026-11-20 08:04 UTC 14 2026-11-20 08:05 UTC 0 0$/)
  expect(await (await fetch(`${app.url}/metrics`)).text()).toMatch(/^andon_missed_deliveries\{state="repaired"\} 14$/m)
})

test('the foot of the board says how long deliveries took', async () => {
  app = await openAndonApp()
  await app.openLabeledIssue()
  await app.github.whenIdle()
  await app.andon.saveMeasurements()
  const another = await app.startAnother()
  const board = await (await fetch(`http://127.0.0.1:${await another.listen()}/`)).text()
  expect(board).toMatch(/from a delivery to the commit p50 [\d.]+ ms, p95 [\d.]+ m?s/)
})

test('while the database is away every part of it says that it could not be looked at, and none that there is nothing', async () => {
  app = await openAndonApp()
  const away = await openPostgresDatabase('postgres://nobody@127.0.0.1:9/none')
  const another = await app.startAnother(away)
  const page = await fetch(`http://127.0.0.1:${await another.listen()}/health`)
  const text = await page.text()
  expect(page.status).toBe(200)
  for (const id of [
    'webhooks',
    'sweeps',
    'loops',
    'outbox',
    'quotas',
    'held',
    'refused',
    'latency',
    'clocks',
    'database',
  ])
    expect(sectionOf(text, id), id).toContain('? Could not look: ')
  expect(text).not.toMatch(/Nothing (waits|is held|is known|was missing)|not installed anywhere/)
  expect(sectionOf(text, 'verdict')).toContain('the database cannot be read')
  expect(sectionOf(text, 'disk')).toMatch(/ free [\d.]+ [KMGT]iB of /)
  await another.close()
  await away.close()
})

test('the page says of what kind the database is, whether it notifies, and reloads itself without JavaScript', async () => {
  app = await openAndonApp()
  const { text } = await visit().get('/health')
  expect(sectionOf(text, 'database')).toMatch(
    app.database.kind === 'postgres' ? /notifications arrive at once$/ : /where embedded in .* need no connection/,
  )
  expect(text).toContain('<noscript><meta http-equiv="refresh" content="15; url=/health"></noscript>')
})
