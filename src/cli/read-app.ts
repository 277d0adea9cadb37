// What the doctor asks GitHub about the App, all at once.
import pino from 'pino'
import type { AppCredentials } from '../config.ts'
import type { AppReading } from '../doctor/app.ts'
import type { Readings } from '../doctor/examine.ts'
import type { InstallationReading } from '../doctor/installations.ts'
import type { SignInReading } from '../doctor/sign-in.ts'
import { type AppReads, openAppReads } from '../github/app-settings.ts'
import { openRequests } from '../github/request.ts'
import { openUserAccess, UserRefused } from '../github/user-access.ts'
import { attempt } from './reading.ts'

const REQUEST_TIMEOUT_MS = 6_000
/** For all requests of one reading. */
const READING_TIMEOUT_MS = 10_000
const MOST_COUNTED = 20

export async function readAppAtGitHub(
  credentials: Pick<AppCredentials, 'appId' | 'privateKey'> | null,
  o: { readonly apiUrl: string; readonly now: () => string },
): Promise<Readings['github']> {
  if (credentials === null) return null
  const log = pino({ level: 'silent' })
  const reads = openAppReads(openRequests({ ...credentials, ...o, log, timeoutMs: REQUEST_TIMEOUT_MS }))
  const [app, webhook, deliveries, installations] = await Promise.all([
    attempt(readAppWithClock(reads, o.now), READING_TIMEOUT_MS),
    attempt(reads.readWebhook(), READING_TIMEOUT_MS),
    attempt(reads.listLatestDeliveries(), READING_TIMEOUT_MS),
    attempt(readInstallations(reads), READING_TIMEOUT_MS),
  ])
  return { app, webhook, deliveries, installations }
}

async function readAppWithClock(reads: AppReads, now: () => string): Promise<AppReading> {
  const { settings, date } = await reads.readApp()
  const clockAheadMs = date === null ? null : Date.parse(now()) - Date.parse(date)
  return { settings, clockAheadMs: Number.isNaN(clockAheadMs) ? null : clockAheadMs }
}

/** A count that fails is not the end of the others. */
async function readInstallations(reads: AppReads): Promise<readonly InstallationReading[]> {
  const all = await reads.listInstallations()
  return Promise.all(
    all.map(async (installation, index) => {
      const isCounted = !installation.isSuspended && index < MOST_COUNTED
      const repositories = isCounted
        ? await reads.countRepositories(installation.id).catch(() => 'unread' as const)
        : null
      return { ...installation, repositories }
    }),
  )
}

/** Asks GitHub whether it takes the client's secret, with a code that nobody was given. */
export async function readSignIn(o: {
  readonly access: 'login' | 'open'
  readonly client: { readonly id: string; readonly secret: string } | null
  readonly githubUrl: string
  readonly apiUrl: string
  readonly baseUrl: string
}): Promise<SignInReading> {
  const { access, client } = o
  if (access === 'open' || client === null) return { access, clientId: client?.id ?? null, isSecretAccepted: null }
  const github = openUserAccess({ clientId: client.id, clientSecret: client.secret, fetch, ...o })
  const asked = github
    .exchangeCode({ code: '0'.repeat(20), verifier: '0'.repeat(43), redirectUri: `${o.baseUrl}/login/callback` })
    .then(() => true)
    .catch((error: unknown) => {
      if (error instanceof UserRefused) return error.message !== 'incorrect_client_credentials'
      throw error
    })
  return { access, clientId: client.id, isSecretAccepted: await attempt(asked, READING_TIMEOUT_MS) }
}
