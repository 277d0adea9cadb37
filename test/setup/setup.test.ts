// From a process without an App to a board with a light, and what is shown on the way.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadSealedCredentials } from '../../src/store/app-credentials.ts'
import { loadLoops } from '../../src/store/loops.ts'
import { waitUntil } from '../support/andon-process.ts'
import { BASE_URL, formIn, openSetupWorld, type SetupWorld } from './support/setup-world.ts'

let world: SetupWorld
beforeEach(async () => {
  world = await openSetupWorld()
})
afterEach(() => world.close())

const statusOf = async (url: string, init: RequestInit = {}) =>
  (await fetch(url, { redirect: 'manual', ...init })).status

describe('without an App', () => {
  test('every page says what to do, and machines get a sentence', async () => {
    for (const path of ['/', '/acme/widgets', '/acme/widgets/issues/1', '/account', '/login', '/setup/installed']) {
      const response = await fetch(world.url + path)
      expect([path, response.status]).toEqual([path, 503])
      expect(response.headers.get('retry-after')).toBe('30')
      expect(await response.text()).toContain('finds an address in what it printed')
    }
    for (const path of ['/api/pipelines', '/events', '/metrics', '/api/reports']) {
      const response = await fetch(world.url + path)
      expect([path, response.status]).toEqual([path, 503])
      expect(await response.json()).toMatchObject({ error: expect.stringMatching(/^Andon has no GitHub App yet/) })
    }
    const health = await fetch(`${world.url}/healthz`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({
      status: 'degraded',
      degraded: [expect.stringMatching(/no GitHub App/)],
    })
    const ready = await fetch(`${world.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ ready: false, reason: expect.stringMatching(/no GitHub App/) })
  })

  test('a delivery is refused so that GitHub records a failure', async () => {
    const response = await fetch(`${world.url}/api/github/webhooks`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('30')
    expect(await statusOf(`${world.url}/api/github/webhooks`)).toBe(405)
  })
})

test('an App is registered, installed and followed, without a restart', async () => {
  const browser = await world.admitted()
  const form = await browser.get('/setup')
  expect(form.status).toBe(200)
  expect(form.headers.get('content-security-policy')).toContain(`form-action 'self' ${world.github.url}`)
  const back = await world.confirmAtGitHub(browser)
  const registered = await browser.get(back)
  expect(registered.headers.get('location')).toBe(`${world.github.url}/apps/andon/installations/new`)
  // The person is on the way to the installation; nothing has arrived yet.
  expect((await browser.get('/setup/installed')).text).toContain('Waiting for the first delivery')
  const { github } = world
  const installed = await github.fetch(`${github.url}/apps/andon/installations/new`, { method: 'POST' })
  const leads = installed.headers.get('location') ?? ''
  expect(leads).toMatch(/^https:\/\/andon.example.com\/login\/callback\?code=.*setup_action=install/)
  await github.whenIdle()
  // The code of an installation signs nobody in: a sign-in of this browser's own begins, and GitHub asks nothing more.
  const started = await browser.get(leads)
  expect(started.headers.get('location')).toBe(`${BASE_URL}/login?to=%2Fsetup%2Finstalled`)
  const login = await browser.get(started.headers.get('location') ?? '')
  const signedIn = await browser.get(await github.authorize(login.headers.get('location') ?? '', 'ada'))
  expect(signedIn.headers.get('location')).toBe(`${BASE_URL}/setup/installed`)
  expect((await browser.get('/setup/installed')).headers.get('location')).toBe('/')

  const [repository = ''] = github.repositories
  await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  await github.whenIdle()
  expect((await browser.get('/')).text).toContain('Retry on flaky upload')
  expect(await statusOf(`${world.url}/readyz`)).toBe(200)
})

test('what is stored is whole, and readable for its owner only', async () => {
  const browser = await world.admitted()
  await browser.get(await world.confirmAtGitHub(browser))
  const { github } = world
  const app = {
    appId: github.appId,
    privateKey: github.privateKey,
    webhookSecrets: [github.webhookSecret],
    client: github.client,
  }
  if (world.database.kind === 'embedded') {
    const path = join(world.dataDirectory, 'app.json')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(app)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  } else {
    const sealed = await loadSealedCredentials(world.database)
    for (const secret of [github.webhookSecret, github.client.secret, 'PRIVATE KEY'])
      expect(sealed).not.toContain(secret)
  }
  // A process that starts later finds it.
  expect((await world.startHost()).setupAddress).toBeNull()
})

test('every process that waits becomes the App, whichever registered it', async () => {
  const worker = await world.startHost('worker')
  await worker.startWorker({ stopAsked: () => undefined })
  // It beats while it waits, so that it is not taken for a dead one.
  expect((await loadLoops(world.database)).map(({ role }) => role)).toEqual(['worker'])
  const web = await world.startHost('web')
  const url = `http://127.0.0.1:${await web.listen()}`
  expect(await statusOf(`${url}/readyz`)).toBe(503)
  const browser = await world.admitted()
  await browser.get(await world.confirmAtGitHub(browser))
  await waitUntil('the other is the App, too', async () => (await statusOf(`${url}/readyz`)) === 200)
  world.github.install()
  await waitUntil('the worker asks GitHub', () => world.github.writes.requests.some(({ path }) => path === '/app'))
})

describe('the manifest', () => {
  const manifestOf = async (fields: Readonly<Record<string, string>>) => {
    const browser = await world.admitted()
    const { action = '', manifest = '' } = formIn((await browser.post('/setup', { name: 'A', ...fields })).text)
    return { action, manifest: JSON.parse(manifest) }
  }

  test('is app.yml with the addresses of this board', async () => {
    const { manifest } = await manifestOf({ name: 'Andon of Acme' })
    const { name, url, hook_attributes, callback_urls, request_oauth_on_install, ...rest } = parse(
      readFileSync('app.yml', 'utf8'),
    )
    expect(manifest).toEqual({
      ...rest,
      name: 'Andon of Acme',
      url: BASE_URL,
      hook_attributes: { ...hook_attributes, url: `${BASE_URL}/api/github/webhooks` },
      redirect_url: `${BASE_URL}/setup/done`,
      callback_urls: [`${BASE_URL}/login/callback`],
      request_oauth_on_install: true,
    })
  })

  test('goes to the account or the organisation that was chosen', async () => {
    const { github } = world
    expect((await manifestOf({})).action).toMatch(new RegExp(`^${github.url}/settings/apps/new\\?state=[\\w-]{43}$`))
    expect((await manifestOf({ organization: ' acme ' })).action).toContain(
      '/organizations/acme/settings/apps/new?state=',
    )
  })

  test.each([
    [{ name: '' }, /needs a name/],
    [{ name: 'x'.repeat(35) }, /at most 34 characters/],
    [{ organization: 'acme/../evil' }, /no login of an organisation/],
    [{ organization: 'https://github.com/acme' }, /no login of an organisation/],
  ])('is not made of %j', async (fields, sentence) => {
    const browser = await world.admitted()
    const answer = await browser.post('/setup', { name: 'A', ...fields })
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(sentence)
  })
})
