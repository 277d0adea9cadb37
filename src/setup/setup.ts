// Registering the App from the setup page. Whoever has the printed address may: its token is sealed with Andon's own
// secret, so that any process knows it, and it is worth nothing once an App is stored. What must come back from GitHub to
// the same browser (the state) waits there in a sealed cookie.
import type { RegisteredApp } from '../github/register-app.ts'
import { isSameSecret, randomSecret, type SecretKeys } from '../sign-in/keys.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { type AppAddresses, appManifestOf } from './app-manifest.ts'

/** A browser that came with the token: only it may bring the code back. */
export type SetupBrowser = { readonly state: string; readonly until: string }

export type RegistrationForm = {
  /** Where the browser posts the manifest. */
  readonly action: string
  readonly manifest: string
}

export type Setup = {
  /** The address for the person who started Andon; it works for a day. */
  address(): string
  /** What the browser keeps that came with that token; null when it is none, or too old. */
  admit(token: string): string | null
  /** Null when the browser has not come with a token, or did too long ago. */
  find(kept: string | null): SetupBrowser | null
  formOf(browser: SetupBrowser, o: { readonly name: string; readonly organization: string | null }): RegistrationForm
  /** Takes the code that GitHub sent the browser back with. Rejects with CodeRefused or a GitHubFailure. */
  complete(browser: SetupBrowser, o: { readonly state: string; readonly code: string }): Promise<SetupResult>
}

export type SetupResult =
  /** Andon is this App now; people go on at `installUrl`. */
  | { readonly state: 'registered'; readonly installUrl: string }
  /** GitHub did not send this browser back. */
  | { readonly state: 'foreign' }
  /** Another registration was faster. */
  | { readonly state: 'taken'; readonly pageUrl: string | null }

export function openSetup(
  o: AppAddresses & {
    keys: SecretKeys
    githubUrl: string
    now: () => string
    isTaken: () => Promise<boolean>
    exchangeCode: (code: string) => Promise<RegisteredApp>
    /** Stores the App and lets Andon be it; false when there is one already. */
    adopt: (app: RegisteredApp) => Promise<boolean>
  },
): Setup {
  const { keys, githubUrl, now } = o
  const after = (ms: number) => millisecondsAfter(now(), ms)
  const open = (sealed: string, purpose: string): SetupBrowser | null => {
    const text = keys.open(sealed, purpose)
    const opened = text === null ? null : (JSON.parse(text) as SetupBrowser)
    return opened !== null && opened.until > now() ? opened : null
  }
  const seal = (purpose: string, ms: number) =>
    keys.seal(JSON.stringify({ state: randomSecret(), until: after(ms) } satisfies SetupBrowser), purpose)
  return {
    address: () => `${o.baseUrl}/setup?token=${seal(TOKEN, TOKEN_MS)}`,
    admit: (token) => (open(token, TOKEN) === null ? null : seal(BROWSER, BROWSER_MS)),
    find: (kept) => (kept === null ? null : open(kept, BROWSER)),
    formOf({ state }, { name, organization }) {
      const owner = organization === null ? '' : `/organizations/${encodeURIComponent(organization)}`
      return {
        action: `${githubUrl}${owner}/settings/apps/new?state=${state}`,
        manifest: JSON.stringify(appManifestOf({ ...o, name })),
      }
    },
    async complete(browser, { state, code }) {
      if (!isSameSecret(browser.state, state)) return { state: 'foreign' }
      // Asked before, so that a code that comes too late makes nothing.
      if (await o.isTaken()) return { state: 'taken', pageUrl: null }
      const app = await o.exchangeCode(code)
      if (!(await o.adopt(app))) return { state: 'taken', pageUrl: app.pageUrl }
      return { state: 'registered', installUrl: `${app.pageUrl}/installations/new` }
    },
  }
}

const TOKEN = 'setup address'
const BROWSER = 'setup browser'
const TOKEN_MS = 24 * 3_600_000
/** As long as GitHub's code works. */
export const BROWSER_MS = 3_600_000
