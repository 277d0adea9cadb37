// What a browser tells of while nobody reads the board: four things, once, to those who asked.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { pullRequestChanged } from '../support/pipeline-fixtures.ts'
import {
  type BoardFixture,
  boardFixture,
  HOSTILE,
  issueTakenUp,
  minutesAgo,
  workflowRan,
} from '../web/support/board-fixtures.ts'
import { type BoardServer, startBoardServer } from './support/board-server.ts'
import { type FlakyProxy, openFlakyProxy } from './support/flaky-proxy.ts'
import { openBrowser } from './support/open-browser.ts'

const WITHIN = { timeout: 20_000, interval: 50 }

let browser: Browser
let context: BrowserContext
let board: BoardServer
let proxy: FlakyProxy
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  board = await startBoardServer()
  proxy = await openFlakyProxy(board.url)
  context = await browser.newContext()
  await context.addInitScript(RECORDER)
  page = await context.newPage()
})
afterEach(async () => {
  await context.close()
  await proxy.close()
  await board.stop()
})

// The system's notifications cannot be read back, and a page of a test is never hidden: both are played here.
const RECORDER = `
  window.native = []
  window.asked = 0
  window.Notification = class {
    static permission = localStorage.permission ?? 'default'
    static async requestPermission() {
      window.asked += 1
      localStorage.permission = Notification.permission = 'granted'
      return 'granted'
    }
    constructor(title, options) {
      window.native.push(title + ': ' + options.body)
      window.lastNotification = this
    }
    close() {}
  }
  Object.defineProperty(document, 'hidden', { get: () => sessionStorage.hidden === 'yes' })
`

const LIGHTS = ['queued', 'running', 'review', 'failed', 'done'] as const
type ShownLight = (typeof LIGHTS)[number]

/** An issue whose light is that one. */
function task(issue: number, light: ShownLight, o: { repository?: string; title?: string } = {}): BoardFixture {
  const { repository = 'acme/widgets', title = `Task ${issue}` } = o
  const ran = (workflow: string, from: number, conclusion: 'success' | 'failure' | null = 'success') =>
    workflowRan(issue, `${workflow}.yml`, { id: issue * 100 + from, from, to: from - 1, conclusion })
  const opened = (state: 'open' | 'merged') =>
    pullRequestChanged({
      number: 900 + issue,
      state,
      branch: `claude/issue-${issue}-x`,
      url: `https://github.com/acme/widgets/pull/${900 + issue}`,
      closingIssues: [issue],
      at: minutesAgo(state === 'open' ? 9 : 8),
    })
  const reviewed = [ran('plan', 29), ran('code', 20), ran('test', 12), opened('open')]
  const stories = {
    queued: [],
    running: [ran('plan', 29, null)],
    failed: [ran('plan', 29, 'failure')],
    review: reviewed,
    done: [...reviewed, opened('merged')],
  }
  const taken = issueTakenUp({ issue, title, at: 30 })
  return boardFixture({ id: issue, issue, repository, events: [taken, ...stories[light]] })
}

async function look(path = '/', at = page): Promise<Page> {
  await at.goto(proxy.url + path)
  await expect.poll(() => at.locator('html').getAttribute('data-live'), WITHIN).toBe('live')
  return at
}

/** Presses the button, and waits until what is there has been seen. */
async function ask(at = page): Promise<void> {
  await at.locator('#notify').click()
  await expect.poll(() => at.locator('#notify').getAttribute('aria-pressed')).toBe('true')
  await expect.poll(() => at.evaluate(SEEN), WITHIN).toBeGreaterThan(0)
}

const SEEN = `new Promise((resolve) => {
  const request = indexedDB.open('andon', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('seen')
  request.onsuccess = () => {
    request.result.transaction('seen').objectStore('seen').get('lights').onsuccess = ({ target }) => {
      request.result.close()
      resolve(Object.keys(target.result?.scopes ?? {}).length)
    }
  }
})`

const show = (...rows: readonly BoardFixture[]) => board.show({ rows })
const toasts = (at = page) => at.locator('.toast a').allInnerTexts()
const native = (at = page) => at.evaluate<string[]>('window.native')

/** Waits until the page shows so many rows: what was to be told of has then been read as well. */
async function settled(rows: number, at = page): Promise<void> {
  await expect.poll(() => at.locator('tr.pipeline-row').count(), WITHIN).toBe(rows)
  await new Promise((resolve) => setTimeout(resolve, 700))
}

test('a page asks for nothing by itself, and once when its button is pressed', async () => {
  await look()
  expect(await page.evaluate('window.asked')).toBe(0)
  await ask()
  expect(await page.evaluate('window.asked')).toBe(1)
  await page.reload()
  await expect.poll(() => page.locator('#notify').innerText(), WITHIN).toBe('Notifications on')
  expect(await page.evaluate('window.asked')).toBe(0)
})

test('what is there at first is not told; then exactly what starts, fails, moves into review or is done is', async () => {
  show(task(1, 'running'), task(2, 'queued'), task(3, 'failed'))
  await look()
  await ask()
  expect(await toasts()).toEqual([])
  const steps: [ShownLight, string[]][] = [
    ['running', ['acme/widgets #2 started Task 2']],
    ['failed', ['acme/widgets #2 failed Task 2']],
    ['queued', []],
    ['running', []],
    ['review', ['acme/widgets #2 is in review Task 2']],
    ['running', []],
    ['done', ['acme/widgets #2 is done Task 2']],
  ]
  const expected: string[] = []
  for (const [light, added] of steps) {
    show(task(1, 'running'), task(2, light), task(3, 'failed'))
    expected.push(...added)
    await expect.poll(() => toasts(), WITHIN).toEqual(expected)
    await settled(light === 'done' ? 2 : 3)
    expect(await toasts()).toEqual(expected)
  }
  expect(await native()).toEqual([])
})

test('a hidden page tells through the system, whose notification leads to the issue', async () => {
  show(task(1, 'running', { title: HOSTILE }))
  await look()
  await ask()
  await page.evaluate("{ sessionStorage.hidden = 'yes'; document.dispatchEvent(new Event('visibilitychange')) }")
  show(task(1, 'failed', { title: HOSTILE }))
  await expect.poll(() => native(), WITHIN).toEqual([expect.stringContaining('acme/widgets #1 failed: ')])
  expect(await toasts()).toEqual([])
  await page.evaluate('lastNotification.onclick()')
  await page.waitForURL('**/acme/widgets/issues/1')
})

test('three tabs tell once, also over reconnects, reloads and what changed meanwhile', async () => {
  show(task(1, 'running'))
  const tabs = [await look(), await look('/', await context.newPage()), await look('/', await context.newPage())]
  await ask()
  show(task(1, 'review'))
  const all = async () => (await Promise.all(tabs.map((tab) => toasts(tab)))).flat()
  await expect.poll(all, WITHIN).toEqual(['acme/widgets #1 is in review Task 1'])
  proxy.cut()
  await settled(1)
  await expect.poll(() => tabs[0]?.locator('html').getAttribute('data-live'), WITHIN).toBe('live')
  expect(await all()).toHaveLength(1)
  for (const tab of tabs) await tab.close()
  show(task(1, 'failed'))
  page = await look('/', await context.newPage())
  await expect.poll(() => toasts(), WITHIN).toEqual(['acme/widgets #1 failed Task 1'])
  await page.reload()
  await settled(1)
  expect(await toasts()).toEqual([])
})

test('many at once are summed up in one', async () => {
  const issues = [1, 2, 3, 4, 5]
  show(...issues.map((issue) => task(issue, 'queued')))
  await look()
  await ask()
  show(...issues.map((issue) => task(issue, issue < 3 ? 'failed' : 'review')))
  await expect.poll(() => toasts(), WITHIN).toEqual(['5 tasks moved 2 failed, 3 in review'])
})

test('who asked for one repository is told of no other', async () => {
  const both = (light: ShownLight) => [task(1, light), task(2, light, { repository: 'acme/api' })]
  show(...both('running'))
  await look('/acme/api')
  await ask()
  show(...both('review'))
  await expect.poll(() => toasts(), WITHIN).toEqual(['acme/api #2 is in review Task 2'])
  await look('/')
  expect(await page.locator('#notify').innerText()).toBe('Notify me')
  await page.locator('#notify').click()
  await settled(2)
  show(...both('failed'))
  await expect
    .poll(async () => (await toasts()).sort(), WITHIN)
    .toEqual(['acme/api #2 failed Task 2', 'acme/widgets #1 failed Task 1'])
})

test('the icon of the page carries the number that needs you', async () => {
  show(task(1, 'failed'), task(2, 'review'), task(3, 'running'))
  await look()
  const icon = () => page.locator('link[rel=icon]').getAttribute('href')
  await expect.poll(icon, WITHIN).toMatch(/\/icon-2\.svg$/)
  expect(await (await fetch(new URL((await icon()) ?? '', proxy.url))).text()).toContain('>2</text>')
  show(task(3, 'running'))
  await expect.poll(icon, WITHIN).toMatch(/\/icon\.svg$/)
})
