// The manifest that GitHub makes the App from: app.yml, with this board's addresses in it.
// https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest#github-app-manifest-parameters
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

const APP_YML = resolve(import.meta.dirname, '../../app.yml')

export type AppAddresses = {
  readonly baseUrl: string
  /** Where GitHub posts deliveries. */
  readonly webhookUrl: string
  readonly access: 'login' | 'open'
}

type Manifest = Readonly<Record<string, unknown>> & {
  readonly hook_attributes: object
  readonly default_permissions: Readonly<Record<string, string>>
}

const readManifest = () => parse(readFileSync(APP_YML, 'utf8')) as Manifest

/** What the App asks for: `issues` → `write`. */
export function requestedPermissions(): Readonly<Record<string, string>> {
  return readManifest().default_permissions
}

/** The manifest for an App of that name. */
export function appManifestOf(o: AppAddresses & { readonly name: string }): Readonly<Record<string, unknown>> {
  const { baseUrl } = o
  const manifest = readManifest()
  // GitHub leads from the installation either to the first callback, with the person signed in, or to the setup URL.
  const signsIn = o.access === 'login'
  return {
    ...manifest,
    name: o.name,
    url: baseUrl,
    hook_attributes: { ...manifest.hook_attributes, url: o.webhookUrl },
    redirect_url: `${baseUrl}/setup/done`,
    callback_urls: [`${baseUrl}/login/callback`],
    request_oauth_on_install: signsIn,
    ...(!signsIn && { setup_url: `${baseUrl}/setup/installed` }),
  }
}

/** A name that is probably free: names are unique on all of GitHub. */
export function suggestedAppName(baseUrl: string, state: string): string {
  const { hostname } = new URL(baseUrl)
  const name = `Andon ${hostname}`
  const isLocal = /^(localhost|[\d.]+|\[.*\])$/.test(hostname)
  return isLocal || name.length > MAX_APP_NAME_LENGTH
    ? `Andon ${state
        .replaceAll(/[^A-Za-z0-9]/g, '')
        .slice(0, 6)
        .toLowerCase()}`
    : name
}

export const MAX_APP_NAME_LENGTH = 34
