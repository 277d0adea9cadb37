// Where is the App installed, and may it work there?
import { describePermission } from '../text/describe-permission.ts'
import type { ListedInstallation } from '../translate/app-reads.ts'
import { missingPermissions } from '../translate/required-permissions.ts'
import { type Finding, ok, type Reading, unknown, wrong } from './finding.ts'

export type InstallationReading = ListedInstallation & {
  /** Null where it was not asked; `unread` where GitHub did not answer. */
  readonly repositories: number | 'unread' | null
}

export function examineInstallations(
  installations: Reading<readonly InstallationReading[]>,
  o: {
    readonly installUrl: string
    /** What the App itself has: what it lacks, no installation can accept. */
    readonly granted: Readonly<Record<string, string>>
  },
): readonly Finding[] {
  if ('failure' in installations) {
    const { words } = installations.failure
    return [unknown('installations', 'installations-unread', `GitHub does not list them: ${words}`, 'Try again.')]
  }
  const all = installations.value
  if (all.length === 0)
    return [wrong('installations', 'not-installed', 'the App is installed nowhere', `Install it at ${o.installUrl}.`)]
  const unavailable = missingPermissions(o.granted)
  const found = all.flatMap((installation) => examineInstallation(installation, unavailable))
  if (found.length > 0) return found
  return [ok('installations', all.length === 1 ? `one, of ${all[0]?.account}` : `${all.length}`)]
}

function examineInstallation(
  { account, isSuspended, permissions, repositories, settingsUrl }: InstallationReading,
  unavailable: readonly string[],
): readonly Finding[] {
  const at = settingsUrl === null ? '' : ` at ${settingsUrl}`
  if (isSuspended)
    return [
      wrong(
        'installations',
        'installation-suspended',
        `the installation of ${account} is suspended`,
        `Let an owner of ${account} unsuspend it${at}.`,
      ),
    ]
  const waiting = missingPermissions(permissions).filter((permission) => !unavailable.includes(permission))
  if (waiting.length > 0)
    return [
      wrong(
        'installations',
        'installation-permissions',
        `the installation of ${account} waits for new permissions: ${waiting.map(describePermission).join(', ')}`,
        `Let an owner of ${account} accept them${at}.`,
      ),
    ]
  if (repositories === 'unread') {
    const unread = `GitHub does not say how many repositories the installation of ${account} reaches`
    return [unknown('installations', 'repositories-unread', unread, 'Try again.')]
  }
  if (repositories !== 0) return []
  const what = `the installation of ${account} reaches no repository`
  return [wrong('installations', 'installation-empty', what, `Choose repositories${at}.`)]
}
