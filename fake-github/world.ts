// The state of this GitHub. Issues, comments and the rest are stored as GitHub writes them in JSON.
import type { Registration } from './app-registration.ts'
import type { Clock } from './clock.ts'
import type { Git } from './git.ts'
import type { Grant } from './grant.ts'
import type { Hook } from './hook-routes.ts'
import type { LabelEvent } from './issue-routes.ts'
import type { Organization, Permission } from './organization.ts'
import type { SeededRandom } from './random.ts'
import type { UserAuthorization } from './sign-in.ts'

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
  readonly assignees: readonly User[]
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
  readonly labels: Issue['labels']
  readonly head: { readonly ref: string; readonly sha: string; readonly label: string }
  readonly base: { readonly ref: string; readonly sha: string; readonly label: string }
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
  readonly [field: string]: unknown
}

export type StoredComment = {
  readonly repositoryId: number
  readonly number: number
  readonly json: Comment
  readonly viaEmail: boolean
  /** Why it is folded away, as GraphQL's `minimizedReason`; null while it is shown. */
  readonly minimized: string | null
}

export type Reaction = {
  readonly id: number
  readonly content: string
  readonly user: { readonly login: string; readonly type: string }
  readonly created_at: string
}

export type CheckRun = {
  readonly id: number
  readonly name: string
  readonly head_sha: string
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion: string | null
  readonly external_id: string
  readonly details_url: string | null
  readonly output: {
    readonly title: string | null
    readonly summary: string | null
    readonly text: string | null
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

export type InstallationToken = {
  readonly repositoryIds: readonly number[] | null
  expiresAt: number
}

export type World = {
  readonly organization: Organization
  /** What the App asks for. */
  grant: Grant
  readonly clock: Clock
  readonly random: SeededRandom
  readonly url: string
  readonly users: Map<string, User>
  readonly repositories: Map<string, Repository>
  /** Names that repositories have no longer, with their ids. */
  readonly formerNames: Map<string, number>
  readonly git: Git
  /** Keyed `owner/repo#number`. */
  readonly issues: Map<string, Issue>
  /** By issue, oldest first. */
  readonly labelEvents: Map<string, readonly LabelEvent[]>
  readonly pullRequests: Map<string, PullRequest>
  readonly reviews: Map<string, readonly Review[]>
  readonly comments: Map<number, StoredComment>
  /** Keyed `comment id, content`. */
  readonly reactions: Map<string, Reaction>
  readonly checkRuns: Map<number, { readonly repositoryId: number; readonly json: CheckRun }>
  /** Issues linked to a pull request by hand, besides those that its text closes. */
  readonly linkedIssues: Map<string, Set<number>>
  /** Deleted or transferred issues. */
  readonly deletedIssues: Set<string>
  /** Issues whose conversation is locked. */
  readonly lockedIssues: Set<string>
  readonly permissions: Map<string, Permission>
  readonly tokens: Map<string, InstallationToken>
  readonly authorization: UserAuthorization
  /** The App's webhook. */
  hook: Hook
  readonly registration: Registration
  readonly installation: {
    id: number
    state: 'active' | 'suspended' | 'removed'
    readonly removedRepositoryIds: Set<number>
    /** Those that its owner has accepted. */
    permissions: Grant['permissions']
    /** The answer to every request for a token; null while tokens are given. */
    tokenRefusal: { readonly status: number; readonly message: string } | null
  }
  /** Repositories with an installation of their own, by id. */
  readonly ownInstallations: Map<number, number>
  /** Ids of runs, jobs and workflows; far from all others. */
  nextId(): number
  /** GitHub counts ids by kind. */
  nextIdOf(kind: 'issue' | 'pull request' | 'review' | 'comment' | 'check run' | 'label'): number
  /** Issues and pull requests of a repository share their numbers. */
  nextNumber(repositoryId: number): number
}

export function installationIdOf(world: World, repositoryId: number): number {
  return world.ownInstallations.get(repositoryId) ?? world.installation.id
}

export function userOf(world: World, login: string): User {
  const user = world.users.get(login)
  if (!user) throw new Error(`there is no user ${login} here`)
  return user
}

export function repositoryOf(world: World, fullName: string): Repository {
  const repository = world.repositories.get(fullName)
  if (!repository) throw new Error(`there is no repository ${fullName} here`)
  return repository
}

/** A repository by a name that it has or had. */
export function repositoryByName(world: World, fullName: string): Repository | undefined {
  const id = world.formerNames.get(fullName)
  return world.repositories.get(fullName) ?? [...world.repositories.values()].find((candidate) => candidate.id === id)
}

/** The issues that a merge of the pull request closes, by its text and by hand. */
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
