// From an empty folder to a light on the board, as a person does it: the address that Andon prints, then clicks.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { openFakeGitHub } from '../support/fake-github.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { openBrowser, openPage } from './support/open-browser.ts'

const RUNS = repetitions(1, 20)
const MOST_SECONDS = 300
const MOST_CLICKS = 3

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
afterEach(stopAllProcesses)

test(
  'an empty folder becomes a board with a light: three clicks, and no secret pasted',
  async () => {
    const seconds: number[] = []
    for (let round = 0; round < RUNS; round++) seconds.push(await setUp(round))
    expect(Math.max(...seconds)).toBeLessThan(MOST_SECONDS)
    recordMeasurements('setup', {
      runs: RUNS,
      succeeded: seconds.length,
      clicks: MOST_CLICKS,
      'secrets pasted': 0,
      'seconds at most': Math.ceil(Math.max(...seconds)),
    })
  },
  90_000 * RUNS,
)

/** Resolves to the seconds it took. */
async function setUp(round: number): Promise<number> {
  const startedAt = performance.now()
  const github = await openFakeGitHub({ seed: randomSeed(round + 1) })
  const andon = await startAndonProcess('all', {
    APP_ID: undefined,
    PRIVATE_KEY: undefined,
    WEBHOOK_SECRET: undefined,
    ANDON_ACCESS: undefined,
    GITHUB_API_URL: github.url,
    GITHUB_URL: github.url,
    OIDC_ISSUER: github.oidcIssuer,
    BASE_URL: undefined,
  })
  let address: string | undefined
  await waitUntil('the address is printed', () => {
    address = /open (\S+) \(/.exec(andon.stderr())?.[1]
    return address !== undefined
  })
  const { page, complaints } = await openPage(browser)
  let clicks = 0
  const click = async (name: string) => {
    clicks += 1
    await page.getByRole('button', { name }).click()
  }

  await page.goto(address ?? '')
  await page.getByLabel('Organisation').fill('acme')
  await click('Continue at GitHub')
  await page.waitForURL(`${github.url}/organizations/acme/settings/apps/new*`)
  await click('Create GitHub App for acme')
  await page.waitForURL(`${github.url}/apps/andon/installations/new`)
  await click('Install & Authorize')
  await page.getByText('Nothing is on the line').waitFor()
  const [repository = ''] = github.repositories
  await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  await page.locator('tr', { hasText: 'Retry on flaky upload' }).waitFor()

  expect(clicks).toBeLessThanOrEqual(MOST_CLICKS)
  expect(complaints).toEqual([])
  const passed = (performance.now() - startedAt) / 1000
  await page.context().close()
  expect((await andon.stop()).code).toBe(0)
  await github.close()
  return passed
}

test('without scripts the form takes one click more', async () => {
  const github = await openFakeGitHub()
  const andon = await startAndonProcess('all', {
    APP_ID: undefined,
    PRIVATE_KEY: undefined,
    WEBHOOK_SECRET: undefined,
    ANDON_ACCESS: 'open',
    GITHUB_API_URL: github.url,
    GITHUB_URL: github.url,
  })
  await waitUntil('the address is printed', () => andon.stderr().includes('/setup?token='))
  const { page } = await openPage(browser, { javaScriptEnabled: false })
  await page.goto(/open (\S+) \(/.exec(andon.stderr())?.[1] ?? '')
  await page.getByRole('button', { name: 'Continue at GitHub' }).click()
  await page.getByRole('button', { name: 'Continue at GitHub' }).click()
  await page.getByRole('button', { name: 'Create GitHub App' }).click()
  await page.getByRole('button', { name: 'Install' }).click()
  await page.getByText('Nothing is on the line').waitFor()
  await page.context().close()
  await andon.stop()
  await github.close()
})
