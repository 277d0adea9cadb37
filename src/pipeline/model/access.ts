// Why GitHub keeps Andon out. That is a state of the world and says nothing about what was sent: it spends no try, and ends
// when a person changes something at GitHub.
import type { Instant } from './time.ts'

/** The narrowest place in which every such call is refused. */
export type AccessScope = 'app' | 'installation' | 'repository' | 'issue'

/**
 * - `credentials`: the App's private key or id is wrong. `unreachable`: no answer comes from GitHub at all.
 * - `signature`: deliveries are signed with another secret than ours.
 * - `other`: a refusal whose words are known to nobody but GitHub.
 */
export type AccessCause =
  | 'permission'
  | 'suspended'
  | 'not-installed'
  | 'locked'
  | 'archived'
  | 'ip-allow-list'
  | 'single-sign-on'
  | 'blocked'
  | 'credentials'
  | 'unreachable'
  | 'signature'
  | 'other'

/** What GitHub refuses. */
export type AccessProblem = {
  readonly scope: AccessScope
  readonly cause: AccessCause
  /** What the refused calls need, as GitHub writes it: `issues=write`. Empty when every call is refused. */
  readonly permission: string
  /** GitHub's own. */
  readonly words: string
}

/** A problem as people are shown it. */
export type KnownAccessProblem = AccessProblem & {
  /** Where it is changed at GitHub; null where there is no one page. */
  readonly settingsUrl: string | null
  readonly since: Instant
}
