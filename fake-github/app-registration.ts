// The App comes into being: a manifest that a browser posts, a person who says yes, a code that the App's server exchanges
// for its credentials, and the page on which the App is installed.
// https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
import { randomBytes } from 'node:crypto'
import type { ApiRequest, ApiResponse } from './api-request.ts'
import type { Deliveries } from './deliveries.ts'
import type { Grant } from './grant.ts'
import { escapeHtml } from './markdown.ts'
import { APP } from './organization.ts'
import { appJson } from './payloads.ts'
import { authorizeInBrowser, CLIENT } from './sign-in.ts'
import type { World } from './world.ts'

/** What the owner has said yes to. */
export type Registration = {
  /** Code → when it was given; each works once, for an hour. */
  readonly codes: Map<string, number>
  manifest: Manifest | null
}

type Manifest = {
  readonly name: string
  readonly url: string
  readonly hook_attributes: { readonly url: string; readonly active?: boolean }
  readonly redirect_url: string
  readonly callback_urls: readonly string[]
  readonly setup_url?: string
  readonly request_oauth_on_install?: boolean
  readonly default_permissions: Grant['permissions']
  readonly default_events: Grant['events']
}

export type RegistrationContext = {
  readonly world: World
  readonly deliveries: Deliveries
  readonly privateKey: string
  readonly webhookSecret: string
  /** Installs the App on the organisation. */
  readonly install: () => void
  /** Who uses the browser. */
  readonly person: string
}

/** Requests of browsers, and the exchange of the code; null for other paths. */
export function respondToRegistration(request: ApiRequest, o: RegistrationContext): ApiResponse | null {
  const { method, path, query, form } = request
  const owner = /^(?:\/organizations\/([\w-]+))?\/settings\/apps\/new$/.exec(path)
  if (owner !== null && method === 'POST') return confirmPage(o, form.get('manifest') ?? '', owner[1], query)
  if (path === '/settings/apps' && method === 'POST') return register(o, form)
  const code = /^\/app-manifests\/([^/]+)\/conversions$/.exec(path)?.[1]
  if (code !== undefined && method === 'POST') return exchange(o, decodeURIComponent(code))
  if (path === `/apps/${APP.slug}/installations/new`) return method === 'GET' ? installPage(o) : install(o)
  return null
}

/** GitHub shows what the App will be, lets the person rename it, and asks for a yes. */
function confirmPage(
  { world, person }: RegistrationContext,
  text: string,
  owner: string | undefined,
  query: URLSearchParams,
): ApiResponse {
  const manifest = readManifest(text)
  if (manifest === null) return page(422, 'Invalid GitHub App configuration', '<p>The manifest is not valid.</p>')
  if (owner !== undefined && owner !== world.organization.login) return page(404, 'Not Found', '')
  const { default_permissions, default_events } = manifest
  return page(
    200,
    `Create GitHub App for ${owner ?? person}`,
    `<p>Permissions: ${escapeHtml(Object.keys(default_permissions).join(', '))}. Events: ${escapeHtml(default_events.join(', '))}.</p>
    <form method="post" action="/settings/apps">
      <label>GitHub App name <input name="name" value="${escapeHtml(manifest.name)}"></label>
      <input type="hidden" name="manifest" value="${escapeHtml(text)}">
      <input type="hidden" name="state" value="${escapeHtml(query.get('state') ?? '')}">
      <button>Create GitHub App for ${escapeHtml(owner ?? person)}</button>
    </form>`,
  )
}

function register({ world, deliveries }: RegistrationContext, form: URLSearchParams): ApiResponse {
  const manifest = readManifest(form.get('manifest') ?? '')
  if (manifest === null) return page(422, 'Invalid GitHub App configuration', '')
  world.registration.manifest = manifest
  world.grant = { permissions: manifest.default_permissions, events: manifest.default_events }
  world.installation.state = 'removed'
  world.installation.permissions = manifest.default_permissions
  const { url } = manifest.hook_attributes
  // There is no TLS on this machine.
  deliveries.setTarget(url.startsWith('http:') ? url : null)
  deliveries.enqueue('ping', { zen: 'Design for failure.', hook_id: APP.hookId, hook: { type: 'App' } })
  const code = randomBytes(20).toString('hex')
  world.registration.codes.set(code, world.clock.nowMs())
  const location = new URL(manifest.redirect_url)
  location.searchParams.set('code', code)
  location.searchParams.set('state', form.get('state') ?? '')
  return { status: 302, body: null, headers: { location: location.href } }
}

function exchange({ world, privateKey, webhookSecret }: RegistrationContext, code: string): ApiResponse {
  const givenAt = world.registration.codes.get(code)
  world.registration.codes.delete(code)
  if (givenAt === undefined || world.clock.nowMs() - givenAt > CODE_LIFETIME_MS)
    return { status: 404, body: { message: 'Not Found' } }
  const name = world.registration.manifest?.name ?? APP.name
  const credentials = {
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    webhook_secret: webhookSecret,
    pem: privateKey,
  }
  return { status: 201, body: { ...appJson(world), name, ...credentials } }
}

function installPage({ world }: RegistrationContext): ApiResponse {
  const { login } = world.organization
  const verb = world.registration.manifest?.request_oauth_on_install ? 'Install &amp; Authorize' : 'Install'
  return page(
    200,
    `Install ${APP.name} on ${login}`,
    `<p>All repositories of ${login}.</p><form method="post" action="/apps/${APP.slug}/installations/new"><button>${verb}</button></form>`,
  )
}

function install(o: RegistrationContext): ApiResponse {
  const { world, person } = o
  o.install()
  const manifest = world.registration.manifest
  const signsIn = manifest?.request_oauth_on_install === true
  const target = signsIn ? manifest.callback_urls[0] : manifest?.setup_url
  if (target === undefined) return page(200, 'Installed', '')
  const location = new URL(target)
  if (signsIn) location.searchParams.set('code', authorizeInBrowser(world, person, target))
  location.searchParams.set('installation_id', String(world.installation.id))
  location.searchParams.set('setup_action', 'install')
  return { status: 302, body: null, headers: { location: location.href } }
}

function readManifest(text: string): Manifest | null {
  try {
    const manifest = JSON.parse(text) as Manifest
    const urls = [manifest.url, manifest.redirect_url, manifest.hook_attributes.url, ...manifest.callback_urls]
    const isWhole = manifest.name.length > 0 && manifest.name.length <= 34 && urls.every((url) => URL.canParse(url))
    return isWhole && Object.keys(manifest.default_permissions).length > 0 ? manifest : null
  } catch {
    return null
  }
}

function page(status: number, title: string, body: string): ApiResponse {
  const html = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><h1>${escapeHtml(title)}</h1>${body}`
  return { status, body: html }
}

const CODE_LIFETIME_MS = 3_600_000
