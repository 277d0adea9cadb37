// People sign in with GitHub and see what GitHub lets them see, from the browser's first request on.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ACME } from '../../fake-github/organization.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

let app: AndonApp
let visitor: Visitor

const ISSUE = '/acme/widgets/issues/1'

beforeEach(async () => {
  app = await openAndonApp({ access: 'login', operators: ['Ada'], organization: { ...ACME, repositories: MANY } })
  visitor = openVisitor({ ...app, baseUrl: BASE_URL })
  await app.openLabeledIssue()
  await app.github.whenIdle()
})
afterEach(() => app.close())

/** More than one page of GitHub's list. */
const MANY = [
  ...Array.from({ length: 120 }, (_, index) => ({ name: `quiet-${index}` })),
  { name: 'api', private: true },
].toSpliced(0, 0, { name: 'widgets' }) satisfies typeof ACME.repositories

describe('a stranger', () => {
  test.each(['/', ISSUE, '/acme/widgets', '/acme/nothing', '/nope', '/account'])(
    'is asked to sign in at %s, and learns nothing else',
    async (path) => {
      const { status, text } = await visitor.get(path)
      expect(status).toBe(401)
      expect(text).toContain(`/login?to=${encodeURIComponent(path)}`)
      expect(text.replace(/\/login\?to=[^"]*/, '')).not.toMatch(/acme|widgets|Retry on flaky/)
    },
  )

  test.each(['/api/pipelines', '/api/pipelines/acme/widgets/1', '/events', '/events?as=json', '/api/nothing'])(
    'gets a 401 in JSON from %s',
    async (path) => {
      const { status, text, headers } = await visitor.get(path)
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(JSON.parse(text)).toEqual({ error: expect.stringContaining('/login') })
    },
  )

  test('still finds probes and metrics, which name nobody', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const { status, text } = await visitor.get(path)
      expect([path, status]).toEqual([path, 200])
      expect(text).not.toMatch(/acme|widgets|Retry on flaky|\bada\b/)
    }
  })
})

describe('signing in', () => {
  test('leads through GitHub with state and PKCE, and back to where it began', async () => {
    const started = await visitor.get(`/login?to=${ISSUE}`)
    const asked = new URL(started.headers.get('location') ?? '')
    expect(started.status).toBe(302)
    expect(asked.href).toContain(`${app.github.url}/login/oauth/authorize?`)
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      client_id: app.github.client.id,
      redirect_uri: `${BASE_URL}/login/callback`,
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    const done = await visitor.get(await app.github.authorize(asked.href, 'ada'))
    expect([done.status, done.headers.get('location')]).toEqual([302, BASE_URL + ISSUE])
    const page = await visitor.get(ISSUE)
    expect(page.status).toBe(200)
    expect(page.text).toContain('Retry on flaky upload')
    expect(page.text).toContain('<a href="/account">ada</a>')
  })

  test('sets cookies that only this host, over https and not from scripts, gets back', async () => {
    const started = await visitor.get('/login')
    const done = await visitor.get(await app.github.authorize(started.headers.get('location') ?? '', 'ada'))
    for (const [name, { headers }] of [
      ['__Host-andon-sign-in', started],
      ['__Host-andon-session', done],
    ] as const) {
      const cookie = headers.getSetCookie().find((line) => line.startsWith(name))
      expect(cookie).toMatch(/; HttpOnly/)
      expect(cookie).toMatch(/; Secure/)
      expect(cookie).toMatch(/; SameSite=Lax/)
      expect(cookie).toMatch(/; Path=\//)
    }
  })

  test('that GitHub or the person refuses is said in one sentence', async () => {
    await visitor.get('/login')
    const refused = await visitor.get('/login/callback?error=access_denied&state=x')
    expect(refused.status).toBe(400)
    expect(refused.text).toContain('GitHub did not sign you in')
    expect(visitor.cookies.size).toBe(0)
  })

  test('stores neither session ids nor tokens in the clear', async () => {
    await visitor.signIn('ada')
    const rows = [
      await app.database.kysely.selectFrom('users').selectAll().execute(),
      await app.database.kysely.selectFrom('sessions').selectAll().execute(),
    ]
    const [session = ''] = (visitor.cookies.get('__Host-andon-session') ?? '').split('.')
    expect(session.length).toBeGreaterThan(40)
    expect(JSON.stringify(rows)).not.toMatch(/ghu_|ghr_/)
    expect(JSON.stringify(rows)).not.toContain(session)
  })

  test('is over after seven days', async () => {
    await visitor.signIn('ada')
    app.clock.advance(7 * 86_400 - 60)
    expect((await visitor.get('/')).status).toBe(200)
    app.clock.advance(120)
    expect((await visitor.get('/')).status).toBe(401)
  })

  test('is ended by signing out', async () => {
    await visitor.signIn('ada')
    const out = await visitor.post('/logout', { token: await visitor.formToken() })
    expect([out.status, out.headers.get('location')]).toEqual([303, `${BASE_URL}/`])
    expect(visitor.cookies.size).toBe(0)
    expect((await visitor.get('/')).status).toBe(401)
  })
})

describe('a token that expires', () => {
  test('is refreshed once, however many pages are asked for', async () => {
    await visitor.signIn('ada')
    app.clock.advance(8 * 3_600)
    const pages = await Promise.all(Array.from({ length: 12 }, () => visitor.get('/')))
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200))
    expect(exchanges()).toBe(2)
  })

  test('is refreshed once by two processes', async () => {
    await visitor.signIn('ada')
    const url = `http://127.0.0.1:${await (await app.startAnother()).listen()}`
    const elsewhere = openVisitor({ ...app, url, baseUrl: BASE_URL })
    for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
    app.clock.advance(8 * 3_600)
    const [one, other] = await Promise.all([visitor.get('/'), elsewhere.get('/')])
    expect([one.status, other.status]).toEqual([200, 200])
    expect(exchanges()).toBe(2)
  })

  test('and cannot be refreshed ends the session', async () => {
    await visitor.signIn('ada')
    app.github.revokeAuthorization('ada')
    app.github.deliveries.setTarget(null)
    app.clock.advance(8 * 3_600)
    expect((await visitor.get('/')).status).toBe(401)
  })
})

test('the account page says who is signed in, and who is an operator', async () => {
  await visitor.signIn('ada')
  expect((await visitor.get('/account')).text).toContain('You are an operator of this board.')
  await visitor.signIn('linus')
  const { text } = await visitor.get('/account')
  expect(text).toContain('<h1>linus</h1>')
  expect(text).not.toContain('operator')
})

test('every page of GitHub’s lists is read', async () => {
  app.github.install()
  await app.github.whenIdle()
  await visitor.signIn('ada')
  expect((await visitor.get('/acme/api')).status).toBe(200)
  const pages = app.github.writes.requests.filter(({ path }) => path.endsWith('/repositories'))
  expect(pages).toHaveLength(2)
})

/** How often GitHub was asked for tokens: once for the code of a sign-in, then for refreshed ones. */
function exchanges(): number {
  return app.github.writes.requests.filter(({ path }) => path === '/login/oauth/access_token').length
}
