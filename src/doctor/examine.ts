// All readings → all findings, in the order of the table. What only follows from something else is not said twice.
import type { DeliveryAttempt, WebhookSettings } from '../translate/app-reads.ts'
import { type AppReading, appPageOf, examineApp } from './app.ts'
import { type DatabaseReading, examineDatabase } from './database.ts'
import { CHECKS, type CheckName, type Finding, type Reading, skipped } from './finding.ts'
import { examineInstallations, type InstallationReading } from './installations.ts'
import { type DiskReading, examineDisk, examineEnvironment } from './machine.ts'
import { examineSignIn, type SignInReading } from './sign-in.ts'
import { examineSite, type SiteReading } from './site.ts'
import { examineDeliveries, examineWebhook } from './webhook.ts'

export type Readings = {
  readonly mistakes: readonly string[]
  readonly warnings: readonly string[]
  readonly githubUrl: string
  readonly apiUrl: string
  /** Where GitHub must post; null without BASE_URL. */
  readonly webhookUrl: string | null
  /** Null where the credentials are missing. */
  readonly github: {
    readonly app: Reading<AppReading>
    readonly webhook: Reading<WebhookSettings | null>
    readonly deliveries: Reading<readonly DeliveryAttempt[]>
    readonly installations: Reading<readonly InstallationReading[]>
  } | null
  /** Null where its variables are mistaken. */
  readonly signIn: SignInReading | null
  readonly site: SiteReading | null
  readonly database: Reading<DatabaseReading | null> | null
  readonly disk: Reading<DiskReading>
}

export function examine(readings: Readings): readonly Finding[] {
  const { github, githubUrl, apiUrl } = readings
  const site = withoutConsequence(examineSite(readings.site), readings.mistakes)
  const all = [
    ...examineEnvironment(readings),
    ...examineApp(github?.app ?? null, { apiUrl, githubUrl }),
    ...examineGitHub(readings, site),
    ...site,
    ...examineDatabase(readings.database),
    examineDisk(readings.disk),
  ]
  const missing = CHECK_NAMES.filter((check) => !all.some((finding) => finding.check === check))
  const order = ({ check }: Finding) => CHECK_NAMES.indexOf(check)
  return [...all, ...missing.map((check) => skipped(check, NOT_ASKED[check] ?? 'not asked'))].toSorted(
    (one, other) => order(one) - order(other),
  )
}

/** With a mistake in the environment, Andon does not start. */
function withoutConsequence(site: readonly Finding[], mistakes: readonly string[]): readonly Finding[] {
  if (mistakes.length === 0) return site
  return site.map((finding) =>
    finding.cause === 'not-running' ? skipped('site', 'Andon cannot start before the environment is right') : finding,
  )
}

const CHECK_NAMES = Object.keys(CHECKS) as CheckName[]

const ABOUT_GITHUB = 'GitHub could not be asked'
const ABOUT_SITE = 'BASE_URL does not lead to this Andon'
const ABOUT_DATABASE = 'the database could not be asked'
const NOT_ASKED: Readonly<Partial<Record<CheckName, string>>> = {
  permissions: ABOUT_GITHUB,
  events: ABOUT_GITHUB,
  installations: ABOUT_GITHUB,
  webhook: ABOUT_GITHUB,
  deliveries: ABOUT_GITHUB,
  clock: ABOUT_GITHUB,
  stream: ABOUT_SITE,
  bodies: ABOUT_SITE,
  notifications: ABOUT_DATABASE,
  workers: ABOUT_DATABASE,
  configuration: ABOUT_DATABASE,
}

function examineGitHub(readings: Readings, site: readonly Finding[]): readonly Finding[] {
  const { github, githubUrl, signIn } = readings
  if (github === null || 'failure' in github.app) {
    return signIn === null ? [] : [examineSignIn({ ...signIn, isSecretAccepted: null }, null, null)]
  }
  const { settings } = github.app.value
  const page = appPageOf(settings, githubUrl)
  const installUrl = `${githubUrl}/apps/${settings.slug}/installations/new`
  const webhook =
    readings.webhookUrl === null ? [] : examineWebhook(github.webhook, { page, expected: readings.webhookUrl })
  // Deliveries that go elsewhere, or that meet nothing, say no more than that.
  const isExplained = [...webhook, ...site].some(({ check, state }) => state === 'wrong' && check !== 'stream')
  return [
    ...examineInstallations(github.installations, { installUrl, granted: settings.permissions }),
    ...webhook,
    isExplained
      ? skipped('deliveries', 'look again once the webhook and BASE_URL are right')
      : examineDeliveries(github.deliveries, page),
    ...(signIn === null ? [] : [examineSignIn(signIn, settings.clientId, page)]),
  ]
}
