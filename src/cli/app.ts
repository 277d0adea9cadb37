// `app …`: shows the GitHub App, and replaces its webhook secret, its key and its client secret while Andon runs. No
// secret is an argument, and none is printed.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import pino from 'pino'
import { type AppCredentials, readConfig, type StartConfig } from '../config.ts'
import { appPageOf } from '../doctor/app.ts'
import { openAppReads } from '../github/app-settings.ts'
import { GitHubFailure } from '../github/failure.ts'
import { openRequests, type SendRequest } from '../github/request.ts'
import { setWebhookSecret } from '../github/webhook-secret.ts'
import { NO_APP_YET } from '../process/app-store.ts'
import { EX_DATAERR, EX_USAGE, failWith } from '../process/exit.ts'
import { dropFormerSecrets, type RotationResult, replaceCredentials, rotateWebhookSecret } from '../process/rotation.ts'
import { type StoredApp, withStoredApp } from '../process/stored-app.ts'
import { randomSecret } from '../sign-in/keys.ts'
import { printable } from '../text/printable.ts'
import { readSignIn } from './read-app.ts'
import { isRefusal } from './reading.ts'

const NOT_DONE = 1
const CANNOT_TELL = 2

/** Resolves to the exit code. */
export async function runAppCommand(args: readonly string[]): Promise<number> {
  const [verb, word, ...more] = args
  if (more.length > 0) return failWith(USAGE, EX_USAGE)
  if (verb === 'show' && (word === undefined || word === '--json')) return await showApp(word === '--json')
  if (verb === 'secret' && word === 'rotate') return await changeApp('WEBHOOK_SECRET', rotateSecret)
  if (verb === 'secret' && word === 'drop') return await changeApp('WEBHOOK_SECRET', dropSecrets)
  if (word === undefined || (word !== '-' && word.startsWith('-'))) return failWith(USAGE, EX_USAGE)
  if (verb === 'key') return await changeApp('PRIVATE_KEY', (o) => changeKey(o, word))
  if (verb === 'client-secret') return await changeApp('GITHUB_CLIENT_SECRET', (o) => changeClientSecret(o, word))
  return failWith(USAGE, EX_USAGE)
}

const USAGE =
  'use `app show [--json]`, `app secret rotate`, `app secret drop`, `app key FILE` or `app client-secret FILE` (`-` is stdin).'

type Change = { readonly config: StartConfig; readonly stored: StoredApp }

async function showApp(asJson: boolean): Promise<number> {
  const config = readConfig('all', process.env)
  const app = config.app ?? (await withStoredApp(config, (stored) => stored.load()))
  if (app === null) return failWith(NO_APP_YET, NOT_DONE)
  const place = config.databaseUrl === null ? 'file' : 'database'
  const shown = {
    source: config.app === null ? place : 'environment',
    appId: app.appId,
    keyFingerprint: fingerprintOf(app.privateKey),
    webhookSecrets: app.webhookSecrets.length,
    clientId: app.client?.id ?? null,
  }
  if (asJson) console.log(JSON.stringify(shown, null, 2))
  else
    console.log(
      [
        `App ${shown.appId}, from the ${shown.source}`,
        `key            ${shown.keyFingerprint}`,
        `secrets        ${shown.webhookSecrets} accepted`,
        `client         ${shown.clientId ?? 'none'}`,
      ].join('\n'),
    )
  return 0
}

async function changeApp(variable: string, change: (o: Change) => Promise<number>): Promise<number> {
  const config = readConfig('all', process.env)
  if (config.app !== null)
    return failWith(
      `the App comes from the environment, which beats what is stored: change ${variable} there, and restart (docs/operations.md, "Rotating").`,
      NOT_DONE,
    )
  return await withStoredApp(config, (stored) => change({ config, stored }))
}

async function rotateSecret({ config, stored }: Change): Promise<number> {
  announceWait(stored)
  return await report(rotateWebhookSecret(rotationOf(config, stored), randomSecret), {
    failed: 'all stored secrets are accepted, so nothing is lost: run `app secret rotate` again',
    done: 'GitHub signs with the newest webhook secret. The former is accepted too, until `app secret drop`: run that an hour from now, or at once if the former is known to others.',
  })
}

async function dropSecrets({ config, stored }: Change): Promise<number> {
  announceWait(stored)
  return await report(dropFormerSecrets(rotationOf(config, stored)), {
    failed: 'nothing was dropped: run `app secret drop` again',
    done: `Only the newest webhook secret is accepted${withinSeconds(stored)}.`,
  })
}

async function changeKey({ config, stored }: Change, file: string): Promise<number> {
  const pem = await readSecretFile(file)
  if (pem === null) return failWith(`${printable(file)} cannot be read: name the file.`, NOT_DONE)
  const fingerprint = fingerprintOf(pem)
  if (fingerprint === null)
    return failWith(`${printable(file)} is not a private key: download one from the App's page.`, EX_DATAERR)
  const app = await stored.load()
  if (app === null) return failWith(NO_APP_YET, NOT_DONE)
  const former = fingerprintOf(app.privateKey)
  if (fingerprint === former) return failWith('this key is in use already.', NOT_DONE)
  const next = { ...app, privateKey: pem }
  try {
    const { settings } = await openAppReads(requestsOf(config, next)).readApp()
    if (settings.id !== app.appId)
      return failWith(`this key is of App ${settings.id}, not ${app.appId}: nothing was changed.`, NOT_DONE)
    announceWait(stored)
    return await report(replaceCredentials(stored, app, next), {
      failed: '',
      done: `Every process uses the key ${fingerprint}. Delete the former, ${former}, at ${appPageOf(settings, config.githubUrl)}.`,
    })
  } catch (error) {
    return failOnGitHub(error, 'nothing was changed')
  }
}

async function changeClientSecret({ config, stored }: Change, file: string): Promise<number> {
  const secret = (await readSecretFile(file))?.trim()
  if (secret === undefined) return failWith(`${printable(file)} cannot be read: name the file.`, NOT_DONE)
  const app = await stored.load()
  if (app === null) return failWith(NO_APP_YET, NOT_DONE)
  if (app.client === null) return failWith('this App has no client: nobody signs in through it.', NOT_DONE)
  const client = { ...app.client, secret }
  const { githubUrl, githubApiUrl: apiUrl, baseUrl } = config
  const { isSecretAccepted } = await readSignIn({ access: 'login', client, githubUrl, apiUrl, baseUrl })
  if (isSecretAccepted === null || 'failure' in isSecretAccepted)
    return failWith('GitHub does not say whether it takes this secret; nothing was changed: try again.', CANNOT_TELL)
  if (!isSecretAccepted.value) return failWith('GitHub does not take this secret; nothing was changed.', NOT_DONE)
  announceWait(stored)
  return await report(replaceCredentials(stored, app, { ...app, client }), {
    failed: '',
    done: "Every process uses the new client secret. Delete the former on the App's page at GitHub.",
  })
}

async function report(
  rotating: Promise<RotationResult>,
  { done, failed }: { readonly done: string; readonly failed: string },
): Promise<number> {
  try {
    const { state } = await rotating
    switch (state) {
      case 'done':
        console.log(done)
        return 0
      case 'no-app':
        return failWith(NO_APP_YET, NOT_DONE)
      case 'nothing-to-drop':
        return failWith('only one webhook secret is accepted: there is none to drop.', NOT_DONE)
      case 'changed-meanwhile':
        return failWith('another command has changed the App meanwhile: run this one again.', NOT_DONE)
    }
  } catch (error) {
    return failOnGitHub(error, failed)
  }
}

function failOnGitHub(error: unknown, so: string): number {
  if (!(error instanceof GitHubFailure)) throw error
  const [what, code] = isRefusal(error) ? ['GitHub refuses', NOT_DONE] : ['GitHub does not answer', CANNOT_TELL]
  return failWith(`${what} (${printable(error.message)}); ${so}.`, code)
}

function rotationOf(config: StartConfig, stored: StoredApp) {
  const setAtGitHub = (app: AppCredentials, secret: string) => setWebhookSecret(requestsOf(config, app), secret)
  return { ...stored, setAtGitHub }
}

function requestsOf({ githubApiUrl }: StartConfig, { appId, privateKey }: AppCredentials): SendRequest {
  const now = () => new Date().toISOString()
  return openRequests({ appId, privateKey, apiUrl: githubApiUrl, now, log: pino({ level: 'silent' }) })
}

function announceWait(stored: StoredApp): void {
  if (stored.inUseAfterMs > 0)
    console.error(`andon: this takes ${stored.inUseAfterMs / 1000} s: every process must know.`)
}

function withinSeconds({ inUseAfterMs }: StoredApp): string {
  return inUseAfterMs === 0 ? '' : `, in every process within ${inUseAfterMs / 1000} s`
}

async function readSecretFile(file: string): Promise<string | null> {
  return await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(() => null)
}

/** As GitHub shows it on the App's page; null for what is no private key. */
function fingerprintOf(pem: string): string | null {
  try {
    const key = createPublicKey(createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }))
    return `SHA256:${createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('base64')}`
  } catch {
    return null
  }
}
