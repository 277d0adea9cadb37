// Does GitHub know the App, may it do what it must, is it told what it must know, and do both clocks agree?
import { describePermission } from '../text/describe-permission.ts'
import type { AppSettings } from '../translate/app-reads.ts'
import { ALWAYS_DELIVERED, HANDLED_WEBHOOK_NAMES } from '../translate/handled-webhooks.ts'
import { missingPermissions } from '../translate/required-permissions.ts'
import { type Finding, ok, type Reading, type ReadingFailure, skipped, unknown, wrong } from './finding.ts'

export type AppReading = {
  readonly settings: AppSettings
  /** Our clock minus GitHub's; null where GitHub did not say. */
  readonly clockAheadMs: number | null
}

/** A token of the App is dated 30 s back, and GitHub accepts none from the future. */
const MAX_CLOCK_DIFFERENCE_MS = 30_000

export function examineApp(
  app: Reading<AppReading> | null,
  o: { readonly apiUrl: string; readonly githubUrl: string },
): readonly Finding[] {
  if (app === null) return [skipped('github', 'there is no App id, or no private key')]
  if ('failure' in app) return [whyAppUnknown(app.failure, o)]
  const { settings, clockAheadMs } = app.value
  const page = appPageOf(settings, o.githubUrl)
  return [
    ok('github', `GitHub knows the App ${settings.slug} of ${settings.owner.login}`),
    ...examinePermissions(settings, page),
    ...examineEvents(settings, page),
    ...(clockAheadMs === null ? [] : [examineClock(clockAheadMs)]),
  ]
}

/** The App's own pages on GitHub, which only its owner sees. */
export function appPageOf({ slug, owner }: AppSettings, githubUrl: string): string {
  const place = owner.type === 'Organization' ? `organizations/${owner.login}/` : ''
  return `${githubUrl}/${place}settings/apps/${slug}`
}

function whyAppUnknown(
  { kind, words }: ReadingFailure,
  { apiUrl, githubUrl }: { readonly apiUrl: string; readonly githubUrl: string },
): Finding {
  switch (kind) {
    case 'refused':
      return wrong(
        'github',
        'credentials',
        `GitHub does not accept APP_ID and the private key: ${words}`,
        `Compare both with the App's page under ${githubUrl}/settings/apps, and this machine's clock with the time.`,
      )
    case 'unreachable':
    case 'untrusted':
      return wrong(
        'github',
        'github-unreachable',
        `no connection to ${apiUrl}: ${words}`,
        'Check GITHUB_API_URL, and the network, its DNS, proxy and certificates.',
      )
    case 'foreign':
      return wrong(
        'github',
        'github-api-url',
        `what answers at ${apiUrl} is not GitHub's API: ${words}`,
        'Set GITHUB_API_URL to https://api.github.com, or https://HOST/api/v3 for GitHub Enterprise Server.',
      )
    case 'cut':
    case 'silent':
      return unknown('github', 'github-silent', `GitHub does not answer now: ${words}`, 'Try again in a minute.')
  }
}

function examinePermissions({ permissions }: AppSettings, page: string): readonly Finding[] {
  const missing = missingPermissions(permissions)
  if (missing.length === 0) return [ok('permissions', 'all that app.yml asks for')]
  return missing.map((permission) =>
    wrong(
      'permissions',
      'permission-missing',
      `the App lacks ${describePermission(permission)}`,
      `Grant it at ${page}/permissions, then accept it on each installation's page.`,
    ),
  )
}

function examineEvents({ events }: AppSettings, page: string): readonly Finding[] {
  const missing = HANDLED_WEBHOOK_NAMES.filter((name) => !ALWAYS_DELIVERED.includes(name) && !events.includes(name))
  if (missing.length === 0) return [ok('events', 'all that app.yml asks for')]
  return missing.map((event) =>
    wrong(
      'events',
      'event-missing',
      `the App does not subscribe to ${event}`,
      `Tick it at ${page}/permissions, under "Subscribe to events".`,
    ),
  )
}

function examineClock(aheadMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  const agrees = Math.abs(aheadMs) <= MAX_CLOCK_DIFFERENCE_MS
  // GitHub's header has whole seconds, and the answer took some time.
  if (agrees) return ok('clock', seconds < 3 ? "agrees with GitHub's" : `${seconds} s from GitHub's`)
  const away = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
  return wrong(
    'clock',
    'clock-differs',
    `this machine's clock is ${away} ${aheadMs > 0 ? 'ahead of' : 'behind'} GitHub's`,
    'Let it be set by NTP: ages and deadlines are wrong, and GitHub refuses tokens from the future.',
  )
}
