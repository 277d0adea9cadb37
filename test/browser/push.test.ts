// What a browser hears while no page is open, in a real service worker. The maker's service cannot be reached from a test: its
// part of the browser is played, and messages are handed to the worker by the browser's debugger.
import { randomBytes } from 'node:crypto'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { openPushService, type PushBrowser } from '../support/push-service.ts'
import { HOSTILE } from '../web/support/board-fixtures.ts'
import { expectNoViolation } from './support/axe.ts'
import { openBrowser } from './support/open-browser.ts'
import { startSignInProcess } from './support/sign-in-process.ts'

const WITHIN = { timeout: 20_000, interval: 50 }

let github: FakeGitHub
let browser: Browser
let andon: AndonProcess
let context: BrowserContext
let page: Page

beforeAll(async () => {
  github = await openFakeGitHub()
  ;[andon, browser] = await Promise.all([startSignInProcess(github), openBrowser()])
})
afterAll(async () => {
  await Promise.all([browser.close(), stopAllProcesses()])
  await github.close()
})
beforeEach(async () => {
  context = await browser.newContext()
  await context.grantPermissions(['notifications'], { origin: andon.url })
  await context.addInitScript(playPushManager(openPushService().subscribe('')))
  page = await context.newPage()
  await page.goto(`${andon.url}/login?to=/`)
  await page.getByRole('link', { name: 'Authorize as ada' }).click()
})
afterEach(async () => {
  await page.goto(`${andon.url}/account`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await context.close()
})

/** A subscription as the browser would have made it, kept where a closed page cannot lose it. */
const playPushManager = ({ endpoint, p256dh, auth }: PushBrowser) => `
  const make = (key) => ({
    endpoint: '${endpoint}',
    options: { applicationServerKey: Uint8Array.from(key.split(','), Number).buffer },
    toJSON: () => ({ endpoint: '${endpoint}', keys: { p256dh: '${p256dh}', auth: '${auth}' } }),
    unsubscribe: async () => localStorage.removeItem('played'),
  })
  const read = async () => {
    const key = localStorage.getItem('played')
    return key === null ? null : make(key)
  }
  if ('PushManager' in window) Object.assign(PushManager.prototype, {
    getSubscription: read,
    async subscribe({ applicationServerKey }) {
      localStorage.setItem('played', applicationServerKey.join())
      return await read()
    },
  })`

const button = (at = page) => at.locator('#notify')

/** Presses the button, and waits until the server knows. */
async function ask(): Promise<void> {
  await button().click()
  await expect.poll(() => button().getAttribute('title'), WITHIN).toMatch(/also while no page is open/)
}

/** Hands a message to the worker as the browser does when one arrives; `at` is any page of the context. */
async function deliver(message: object | string, at: Page): Promise<void> {
  const debug: CDPSession = await context.newCDPSession(at)
  const registered = new Promise<string>((resolve) => {
    debug.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(andon.url))
      if (own !== undefined) resolve(own.registrationId)
    })
  })
  await debug.send('ServiceWorker.enable')
  const data = typeof message === 'string' ? message : JSON.stringify(message)
  await debug.send('ServiceWorker.deliverPushMessage', {
    origin: andon.url,
    registrationId: await registered,
    data: data.padEnd(1_024),
  })
  await debug.detach()
}

type Shown = { readonly title: string; readonly body: string; readonly tag: string; readonly url: string }

const shown = (at: Page) =>
  at.evaluate<Shown[]>(`navigator.serviceWorker.getRegistration().then((worker) => worker.getNotifications())
    .then((all) => all.map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url })))`)

const kept = (key: string) => page.evaluate<string | null>(`localStorage.getItem('${key}')`)

const toasts = () => page.locator('.toast a').allInnerTexts()

const MESSAGE = { kind: 'failed', repository: 'acme/widgets', number: 7, title: HOSTILE, stage: 'test' }

test('a closed board hears through its service worker: the text is text, one tag is one notification', async () => {
  await ask()
  const elsewhere = await context.newPage()
  await page.goto('about:blank')
  await deliver({ ...MESSAGE, kind: 'started' }, elsewhere)
  await deliver(MESSAGE, elsewhere)
  await deliver({ ...MESSAGE, kind: 'needs-you', number: 8 }, elsewhere)
  await deliver(randomBytes(20).toString('hex'), elsewhere)
  await page.goto(`${andon.url}/assets/x/icon.svg`)
  await expect.poll(() => shown(page), WITHIN).toHaveLength(3)
  expect((await shown(page)).sort((a, b) => (a.tag < b.tag ? -1 : 1))).toEqual([
    { title: 'Andon', body: 'Something has changed on the board.', tag: 'andon', url: '/' },
    {
      title: 'acme/widgets #7 failed',
      body: `test: ${HOSTILE}`,
      tag: 'andon acme/widgets #7',
      url: '/acme/widgets/issues/7',
    },
    expect.objectContaining({ title: 'acme/widgets #8 needs you' }),
  ])
})

test('a click on a notification leads to its issue: to the page that shows it, or to a new one', async () => {
  await ask()
  const elsewhere = await context.newPage()
  await page.goto('about:blank')
  await deliver(MESSAGE, elsewhere)
  expect(await click()).toEqual({ did: 'opens /acme/widgets/issues/7', left: 0 })
  await page.goto(`${andon.url}/acme/widgets/issues/7`)
  await deliver(MESSAGE, elsewhere)
  expect(await click()).toEqual({ did: 'shows /acme/widgets/issues/7', left: 0 })
})

/** Clicks on the notification that is shown. What the browser lets a worker do only then is played. */
async function click(): Promise<{ readonly did: string; readonly left: number }> {
  const [worker] = context.serviceWorkers()
  if (worker === undefined) throw new Error('there is no service worker')
  return await worker.evaluate(`(async () => {
    const shown = () => registration.getNotifications()
    while ((await shown()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    const did = new Promise((resolve) => {
      Clients.prototype.openWindow = async (url) => resolve('opens ' + url)
      WindowClient.prototype.focus = async function () { resolve('shows ' + new URL(this.url).pathname) }
    })
    const [notification] = await shown()
    const event = new NotificationEvent('notificationclick', { notification })
    Object.defineProperty(event, 'waitUntil', { value: () => undefined })
    dispatchEvent(event)
    return { did: await did, left: (await shown()).length }
  })()`)
}

test('a page that is seen says what its stream does not, and the system says nothing', async () => {
  await ask()
  await expect.poll(() => page.locator('html').getAttribute('data-live'), WITHIN).toBe('live')
  await deliver({ ...MESSAGE, kind: 'needs-you' }, page)
  await expect.poll(toasts, WITHIN).toEqual([expect.stringMatching(/^acme\/widgets #7 needs you test: /)])
  await deliver(MESSAGE, page)
  await page.waitForTimeout(800)
  expect([await toasts(), await shown(page)]).toEqual([[expect.stringContaining('needs you')], []])
  expect(await page.locator('.toast a *:not(b)').count()).toBe(0)
  await page.keyboard.press('Escape')
  expect(await toasts()).toEqual([])
})

test('a page that is seen and tells of nothing leaves it to the system', async () => {
  await ask()
  await page.goto(`${andon.url}/account`)
  await deliver(MESSAGE, page)
  await expect.poll(() => shown(page), WITHIN).toHaveLength(1)
})

test('pressing the button again ends it, and so does /account, from where it does not come back by itself', async () => {
  await ask()
  await button().click()
  await expect.poll(() => kept('played'), WITHIN).toBeNull()
  await page.goto(`${andon.url}/account`)
  expect(await page.getByText('fcm.googleapis.com').count()).toBe(0)
  await page.goto(andon.url)
  await ask()
  await page.goto(`${andon.url}/account`)
  for (const width of [320, 1440]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      await expectNoViolation(page, '/account')
    }
  }
  await page.getByRole('button', { name: 'End notifications through fcm.googleapis.com' }).click()
  expect(await page.getByText('fcm.googleapis.com').count()).toBe(0)
  // As if a day had passed.
  await page.evaluate("localStorage.setItem('andon:push', 'yesterday')")
  await page.goto(andon.url)
  await expect.poll(() => kept('andon:push'), WITHIN).toBe('ended')
  await page.reload()
  expect(await button().innerText()).toBe('Notifications on')
  await expect.poll(() => button().getAttribute('title'), WITHIN).toMatch(/while a page is open/)
})
