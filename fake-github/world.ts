// What this GitHub knows beside what the emulator keeps: who is who, which token opens what, and what was last told
// about every issue and pull request.

import type { Clock } from './clock.ts'
import type { Emulator } from './emulator.ts'
import type { Grant } from './grant.ts'
import { APP, type Organization, type Permission } from './organization.ts'
import type { Random } from './random.ts'

export type User = {
  readonly login: string
  readonly id: number
  readonly type: string
  readonly [field: string]: unknown
}

export type Repository = {
  readonly id: number
  readonly name: string
  readonly full_name: string
  readonly private: boolean
  readonly default_branch: string
  readonly [field: string]: unknown
}

export type Issue = {
  readonly id: number
  readonly number: number
  readonly title: string
  readonly body: string | null
  readonly state: 'open' | 'closed'
  readonly state_reason: string | null
  readonly html_url: string
  readonly user: User
  readonly labels: readonly { readonly name: string }[]
  readonly updated_at: string
  readonly [field: string]: unknown
}

export type PullRequest = {
  readonly id: number
  readonly number: number
  readonly title: string
  readonly body: string | null
  readonly state: 'open' | 'closed'
  readonly merged: boolean
  readonly draft: boolean
  readonly html_url: string
  readonly user: User
  readonly head: { readonly ref: string; readonly sha: string }
  readonly base: { readonly ref: string; readonly sha: string }
  readonly updated_at: string
  readonly [field: string]: unknown
}

export type Review = {
  readonly id: number
  readonly user: User
  readonly state: string
  readonly commit_id: string
  readonly submitted_at: string
  readonly [field: string]: unknown
}

export type Comment = {
  readonly id: number
  readonly body: string
  readonly user: User
  readonly created_at: string
  readonly updated_at: string
  readonly performed_via_github_app: { readonly id: number } | null
}

export type CheckRun = {
  readonly id: number
  readonly name: string
  readonly head_sha: string
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion: string | null
  readonly external_id: string
  readonly details_url: string | null
  readonly output: { readonly title: string | null; readonly summary: string | null; readonly text: string | null }
}

export type InstallationToken = {
  readonly installationId: number
  readonly repositoryIds: readonly number[] | null
  expiresAt: number
}

export type World = {
  readonly organization: Organization
  readonly grant: Grant
  readonly clock: Clock
  readonly random: Random
  readonly url: string
  readonly emulator: Emulator
  readonly users: Map<string, User>
  readonly repositories: Map<string, Repository>
  /** Keyed `owner/repo#number`, as last told. */
  readonly issues: Map<string, Issue>
  readonly pullRequests: Map<string, PullRequest>
  readonly reviews: Map<string, readonly Review[]>
  /** Issues linked to a pull request by hand, beside those its text closes. */
  readonly linkedIssues: Map<string, Set<number>>
  /** Deleted or transferred issues. */
  readonly deletedIssues: Set<string>
  readonly permissions: Map<string, Permission>
  readonly tokens: Map<string, InstallationToken>
  readonly installation: {
    id: number
    state: 'active' | 'suspended' | 'removed'
    readonly removedRepositoryIds: Set<number>
  }
  /** Ids that this GitHub gives itself; far from the emulator's. */
  nextId(): number
}

export function createWorld(o: {
  organization: Organization
  grant: Grant
  clock: Clock
  random: Random
  url: string
  emulator: Emulator
}): World {
  let last = FIRST_ID
  return {
    ...o,
    users: new Map(),
    repositories: new Map(),
    issues: new Map(),
    pullRequests: new Map(),
    reviews: new Map(),
    linkedIssues: new Map(),
    deletedIssues: new Set(),
    permissions: new Map(Object.entries(o.organization.collaborators)),
    tokens: new Map(),
    installation: { id: APP.installationId, state: 'active', removedRepositoryIds: new Set() },
    nextId: () => ++last,
  }
}

export function repositoryOf(world: World, fullName: string): Repository {
  const repository = world.repositories.get(fullName)
  if (!repository) throw new Error(`there is no repository ${fullName} here`)
  return repository
}

/** The issues a pull request closes when it is merged, by its text and by hand. */
export function issuesClosedBy(world: World, fullName: string, pull: PullRequest): readonly number[] {
  const byHand = world.linkedIssues.get(`${fullName}#${pull.number}`) ?? []
  const toDefault = pull.base.ref === repositoryOf(world, fullName).default_branch
  // https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
  const text = toDefault ? (pull.body ?? '') : ''
  const named = [...text.matchAll(/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)/gi)].map((match) =>
    Number(match[1]),
  )
  return [...new Set([...named, ...byHand])]
    .filter((number) => world.issues.has(`${fullName}#${number}`))
    .toSorted((one, other) => one - other)
}

/** The App as it stands beside what it made. */
export function appJson(world: World): object {
  return {
    id: APP.id,
    slug: APP.slug,
    node_id: 'A_andon',
    name: APP.name,
    owner: { login: world.organization.login, type: 'Organization' },
    html_url: `${world.url}/apps/${APP.slug}`,
    permissions: world.grant.permissions,
  }
}

const FIRST_ID = 7_000_000_000
