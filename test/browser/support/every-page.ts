// Every page that Andon has, and an issue's in every state, at addresses that a browser can open: for pictures and for tests.
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { BASE_URL } from '../../support/andon-app.ts'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../../support/andon-process.ts'
import { buryEffects } from '../../support/bury-effects.ts'
import { openFakeGitHub } from '../../support/fake-github.ts'
import { openVisitor } from '../../support/visitor.ts'
import { openSite, openStubBoard } from '../../web/support/site-world.ts'
import { type Factory, openFactory } from './factory.ts'

/** `isSignedIn`: as `ada`, who may do everything. */
export type PageToLookAt = { readonly name: string; readonly url: string; readonly isSignedIn: boolean }

export type EveryPage = {
  readonly factory: Factory
  readonly pages: readonly PageToLookAt[]
  /** A browser's context that is signed in. */
  signIn(browser: Browser, options: BrowserContextOptions): Promise<BrowserContext>
  close(): Promise<void>
}

export async function openEveryPage(): Promise<EveryPage> {
  // The factory leaves no time to wait for anything else.
  const [setup, away] = await Promise.all([startSetup(), startUnavailable()])
  const factory = await openFactory('login')
  const { app, scenes } = factory
  const ada = openVisitor({ ...app, baseUrl: BASE_URL })
  await ada.signIn('ada')
  const made = await ada.post('/account/tokens', { token: await ada.formToken(), name: 'nightly report' })
  if (!made.text.includes('nightly report')) throw new Error(`no token was made: ${made.status}`)
  await buryEffects(app.database, app.clock.now(), ['react/5032187', 'reply/5032191'])
  const at = (name: string, path: string) => ({ name, url: app.url + path, isSignedIn: true })
  return {
    factory,
    pages: [
      at('board', '/'),
      at('wall', '/?wall'),
      at('find', '/?q=code&sort=repository'),
      at('done', '/?light=done'),
      at('owner', '/acme'),
      at('repository', '/acme/widgets'),
      ...scenes.map(({ name, path }) => at(`issue-${name}`, path)),
      at('account', '/account'),
      at('health', '/health'),
      at('given-up', '/health/effects'),
      at('not-found', '/acme/nothing'),
      { name: 'sign-in', url: app.url, isSignedIn: false },
      { name: 'setup', url: setup.url, isSignedIn: false },
      { name: 'unavailable', url: away.url, isSignedIn: false },
    ],
    async signIn(browser, options) {
      const context = await browser.newContext(options)
      const url = app.url.replace('http:', 'https:')
      await context.addCookies([...ada.cookies].map(([name, value]) => ({ name, value, url })))
      return context
    },
    async close() {
      await Promise.all([setup.close(), away.close()])
      await app.close()
    },
  }
}

/** Andon before it has an App. */
async function startSetup() {
  const github = await openFakeGitHub()
  const andon = await startAndonProcess('all', {
    APP_ID: undefined,
    PRIVATE_KEY: undefined,
    WEBHOOK_SECRET: undefined,
    ANDON_ACCESS: undefined,
    GITHUB_API_URL: github.url,
    GITHUB_URL: github.url,
    BASE_URL: undefined,
  })
  await waitUntil('the address is printed', () => andon.stderr().includes('/setup?token='), { withinMs: 120_000 })
  return {
    url: /open (\S+) \(/.exec(andon.stderr())?.[1] ?? '',
    async close() {
      await stopAllProcesses()
      await github.close()
    },
  }
}

/** A board whose database cannot be read. */
async function startUnavailable() {
  const board = openStubBoard()
  board.setUnavailable(true)
  return await openSite(board.reader)
}
