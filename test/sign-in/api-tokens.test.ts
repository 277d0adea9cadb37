// API tokens: made and revoked on /account, shown once, and seeing what their user sees.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { openEventReader } from '../support/event-reader.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

let app: AndonApp
let visitor: Visitor

beforeEach(async () => {
  app = await openAndonApp({ access: 'login' })
  visitor = openVisitor({ ...app, baseUrl: BASE_URL })
  await app.openLabeledIssue()
  await app.github.whenIdle()
  await visitor.signIn('ada')
})
afterEach(() => app.close())

async function make(name: string): Promise<string> {
  const { text } = await visitor.post('/account/tokens', { token: await visitor.formToken(), name })
  return /<code id="made-token">(andon_[\w-]+)/.exec(text)?.[1] ?? ''
}

async function revoke(id: string): Promise<void> {
  await visitor.post('/account/tokens/revoke', { token: await visitor.formToken(), id })
}

const idOf = async () => /name="id" value="(\d+)"/.exec((await visitor.get('/account')).text)?.[1] ?? ''
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const stranger = () => openVisitor({ ...app, baseUrl: BASE_URL })

test('a token reads the JSON and the stream, and nothing else', async () => {
  const token = await make('ci')
  for (const path of ['/api/pipelines', '/api/pipelines/acme/widgets/1']) {
    const { status, text } = await stranger().get(path, bearer(token))
    expect(status).toBe(200)
    expect(text).toContain('Retry on flaky upload')
  }
  const stream = await openEventReader(`${app.url}/events?as=json`, bearer(token))
  expect((await stream.nextMessage('message')).data).toContain('Retry on flaky upload')
  stream.close()
  for (const path of ['/', '/account', '/acme/widgets'])
    expect([path, (await stranger().get(path, bearer(token))).status]).toEqual([path, 401])
})

test('a token is shown once, stored as a hash, and says when it was last used', async () => {
  const token = await make('ci')
  const before = await visitor.get('/account')
  expect(before.text).toContain('<th scope="row">ci</th>')
  expect(before.text).toContain('never')
  expect(before.text).not.toContain(token)
  expect(JSON.stringify(await app.database.kysely.selectFrom('apiTokens').selectAll().execute())).not.toContain(token)
  await stranger().get('/api/pipelines', bearer(token))
  expect((await visitor.get('/account')).text).not.toContain('never')
})

test('a revoked token is refused at once, also on a stream that is open', async () => {
  const token = await make('ci')
  const stream = await openEventReader(`${app.url}/events?as=json`, bearer(token))
  await stream.nextMessage('message')
  await revoke(await idOf())
  expect((await stranger().get('/api/pipelines', bearer(token))).status).toBe(401)
  await stream.ended
})

test.each(['', 'x', 'andon_', `andon_${'A'.repeat(43)}`, 'Bearer'])('%j is no token', async (token) => {
  await make('ci')
  expect((await stranger().get('/api/pipelines', bearer(token))).status).toBe(401)
  // A wrong token is not made good by a cookie.
  expect((await visitor.get('/api/pipelines', bearer(token))).status).toBe(401)
})

test('nobody revokes the token of somebody else', async () => {
  const token = await make('ci')
  const id = await idOf()
  await visitor.signIn('linus')
  await revoke(id)
  expect((await stranger().get('/api/pipelines', bearer(token))).status).toBe(200)
})

test('a token outlives a sign-out, and ends with the authorization', async () => {
  const token = await make('ci')
  await visitor.post('/logout', { token: await visitor.formToken() })
  expect((await stranger().get('/api/pipelines', bearer(token))).status).toBe(200)
  app.github.revokeAuthorization('ada')
  await app.github.whenIdle()
  expect((await stranger().get('/api/pipelines', bearer(token))).status).toBe(401)
})

test('a token needs a name, and a person has at most twenty', async () => {
  expect(await make('   ')).toBe('')
  for (let count = 0; count < 20; count++) expect(await make(`script ${count}`)).not.toBe('')
  expect(await make('one more')).toBe('')
  expect((await visitor.get('/account')).text).not.toContain('one more')
})
