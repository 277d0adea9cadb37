// A person signs in with a real browser, at a GitHub on this machine, and finds pages that everyone can use.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { expectNoViolation } from './support/axe.ts'
import { type BoardServer, startBoardServer } from './support/board-server.ts'
import { openBrowser, openPage } from './support/open-browser.ts'
import { startSignInProcess } from './support/sign-in-process.ts'

const WIDTHS = [320, 390, 1440]
const THEMES = ['light', 'dark'] as const

let github: FakeGitHub
let browser: Browser
let andon: AndonProcess
let closed: BoardServer

beforeAll(async () => {
  github = await openFakeGitHub()
  ;[andon, closed, browser] = await Promise.all([
    startSignInProcess(github, { ANDON_OPERATORS: 'ada' }),
    startBoardServer({ access: 'login' }),
    openBrowser(),
  ])
})
afterAll(async () => {
  await Promise.all([browser.close(), closed.stop(), stopAllProcesses()])
  await github.close()
})

test('a person signs in by two clicks, makes a token, and signs out', async () => {
  const { page, complaints } = await openPage(browser)
  await page.goto(`${andon.url}/account`)
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click()
  await page.getByRole('link', { name: 'Authorize as ada' }).click()
  expect(page.url()).toBe(`${andon.url}/account`)
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('ada')
  for (const name of ['nightly report', 'a-name-without-a-space-that-is-as-long-as-names-may-be-and-so-wraps']) {
    await page.getByLabel('Name of a new token').fill(name)
    await page.getByRole('button', { name: 'Make a token' }).click()
    expect(await page.locator('#made-token').innerText()).toMatch(/^andon_/)
  }
  expect(await page.getByRole('button', { name: 'Revoke nightly report' }).count()).toBe(1)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in with GitHub' }).waitFor()
  // Chromium writes the status of each page that is an error to its console, and nothing else.
  expect(complaints.filter((line) => !line.includes('401'))).toEqual([])
  await page.context().close()
})

test('axe finds no violation on the pages of signing in, in either theme, and nothing scrolls sideways', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${andon.url}/login?to=/account`)
  await page.getByRole('link', { name: 'Authorize as ada' }).click()
  const storageState = await page.context().storageState()
  await page.context().close()
  await everywhere({}, async (page) => {
    await expectUsable(page, `${andon.url}/acme/widgets`, 'Sign in to see the board')
    await expectUsable(page, closed.url, 'This board does not show you this')
    await expectUsable(page, `${andon.url}/login/callback?code=a&state=b`, 'This request is not valid')
  })
  await everywhere({ storageState }, async (page) => {
    await expectUsable(page, `${andon.url}/account`, 'ada')
    await expectUsable(page, `${andon.url}/acme/no-such-repository-with-a-name-that-is-rather-long`, 'Nothing here')
    await page.goto(`${andon.url}/account`)
    await page.getByLabel('Name of a new token').fill('ci dashboard')
    await page.getByRole('button', { name: 'Make a token' }).click()
    await page.locator('#made-token').waitFor()
    await expectNoViolation(page, 'a token that was made')
    await page.getByRole('button', { name: 'Revoke ci dashboard' }).click()
  })
  await everywhere({}, async (page) => {
    await exhaustLimit()
    await expectUsable(page, `${andon.url}/login`, 'Not so fast')
  })
})

/** Resolves when this address may not try to sign in for a while. */
async function exhaustLimit(): Promise<void> {
  for (let seconds = 0; seconds < 15; ) {
    const { headers } = await fetch(`${andon.url}/login`, { redirect: 'manual' })
    seconds = Number(headers.get('retry-after'))
  }
}

/** Visits pages in each theme and width. */
async function everywhere(options: BrowserContextOptions, visit: (page: Page) => Promise<void>): Promise<void> {
  for (const colorScheme of THEMES) {
    for (const width of WIDTHS) {
      const { page } = await openPage(browser, { ...options, colorScheme, viewport: { width, height: 800 } })
      await visit(page)
      await page.context().close()
    }
  }
}

async function expectUsable(page: Page, address: string, heading: string): Promise<void> {
  await page.goto(address)
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(heading)
  await expectNoViolation(page, address)
}
