// What a process shows while there is no App: the pages that register one, and everywhere else what to do.
import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import { GitHubFailure } from '../github/failure.ts'
import { CodeRefused } from '../github/register-app.ts'
import { MAX_APP_NAME_LENGTH, requestedPermissions, suggestedAppName } from '../setup/app-manifest.ts'
import { BROWSER_MS, type Setup, type SetupBrowser } from '../setup/setup.ts'
import { loadAssets } from './assets.ts'
import { openKeptCookie } from './cookies.ts'
import { limitForm } from './forms.ts'
import { HttpError, TooManyRequests } from './http-errors.ts'
import { isWebhookRequest } from './http-server.ts'
import { limitByAddress } from './limit-by-address.ts'
import { securityHeaders } from './security-headers.ts'
import { type HonoEnv, isMachinePath, type RequestContext } from './site.ts'
import { loadViews } from './views.ts'

export type SetupSiteConfig = {
  readonly baseUrl: string
  readonly githubUrl: string
  readonly webhookUrl: string
  /** False where the webhook address means this machine, and GitHub is elsewhere. */
  readonly isReachable: boolean
  readonly build: string
}

const NO_APP =
  'Andon has no GitHub App yet: whoever started it opens the address that it printed, and registers one there.'
const RETRY_AFTER_SECONDS = 30
const REFRESH_SECONDS = 10

/** Answers every request until there is an App. */
export function createSetupSite(o: {
  setup: Setup
  config: SetupSiteConfig
  /** Answers a request to the webhook path. */
  refuseDelivery: RequestListener
  now: () => string
  log: Logger
}): RequestListener {
  const { setup, config, log } = o
  const { baseUrl, githubUrl } = config
  const assets = loadAssets()
  const views = loadViews(assets.path)
  const cookie = openKeptCookie('andon-setup', BROWSER_MS, baseUrl)
  const app = new Hono<HonoEnv>({ strict: false })

  function page(
    context: RequestContext,
    status: 400 | 403 | 409 | 429 | 503,
    heading: string,
    message: string,
    refreshSeconds: number | null = null,
  ): Response {
    const model = { heading, message, details: [], hasHomeLink: false, refreshSeconds, notices: [] }
    return context.html(views.render('error-page', model), status)
  }

  app.use(async (context, next) => {
    await next()
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store')
    // Addresses of the setup have a token or a code in them. GitHub may want to know where its form comes from.
    context.header('referrer-policy', context.req.method === 'POST' ? 'strict-origin' : 'no-referrer')
  })
  app.use(securityHeaders(baseUrl, [new URL(githubUrl).origin]))

  app.get('/healthz', (context) =>
    context.json({ status: 'degraded', degraded: [NO_APP], build: config.build, app: null }),
  )
  app.get('/readyz', (context) => context.json({ ready: false, reason: NO_APP }, 503))
  app.get('/assets/:hash/:name', (context) => {
    const asset = assets.find(context.req.param('name'))
    return asset === null ? context.notFound() : context.body(asset.body, 200, { 'content-type': asset.type })
  })
  app.get('/favicon.ico', (context) => context.redirect(assets.path('icon.svg')))

  // Also `/setup` itself.
  app.use('/setup/*', limitByAddress({ baseUrl, now: o.now }))
  app.get('/setup', (context) => {
    const token = context.req.query('token')
    if (token !== undefined) {
      const kept = setup.admit(token)
      if (kept === null)
        return page(
          context,
          403,
          'This address does not work',
          'It is not the one that Andon printed, or is older than a day: restart Andon, and open the address that it prints.',
        )
      cookie.set(context, kept)
      return context.redirect(`${baseUrl}/setup`, 303)
    }
    const browser = setup.find(cookie.read(context))
    if (browser === null) return page(context, 403, ...NOT_THIS_BROWSER)
    return context.html(views.render('setup', formModelOf(browser)))
  })

  app.post('/setup', limitForm, async (context) => {
    const browser = setup.find(cookie.read(context))
    if (browser === null) return page(context, 403, ...NOT_THIS_BROWSER)
    const fields = await context.req.parseBody().catch(() => ({}) as Record<string, unknown>)
    const name = String(fields.name ?? '').trim()
    const organization = String(fields.organization ?? '').trim()
    if (name === '' || name.length > MAX_APP_NAME_LENGTH || /\p{C}/u.test(name))
      throw new HttpError(400, `The App needs a name of at most ${MAX_APP_NAME_LENGTH} characters.`)
    if (organization !== '' && !LOGIN.test(organization))
      throw new HttpError(400, 'That is no login of an organisation: take the last part of its address at GitHub.')
    const chosen = { name, organization: organization === '' ? null : organization }
    const model = { ...chosen, ...setup.formOf(browser, chosen), heading: 'On to GitHub', notices: [] }
    return context.html(views.render('setup-continue', model))
  })

  app.get('/setup/done', async (context) => {
    const { code = '', state = '' } = context.req.query()
    const browser = setup.find(cookie.read(context))
    if (browser === null || code === '') return page(context, 403, ...NOT_THIS_BROWSER)
    const result = await setup.complete(browser, { state, code })
    switch (result.state) {
      case 'foreign':
        return page(context, 403, ...NOT_THIS_BROWSER)
      case 'taken':
        return page(context, 409, 'Somebody was faster', takenText(result.pageUrl))
      case 'registered':
        cookie.clear(context)
        return context.redirect(result.installUrl)
    }
  })

  app.notFound((context) => {
    context.header('retry-after', `${RETRY_AFTER_SECONDS}`)
    if (isMachinePath(context.req.path)) return context.json({ error: NO_APP }, 503)
    return page(context, 503, 'Andon has no GitHub App yet', NOT_SET_UP, REFRESH_SECONDS)
  })
  app.onError((error, context) => {
    if (error instanceof HttpError && error.status === 400)
      return page(context, 400, 'This request is not valid', `${error.message} Go back, and mend it.`)
    if (error instanceof TooManyRequests) {
      context.header('retry-after', `${error.retryAfterSeconds}`)
      return page(context, 429, 'Not so fast', 'Too many requests come from your address: try again in a minute.')
    }
    if (error instanceof CodeRefused)
      return page(
        context,
        400,
        'GitHub does not know this code',
        'It works once, and for an hour. If the App was made, delete it in its settings at GitHub (Advanced); then begin again at /setup.',
      )
    if (error instanceof GitHubFailure) {
      log.warn({ err: error }, 'the App could not be registered')
      return page(context, 503, 'GitHub does not answer', 'Nothing is lost: reload this page in a moment.')
    }
    log.error({ err: error, path: context.req.path }, 'a request failed')
    return page(context, 503, 'Something broke', 'The log says what.')
  })

  function formModelOf({ state }: SetupBrowser): object {
    return {
      heading: 'Register',
      notices: [],
      name: suggestedAppName(baseUrl, state),
      maxNameLength: MAX_APP_NAME_LENGTH,
      permissions: Object.entries(requestedPermissions()).map(([permission, level]) => ({
        permission: permission.replaceAll('_', ' '),
        level,
      })),
      ...config,
    }
  }

  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  return (request, response) =>
    void (isWebhookRequest(request) ? o.refuseDelivery(request, response) : listener(request, response))
}

const LOGIN = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/

const NOT_SET_UP =
  'Whoever started it finds an address in what it printed, in the terminal or in the log of its host, and registers the App there. Nothing else is needed: this page then becomes the board.'

const NOT_THIS_BROWSER = [
  'This browser has not begun the setup',
  'Open the address that Andon printed when it started, token and all, and go on from there in the same browser.',
] as const

function takenText(pageUrl: string | null): string {
  const where = pageUrl === null ? 'in your settings there' : `at ${pageUrl}`
  return `Andon has its App already: the board is at /. Nothing uses the App that GitHub made for you: delete it ${where}.`
}
