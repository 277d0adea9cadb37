// The controls in a real browser: they work without JavaScript, by keyboard, in both themes and from 320 px on.
import { readFileSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { expectNoViolation } from './support/axe.ts'
import { countTabStops, tabThrough } from './support/keyboard.ts'
import { openBrowser, openPage } from './support/open-browser.ts'
import { startSignInProcess } from './support/sign-in-process.ts'

const WIDTHS = [320, 390, 1440]
const THEMES = ['light', 'dark'] as const
const ISSUE = '/acme/widgets/issues/1'
const CONFIGURATION = `stages:
  plan: { workflow: plan.yml, attempts: 1 }
checks: { before_pull_request: off }
comments: off
`

let github: FakeGitHub
let browser: Browser
let andon: AndonProcess

beforeAll(async () => {
  github = await openFakeGitHub()
  andon = await startSignInProcess(github, { ANDON_OPERATORS: 'ada' })
  github.deliveries.setTarget(`${andon.url}/api/github/webhooks`)
  github.onDispatch((run) => run.conclude('failure'))
  github.writeFile('acme/widgets', '.github/andon.yml', CONFIGURATION)
  github.writeFile('acme/widgets', '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  await github.openIssue('acme/widgets', { title: 'Retry on flaky upload', labels: ['andon'] })
  browser = await openBrowser()
})
afterAll(async () => {
  await Promise.all([browser.close(), stopAllProcesses()])
  await github.close()
})

async function signedIn(options: BrowserContextOptions = {}): Promise<Page> {
  const { page } = await openPage(browser, options)
  await page.goto(`${andon.url}/login?to=${ISSUE}`)
  await page.getByRole('link', { name: 'Authorize as ada' }).click()
  return page
}

test('without JavaScript a person holds an issue with a reason, sees it held in their name, and resumes it', async () => {
  const page = await signedIn({ javaScriptEnabled: false })
  await page.getByText('Hold #1').click()
  await page.getByLabel('Reason').fill('the <b>plan</b> is wrong')
  await page.getByLabel('Until').fill('2h')
  await page.getByRole('button', { name: 'Hold', exact: true }).click()
  expect(page.url()).toContain(`${ISSUE}?pressed=`)
  await reloadUntil(page, 'Done: this issue is held by @ada')
  expect(await page.locator('#summary').innerText()).toContain('held by @ada')
  expect(await page.locator('#press').innerText()).toContain('the <b>plan</b> is wrong')
  await picture(page, '-issue-held')
  await page.getByRole('button', { name: 'Resume the issue' }).click()
  await reloadUntil(page, 'Done: this issue is no longer held')
  await page.context().close()
}, 60_000)

test('with JavaScript the result comes by itself, by keyboard alone, and the cord of a repository is at its head', async () => {
  const page = await signedIn()
  await page.goto(`${andon.url}/acme/widgets`)
  await page.getByText('Hold acme/widgets').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.type('release week')
  await page.keyboard.press('Enter')
  await page.locator('#press.is-done').waitFor()
  expect(await page.locator('#holds').innerText()).toContain('by @ada since')
  await picture(page, '-held')
  await page.getByRole('button', { name: 'Resume acme/widgets' }).press('Enter')
  await page.getByText('Done: the repository is no longer held').waitFor()
  await page.context().close()
}, 60_000)

test('the keyboard alone reaches every control in the order of the page, sees where it is, and is caught nowhere', async () => {
  const page = await signedIn()
  for (const path of ['/', '/acme', '/acme/widgets', ISSUE, '/health', '/account']) {
    await page.goto(andon.url + path)
    await page.evaluate("for (const form of document.querySelectorAll('.cord details')) form.open = true")
    const stops = await tabThrough(page)
    expect(
      stops.filter(({ isSeen }) => !isSeen),
      path,
    ).toEqual([])
    expect(
      stops.map(({ place }) => place),
      path,
    ).toEqual(Array.from({ length: await countTabStops(page) }, (_, place) => place))
    expect(
      (await tabThrough(page, 'Shift+Tab')).map(({ place }) => place),
      `${path} backwards`,
    ).toEqual(stops.map(({ place }) => place).reverse())
  }
  await page.context().close()
}, 60_000)

test('Escape folds the form of a hold and leaves the search, and a stage is retried without a pointer', async () => {
  const page = await signedIn()
  const isFocused = (name: string) =>
    page.evaluate<string>('document.activeElement.innerText').then((text) => text.includes(name))
  await page.locator('html[data-live="live"]').waitFor({ state: 'attached' })
  await page.getByText('Hold #1').press('Enter')
  await page.getByLabel('Reason').press('Escape')
  expect([await isFocused('Hold #1'), await page.getByLabel('Reason').isVisible()]).toEqual([true, false])
  await page.getByRole('button', { name: 'Retry plan' }).press('Space')
  await page.locator('#press:not([hidden])').waitFor()
  expect(await page.locator('#press').innerText()).toContain('retry plan')
  await page.goto(andon.url)
  await page.locator('html[data-live="live"]').waitFor({ state: 'attached' })
  await page.keyboard.press('/')
  await page.keyboard.type('plan')
  expect(await page.locator('input[name=q]').evaluate((field) => field === field.ownerDocument.activeElement)).toBe(
    true,
  )
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  expect(await page.evaluate('document.activeElement.id')).toBe('main')
  await page.context().close()
}, 60_000)

test('what is typed into the form of a hold stays while the page changes around it', async () => {
  const page = await signedIn()
  await page.getByText('Hold #1').click()
  await page.getByLabel('Reason').fill('half a sent')
  await github.editIssue('acme/widgets', 1, { title: 'Another title' })
  await page.getByRole('heading', { name: 'Another title' }).waitFor()
  expect(await page.getByLabel('Reason').inputValue()).toBe('half a sent')
  expect(await page.getByLabel('Reason').evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true)
  await page.context().close()
}, 60_000)

test('axe finds no violation on pages with controls, in either theme, and nothing scrolls sideways', async () => {
  const first = await signedIn()
  await first.getByRole('button', { name: 'Retry plan' }).waitFor()
  const storageState = await first.context().storageState()
  await first.context().close()
  for (const colorScheme of THEMES) {
    for (const width of WIDTHS) {
      const { page } = await openPage(browser, { storageState, colorScheme, viewport: { width, height: 900 } })
      for (const path of [ISSUE, '/acme/widgets', '/']) {
        await page.goto(andon.url + path)
        await page.locator('.cord summary').click()
        await picture(page, `${path.replaceAll('/', '-')}-${width}-${colorScheme}`)
        await expectNoViolation(page, path)
      }
      await page.context().close()
    }
  }
}, 120_000)

/** For looking at them: set ANDON_TEST_PICTURES to a directory. */
async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env.ANDON_TEST_PICTURES
  if (directory !== undefined) await page.screenshot({ path: `${directory}/controls${name}.png`, fullPage: true })
}

async function reloadUntil(page: Page, text: string): Promise<void> {
  await expect
    .poll(
      async () => {
        await page.reload()
        return await page.locator('#press').innerText()
      },
      { timeout: 20_000 },
    )
    .toContain(text)
}
