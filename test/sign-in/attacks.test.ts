// Attacks on signing in, each with its right answer; the last test repeats them with random mutations.
import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { deriveKeys } from '../../src/sign-in/keys.ts'
import { ownPathOf } from '../../src/web/sign-in-routes.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { type RecordedLog, recordLog } from '../support/recorded-log.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

const SESSION = '__Host-andon-session'
const KEPT = '__Host-andon-sign-in'

let app: AndonApp
let victim: Visitor
let attacker: Visitor
let recorded: RecordedLog

beforeEach(async () => {
  recorded = recordLog()
  app = await openAndonApp({ access: 'login', log: recorded.log })
  victim = openVisitor({ ...app, baseUrl: BASE_URL })
  attacker = openVisitor({ ...app, baseUrl: BASE_URL })
  await app.openLabeledIssue()
  await app.github.whenIdle()
})
afterEach(() => app.close())

const locationOf = async (visitor: Visitor) => (await visitor.get('/login')).headers.get('location') ?? ''
const callbackOf = async (visitor: Visitor, login: string) =>
  await app.github.authorize(await locationOf(visitor), login)

describe('a cookie', () => {
  test('that is forged, changed or signed with another secret is no session', async () => {
    await victim.signIn('ada')
    const genuine = victim.cookies.get(SESSION) ?? ''
    const [id = ''] = decodeURIComponent(genuine).split('.')
    const otherKey = deriveKeys('another secret of at least 32 characters').cookieKey
    const signedElsewhere = `${id}.${createHmac('sha256', otherKey).update(id).digest('base64')}`
    for (const forged of ['', id, `${id}.`, `${genuine.slice(0, -8)}AAAAAAA%3D`, signedElsewhere, `x${genuine}`, '1']) {
      attacker.cookies.set(SESSION, forged.includes('%') ? forged : encodeURIComponent(forged))
      expect([forged, (await attacker.get('/')).status]).toEqual([forged, 401])
    }
  })

  test('that was stolen is worth nothing once its owner has signed out', async () => {
    await victim.signIn('ada')
    attacker.cookies.set(SESSION, victim.cookies.get(SESSION) ?? '')
    expect((await attacker.get('/')).status).toBe(200)
    await victim.post('/logout', { token: await victim.formToken() })
    for (const path of ['/', '/api/pipelines', '/events', '/account']) {
      expect([path, (await attacker.get(path)).status]).toEqual([path, 401])
    }
  })

  test('of a former session is replaced at every sign-in: an id that an attacker planted is never signed in', async () => {
    await attacker.signIn('linus')
    const planted = attacker.cookies.get(SESSION) ?? ''
    victim.cookies.set(SESSION, planted)
    await victim.signIn('ada')
    expect(victim.cookies.get(SESSION)).not.toBe(planted)
    expect((await attacker.get('/account')).status).toBe(401)
  })
})

describe('state and code', () => {
  test('of another browser are refused: nobody is signed in as somebody else', async () => {
    const lure = await callbackOf(attacker, 'linus')
    expect((await victim.get(lure)).status).toBe(400)
    await victim.get('/login')
    expect((await victim.get(lure)).status).toBe(400)
    expect(victim.cookies.has(SESSION)).toBe(false)
  })

  test('mixed up between two browsers are refused, even with the right state', async () => {
    const [own, stolen] = [new URL(await callbackOf(attacker, 'linus')), new URL(await callbackOf(victim, 'ada'))]
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '')
    // PKCE: the code belongs to the verifier in the other browser.
    expect((await attacker.get(own.href)).status).toBe(400)
    expect(attacker.cookies.has(SESSION)).toBe(false)
  })

  test('work once', async () => {
    const callback = await callbackOf(victim, 'ada')
    const kept = victim.cookies.get(KEPT) ?? ''
    expect((await victim.get(callback)).status).toBe(302)
    attacker.cookies.set(KEPT, kept)
    expect((await attacker.get(callback)).status).toBe(400)
    expect(attacker.cookies.has(SESSION)).toBe(false)
  })

  test('are worth nothing after ten minutes', async () => {
    const callback = await callbackOf(victim, 'ada')
    app.clock.advance(601)
    expect((await victim.get(callback)).status).toBe(400)
  })

  test('missing, empty or guessed are refused', async () => {
    await victim.get('/login')
    for (const query of ['', '?code=x', '?state=x', '?code=&state=', '?code=x&state=x&state=y']) {
      expect((await victim.get(`/login/callback${query}`)).status).toBe(400)
    }
  })
})

describe('where a sign-in leads afterwards', () => {
  test.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/login?to=/login',
    '/logout',
    '@evil.example',
    '.evil.example',
    '',
  ])('never leaves the site: %s', async (to) => {
    const { headers } = await victim.signIn('ada', to)
    const location = headers.get('location') ?? ''
    expect(new URL(location).origin).toBe(BASE_URL)
    expect(location).not.toMatch(/evil|login|logout|javascript/)
  })

  test('is the page that was asked for', () => {
    for (const path of ['/', '/acme/widgets', '/acme/widgets/issues/1?x=%2F%2Fy', '/?after=abc'])
      expect(ownPathOf(path, BASE_URL)).toBe(path)
  })
})

describe('a form of another site', () => {
  test.each(['/logout', '/account/tokens', '/account/tokens/revoke'])('is refused at %s', async (path) => {
    await victim.signIn('ada')
    await attacker.signIn('linus')
    for (const token of [undefined, '', 'x', await attacker.formToken()]) {
      const answer = await victim.post(path, { name: 'planted', id: '1', ...(token !== undefined && { token }) })
      expect(answer.status).toBe(403)
    }
    expect((await victim.get('/account')).text).not.toContain('planted')
  })

  test('cannot act by GET, and is not read at any length', async () => {
    await victim.signIn('ada')
    for (const path of ['/logout', '/account/tokens', '/account/tokens/revoke'])
      expect((await victim.get(path)).status).toBe(405)
    const token = await victim.formToken()
    expect((await victim.post('/account/tokens', { token, name: 'x'.repeat(100_000) })).status).toBe(413)
    expect((await victim.get('/')).status).toBe(200)
  })
})

test('no token, code, state or session id reaches a log or a Referer', async () => {
  const callback = await callbackOf(victim, 'ada')
  const done = await victim.get(callback)
  expect(done.headers.get('referrer-policy')).toBe('no-referrer')
  const page = await victim.get('/')
  expect(page.headers.get('referrer-policy')).toBe('same-origin')
  const made = await victim.post('/account/tokens', { token: await victim.formToken(), name: 'ci' })
  const apiToken = /andon_[\w-]+/.exec(made.text)?.[0] ?? ''
  expect(made.headers.get('cache-control')).toBe('no-store')
  await victim.get('/api/pipelines', { authorization: `Bearer ${apiToken}` })
  await victim.get('/login/callback?code=replayed&state=replayed')
  const { code = 'none', state = 'none' } = Object.fromEntries(new URL(callback).searchParams)
  const [id = 'none'] = (victim.cookies.get(SESSION) ?? '').split('.')
  for (const secret of [code, state, apiToken, id, 'ghu_', 'ghr_', app.github.client.secret])
    expect(recorded.text()).not.toContain(secret)
  expect(page.text).not.toMatch(/andon_|ghu_/)
})

test('too many sign-ins of one address are turned away for a minute; nothing else is', async () => {
  const asked = () => app.github.writes.requests.length
  const before = asked()
  for (let times = 0; times < 60; times++) expect((await attacker.get('/login')).status).toBe(302)
  for (const path of ['/login', '/login?to=/account', '/login/callback?code=a&state=b']) {
    const { status, headers, text } = await attacker.get(path)
    expect([path, status, headers.get('retry-after'), headers.has('set-cookie')]).toEqual([path, 429, '60', false])
    expect(text).toContain('Too many requests come from your address: try again in 60 seconds.')
  }
  expect(asked()).toBe(before)
  expect((await victim.get('/')).status).toBe(401)
  expect((await victim.get('/login', { 'x-forwarded-for': '192.0.2.1' })).status).toBe(302)
  app.clock.advance(60)
  expect((await attacker.signIn('linus')).status).toBe(302)
})

test('mutated cookies, states and codes at random: none signs anybody in', async () => {
  const random = seededRandom(randomSeed())
  const rounds = repetitions(40, 2_000)
  await victim.signIn('ada')
  const session = victim.cookies.get(SESSION) ?? ''
  let succeeded = 0
  for (let round = 0; round < rounds; round++) {
    // Within what one address may try.
    app.clock.advance(5)
    const callback = new URL(await callbackOf(attacker, 'linus'))
    const kept = attacker.cookies.get(KEPT) ?? ''
    const mutated = (text: string) => {
      const at = Math.floor(random.next() * (text.length - 1))
      return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    }
    const other = openVisitor({ ...app, baseUrl: BASE_URL })
    switch (random.pick(['cookie', 'kept', 'state', 'no cookie'] as const)) {
      case 'cookie':
        other.cookies.set(SESSION, mutated(session))
        break
      case 'kept':
        other.cookies.set(KEPT, mutated(kept))
        break
      case 'state':
        other.cookies.set(KEPT, kept)
        callback.searchParams.set('state', mutated(callback.searchParams.get('state') ?? ''))
        break
      case 'no cookie':
    }
    await other.get(callback.href)
    if ((await other.get('/')).status !== 401) succeeded += 1
  }
  recordMeasurements('sign-in-attacks', { faults: rounds, wrong: succeeded })
  expect(succeeded).toBe(0)
})
