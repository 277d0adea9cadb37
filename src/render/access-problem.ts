// Refusals of access in words: what GitHub refuses, and what a person does about it. Plain text, which may quote GitHub.
import type { AccessCause, AccessProblem, KnownAccessProblem } from '../pipeline/model/access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { describePermission } from '../text/describe-permission.ts'
import { escapeInline, linkTo } from './sanitize.ts'

/** A problem for the head of the board. `place` is null for the App itself. */
export type AccessNotice = {
  readonly place: { readonly text: string; readonly href: string | null } | null
  readonly text: string
  /** The cause alone: for `/healthz`, which is public. */
  readonly withoutNames: string
  readonly since: Instant
  readonly settingsUrl: string | null
}

/** A problem, and the names of its place; null where it is wider. */
export type PlacedAccessProblem = KnownAccessProblem & {
  readonly account: string | null
  readonly repository: string | null
  readonly issueNumber: number | null
}

/** The notices for the head of the board. */
export function accessNoticesOf(problems: readonly PlacedAccessProblem[]): readonly AccessNotice[] {
  return withoutRepeats(problems).map((problem) => {
    const { since } = problem
    const texts = { text: describeAccessProblem(problem), withoutNames: describeWithoutNames(problem) }
    return { place: placeOf(problem), ...texts, since, settingsUrl: settingsUrlOf(problem) }
  })
}

/** What is refused, and what to do: `GitHub refuses Andon the permission issues: write; an owner grants …`. */
function describeAccessProblem(problem: AccessProblem): string {
  return `${WHAT[problem.cause](problem)}; ${WHAT_TO_DO[problem.cause]}`
}

/** The text followed by every problem, each with the address where it is mended. */
export function appendAccessProblems(text: string, problems: readonly KnownAccessProblem[]): string {
  const sentences = withoutRepeats(problems).map((problem) => {
    const url = settingsUrlOf(problem)
    return `${describeAccessProblem(problem)}${url === null ? '' : `: ${url}`}`
  })
  return [...(text === '' ? [] : [text]), ...sentences].join('; ')
}

/** The problems as sentences of Markdown. */
export function accessProblemsMarkdown(problems: readonly KnownAccessProblem[]): readonly string[] {
  return withoutRepeats(problems).map((problem) => {
    const url = settingsUrlOf(problem)
    const link = url === null ? '' : ` ${linkTo('Where to change it', url)}.`
    return `${escapeInline(describeAccessProblem(problem), 400)}.${link}`
  })
}

function describeWithoutNames({ scope, cause, permission }: AccessProblem): string {
  const what = cause === 'permission' ? ` (${describePermission(permission)})` : ''
  return `no access to ${SCOPES[scope]}: ${CAUSES[cause]}${what}`
}

const WHAT = {
  permission: ({ permission }) => `GitHub refuses Andon the permission ${describePermission(permission)}`,
  suspended: () => 'the installation of Andon is suspended',
  'not-installed': ({ scope }) =>
    scope === 'repository'
      ? 'the installation of Andon does not reach this repository'
      : 'Andon is not installed here any more',
  locked: () => 'the conversation is locked, so GitHub takes no comment',
  archived: () => 'the repository is archived, so nothing can be written or started in it',
  'ip-allow-list': () => "the organisation's IP allow list does not contain the address of Andon",
  'single-sign-on': () => 'the organisation demands single sign-on',
  blocked: ({ words }) => `GitHub blocks Andon: ${words}`,
  credentials: ({ words }) => `GitHub does not accept the App's credentials: ${words}`,
  unreachable: ({ words }) => `no answer comes from GitHub: ${words}`,
  signature: ({ words: count }) =>
    `GitHub's deliveries carry a signature that does not match WEBHOOK_SECRET: ${count} so far`,
  other: ({ words }) => `GitHub refuses access: ${words}`,
} as const satisfies Record<AccessCause, (problem: AccessProblem) => string>

const WHAT_TO_DO = {
  permission: 'an owner grants it to the App and accepts it for the installation',
  suspended: 'an owner unsuspends it',
  'not-installed': 'an owner installs Andon there',
  locked: 'it is written once the conversation is unlocked',
  archived: 'it goes on once the repository is unarchived',
  'ip-allow-list': 'an owner adds it',
  'single-sign-on': 'an owner authorizes the App for it',
  blocked: 'an owner lifts that',
  credentials: 'the operator checks APP_ID and PRIVATE_KEY',
  unreachable: 'the operator checks the network, its DNS, proxy and certificates',
  signature: "the operator sets the secret of the App's webhook as WEBHOOK_SECRET",
  other: 'it is tried again from time to time',
} as const satisfies Record<AccessCause, string>

const CAUSES = {
  permission: 'a permission is missing',
  suspended: 'it is suspended',
  'not-installed': 'Andon is not installed there',
  locked: 'the conversation is locked',
  archived: 'the repository is archived',
  'ip-allow-list': 'an IP allow list does not contain the address of Andon',
  'single-sign-on': 'single sign-on is demanded',
  blocked: 'it is blocked',
  credentials: 'APP_ID or PRIVATE_KEY is wrong',
  unreachable: 'no answer comes',
  signature: 'WEBHOOK_SECRET does not match',
  other: 'it gives no known reason',
} as const satisfies Record<AccessCause, string>

const SCOPES = {
  app: 'the App',
  installation: 'an installation',
  repository: 'a repository',
  issue: 'the conversation of an issue',
} as const satisfies Record<AccessProblem['scope'], string>

function placeOf({ account, repository, issueNumber }: PlacedAccessProblem): AccessNotice['place'] {
  if (repository === null) return account === null ? null : { text: account, href: null }
  if (issueNumber === null) return { text: repository, href: `/${repository}` }
  return { text: `${repository}#${issueNumber}`, href: `/${repository}/issues/${issueNumber}` }
}

/** One cause refuses several kinds of calls, and who may write may also read. */
function withoutRepeats<Problem extends AccessProblem & Partial<PlacedAccessProblem>>(
  problems: readonly Problem[],
): readonly Problem[] {
  const keyOf = ({ repository, issueNumber, account, scope, ...problem }: Problem) =>
    JSON.stringify([scope, account, repository, issueNumber, describeAccessProblem({ scope, ...problem })])
  const isImplied = ({ permission }: Problem) =>
    permission.endsWith('=read') && problems.some((other) => other.permission === permission.replace('=read', '=write'))
  const distinct = new Map(problems.toReversed().map((problem) => [keyOf(problem), problem]))
  return [...distinct.values()].reverse().filter((problem) => problem.cause !== 'permission' || !isImplied(problem))
}

/** Only what is changed on the installation's page is mended there. */
function settingsUrlOf({ cause, settingsUrl }: KnownAccessProblem): string | null {
  const isThere = cause === 'permission' || cause === 'suspended' || cause === 'not-installed' || cause === 'blocked'
  return isThere && settingsUrl !== null && /^https?:\/\//i.test(settingsUrl) ? settingsUrl : null
}
