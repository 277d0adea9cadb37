// Whoever may register the App owns what this Andon does: attempts of others, of old codes and of other browsers.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deriveKeys } from '../../src/sign-in/keys.ts'
import { type RecordedLog, recordLog } from '../support/recorded-log.ts'
import { BASE_URL, openSetupWorld, type SetupWorld } from './support/setup-world.ts'

let world: SetupWorld
let recorded: RecordedLog

beforeEach(async () => {
  recorded = recordLog()
  world = await openSetupWorld({ log: recorded.log })
})
afterEach(() => world.close())

const tokenOf = (address: string | null) => new URL(address ?? '').searchParams.get('token') ?? ''
const isRegistered = async () => (await fetch(`${world.url}/readyz`)).status === 200

describe('the address of the setup', () => {
  test('that is guessed, changed, cut or sealed with another secret opens nothing', async () => {
    const genuine = tokenOf(world.host.setupAddress)
    const elsewhere = deriveKeys('another secret of at least 32 characters')
    const sealedElsewhere = elsewhere.seal(JSON.stringify({ state: 'x', until: '2099-01-01' }), 'setup address')
    const changed = (genuine.startsWith('A') ? 'B' : 'A') + genuine.slice(1)
    for (const token of ['', 'x', `${genuine}A`, genuine.slice(0, -4), changed, sealedElsewhere]) {
      const visitor = world.visitor()
      const answer = await visitor.get(`/setup?token=${encodeURIComponent(token)}`)
      expect([token, answer.status, visitor.cookies.size]).toEqual([token, 403, 0])
      expect(answer.text).toContain('restart Andon')
    }
  })

  test('works for a day', async () => {
    world.clock.advance(24 * 3600 + 1)
    expect((await world.visitor().get(world.host.setupAddress ?? '')).status).toBe(403)
  })

  test('does not stay in the address bar, and is named to nobody', async () => {
    const answer = await world.visitor().get(world.host.setupAddress ?? '')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${BASE_URL}/setup`])
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-andon-setup=.*HttpOnly; Secure; SameSite=Lax/)
  })

  test('is spent once there is an App, as is all of the setup', async () => {
    const [browser, late] = [await world.admitted(), await world.admitted()]
    const spent = await world.confirmAtGitHub(browser)
    const unused = await world.confirmAtGitHub(late)
    expect((await browser.get(spent)).status).toBe(302)
    for (const path of [world.host.setupAddress ?? '', '/setup', spent, unused]) {
      const answer = await late.get(path)
      expect([path, answer.status]).toEqual([path, 404])
      expect(answer.text).toContain('Andon has its GitHub App')
    }
    expect((await late.post('/setup', { name: 'Mine' })).status).toBe(404)
  })
})

describe('a browser that did not come by the address', () => {
  test('sees no form, and brings no code back', async () => {
    const stranger = world.visitor()
    const back = await world.confirmAtGitHub(await world.admitted())
    for (const answer of [
      await stranger.get('/setup'),
      await stranger.post('/setup', { name: 'Mine' }),
      await stranger.get(back),
    ]) {
      expect(answer.status).toBe(403)
      expect(answer.text).toContain('This browser has not begun the setup')
    }
    expect(await isRegistered()).toBe(false)
  })

  test('cannot lend its code to one that did: the App of a stranger is never taken', async () => {
    // A stranger posts a manifest of their own to GitHub and sends the victim the address that GitHub leads to.
    const victim = await world.admitted()
    const lure = new URL(await world.confirmAtGitHub(await world.admitted()))
    expect((await victim.get(lure.href)).status).toBe(403)
    for (const state of ['', 'guessed']) {
      lure.searchParams.set('state', state)
      expect((await victim.get(lure.href)).status).toBe(403)
    }
    expect(await isRegistered()).toBe(false)
  })
})

describe('a code', () => {
  test('that is old, unknown or missing registers nothing, and the setup can begin again', async () => {
    const browser = await world.admitted()
    const back = new URL(await world.confirmAtGitHub(browser))
    for (const [code, status] of [
      ['', 403],
      ['unknown', 400],
      ['../../app', 400],
    ] as const) {
      const forged = new URL(back)
      forged.searchParams.set('code', code)
      expect([code, (await browser.get(forged.href)).status]).toEqual([code, status])
    }
    world.clock.advance(3_590)
    const slow = await world.admitted()
    const old = await world.confirmAtGitHub(slow)
    const code = new URL(old).searchParams.get('code') ?? ''
    world.github.chooseFaults(({ path }) => (path.includes(code) ? { kind: 'refuse', status: 404 } : null))
    const refused = await slow.get(old)
    expect(refused.status).toBe(400)
    expect(refused.text).toContain('begin again at /setup')
    world.clock.advance(11)
    // The hour of the first browser is over.
    expect((await browser.get(back.href)).status).toBe(403)
    const again = await world.admitted()
    expect((await again.get(await world.confirmAtGitHub(again))).status).toBe(302)
  })

  test('works again after GitHub did not answer; if GitHub has used it, the page says what to do', async () => {
    const browser = await world.admitted()
    const back = await world.confirmAtGitHub(browser)
    world.github.injectFault({ requests: 'other', kind: ['502-before'], maxTimes: 1 })
    expect((await browser.get(back)).status).toBe(503)
    world.github.injectFault({ requests: 'other', kind: ['reset-after'], maxTimes: 1 })
    expect((await browser.get(back)).status).toBe(503)
    const lost = await browser.get(back)
    expect(lost.status).toBe(400)
    expect(lost.text).toContain('delete it in its settings')
  })

  test('of two registrations at once registers one; the other is told what is left over', async () => {
    const both = [await world.admitted(), await world.admitted()]
    const backs = [
      await world.confirmAtGitHub(both[0] ?? world.visitor()),
      await world.confirmAtGitHub(both[1] ?? world.visitor()),
    ]
    const answers = await Promise.all(both.map((browser, index) => browser.get(backs[index] ?? '')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([302, 409])
    expect(answers.find(({ status }) => status === 409)?.text).toMatch(/Andon has its App already.*delete it /)
  })
})

test('no token, state, code, key or secret reaches the log', async () => {
  const browser = await world.admitted()
  const back = await world.confirmAtGitHub(browser)
  await browser.get('/setup/done?code=replayed&state=replayed')
  await browser.get(back)
  const { code = 'none', state = 'none' } = Object.fromEntries(new URL(back).searchParams)
  const { github } = world
  expect(recorded.text()).toContain('the GitHub App is registered')
  for (const secret of [
    tokenOf(world.host.setupAddress),
    code,
    state,
    'replayed',
    'PRIVATE KEY',
    github.webhookSecret,
    github.client.secret,
  ])
    expect(recorded.text()).not.toContain(secret)
})

test('an address that tries too often is told to wait, and no other is', async () => {
  const ask = async (from: string, path = '/setup?token=guess') =>
    await fetch(world.url + path, { headers: { 'x-forwarded-for': from }, redirect: 'manual' })
  for (let tries = 0; tries < 60; tries += 1) expect((await ask('192.0.2.1')).status).toBe(403)
  for (const path of ['/setup?token=guess', '/setup', '/setup/done?code=guess&state=guess']) {
    const refused = await ask('192.0.2.1', path)
    expect([path, refused.status, refused.headers.get('retry-after')]).toEqual([path, 429, '60'])
    expect(await refused.text()).toContain('Not so fast')
  }
  expect((await ask('192.0.2.2')).status).toBe(403)
  world.clock.advance(61)
  expect((await ask('192.0.2.1')).status).toBe(403)
})
