// How GitHub writes its objects, in answers and in deliveries alike.
import { APP } from './organization.ts'
import { CLIENT } from './sign-in.ts'
import type { CheckRun, Comment, Issue, PullRequest, Repository, Review, User, World } from './world.ts'

export function userJson(url: string, login: string, id: number): User {
  return {
    login,
    id,
    node_id: `U_${id}`,
    avatar_url: `${url}/avatars/${id}`,
    url: `${url}/users/${login}`,
    html_url: `${url}/${login}`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  }
}

export function organizationJson(world: World): object {
  const { login } = world.organization
  return { login, id: 1, node_id: 'O_acme', url: `${world.url}/orgs/${login}`, type: 'Organization' }
}

export function repositoryJson(
  world: World,
  id: number,
  {
    name,
    private: isPrivate = false,
    description = null,
  }: { name: string; private?: boolean; description?: string | null },
): Repository {
  const fullName = `${world.organization.login}/${name}`
  const at = world.clock.nowIso()
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: fullName,
    private: isPrivate,
    owner: organizationJson(world),
    html_url: `${world.url}/${fullName}`,
    url: `${world.url}/repos/${fullName}`,
    description,
    fork: false,
    created_at: at,
    updated_at: at,
    pushed_at: at,
    archived: false,
    disabled: false,
    visibility: isPrivate ? 'private' : 'public',
    default_branch: 'main',
  }
}

export function issueJson(
  world: World,
  repository: Repository,
  o: { number: number; title: string; body: string | null; user: User },
): Issue {
  const at = world.clock.nowIso()
  const id = world.nextIdOf('issue')
  const url = `${world.url}/repos/${repository.full_name}/issues/${o.number}`
  return {
    id,
    node_id: `I_${id}`,
    url,
    repository_url: `${world.url}/repos/${repository.full_name}`,
    html_url: `${world.url}/${repository.full_name}/issues/${o.number}`,
    comments_url: `${url}/comments`,
    ...o,
    labels: [],
    state: 'open',
    state_reason: null,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: 0,
    created_at: at,
    updated_at: at,
    closed_at: null,
    performed_via_github_app: null,
    author_association: authorAssociation(world, o.user),
  }
}

/** A comment on a pull request has an issue that says so. */
export function issueOfPullRequest(pull: PullRequest): Issue {
  const { id, number, title, body, state, html_url, user, labels, created_at, updated_at, closed_at } = pull
  return {
    ...{ id, number, title, body, state, html_url, user, labels, created_at, updated_at, closed_at },
    state_reason: null,
    assignees: [],
    author_association: pull.author_association,
    pull_request: { url: pull.url, html_url, merged_at: pull.merged_at },
  }
}

export function pullRequestJson(
  world: World,
  repository: Repository,
  o: {
    number: number
    title: string
    body: string | null
    draft: boolean
    user: User
    branch: string
    headSha: string
    /** Its author's fork, whose branches are stored in this repository all the same. */
    fromFork: boolean
  },
): PullRequest {
  const { branch, headSha, fromFork, ...rest } = o
  const at = world.clock.nowIso()
  const id = world.nextIdOf('pull request')
  const base = repository.default_branch
  const { login } = world.organization
  const here = { user: organizationJson(world), repo: repository }
  const fork = {
    ...repository,
    id: FORK_ID,
    full_name: `${o.user.login}/${repository.name}`,
    owner: o.user,
    fork: true,
  }
  const there = { user: o.user, repo: fork }
  return {
    id,
    node_id: `PR_${id}`,
    url: `${world.url}/repos/${repository.full_name}/pulls/${o.number}`,
    html_url: `${world.url}/${repository.full_name}/pull/${o.number}`,
    ...rest,
    labels: [],
    state: 'open',
    locked: false,
    merged: false,
    merged_at: null,
    merged_by: null,
    merge_commit_sha: null,
    created_at: at,
    updated_at: at,
    closed_at: null,
    requested_reviewers: [],
    requested_teams: [],
    head: {
      label: `${fromFork ? o.user.login : login}:${branch}`,
      ref: branch,
      sha: headSha,
      ...(fromFork ? there : here),
    },
    base: { label: `${login}:${base}`, ref: base, sha: world.git.head(repository.id, base) ?? '', ...here },
    author_association: authorAssociation(world, o.user),
  }
}

export function reviewJson(world: World, pull: PullRequest, o: { user: User; body: string; state: string }): Review {
  const id = world.nextIdOf('review')
  return {
    id,
    node_id: `PRR_${id}`,
    ...o,
    html_url: `${pull.html_url}#pullrequestreview-${id}`,
    pull_request_url: pull.url,
    submitted_at: world.clock.nowIso(),
    commit_id: pull.head.sha,
    author_association: authorAssociation(world, o.user),
  }
}

export function commentJson(
  world: World,
  repository: Repository,
  o: { number: number; body: string; user: User },
): Comment {
  const at = world.clock.nowIso()
  const id = world.nextIdOf('comment')
  const api = `${world.url}/repos/${repository.full_name}/issues`
  return {
    id,
    node_id: `IC_${id}`,
    url: `${api}/comments/${id}`,
    html_url: `${world.url}/${repository.full_name}/issues/${o.number}#issuecomment-${id}`,
    issue_url: `${api}/${o.number}`,
    user: o.user,
    body: o.body,
    created_at: at,
    updated_at: at,
    author_association: authorAssociation(world, o.user),
    performed_via_github_app: o.user.id === APP.id ? appJson(world) : null,
  }
}

/** A check run with the parameters from its App. */
export function checkRunJson(
  world: World,
  repository: Repository,
  id: number,
  parameters: Partial<CheckRun> & Pick<CheckRun, 'name' | 'head_sha'>,
): CheckRun {
  const { output, ...rest } = parameters
  const { title = null, summary = null, text = null } = output ?? {}
  return {
    id,
    node_id: `CR_${id}`,
    url: `${world.url}/repos/${repository.full_name}/check-runs/${id}`,
    html_url: `${world.url}/${repository.full_name}/runs/${id}`,
    status: 'queued',
    conclusion: null,
    external_id: '',
    details_url: null,
    started_at: world.clock.nowIso(),
    completed_at: null,
    pull_requests: [],
    check_suite: { id: CHECK_SUITE_ID },
    ...rest,
    output: { title, summary, text, annotations_count: 0 },
    app: appJson(world),
  }
}

/** The App's installation. GitHub's times of it say little, and these are all of now. */
export function installationJson(world: World, id = world.installation.id): object {
  const at = world.clock.nowIso()
  return {
    id,
    account: { login: world.organization.login, id: 1, type: 'Organization' },
    repository_selection: 'selected',
    app_id: APP.id,
    app_slug: APP.slug,
    target_type: 'Organization',
    permissions: world.installation.permissions,
    html_url: `${world.url}/organizations/${world.organization.login}/settings/installations/${id}`,
    events: world.grant.events,
    created_at: at,
    updated_at: at,
    suspended_at: world.installation.state === 'suspended' ? at : null,
  }
}

/** The App as GitHub names it in its check runs and comments. */
export function appJson(world: World): { readonly id: number } & Record<string, unknown> {
  return {
    id: APP.id,
    slug: APP.slug,
    node_id: 'A_andon',
    name: APP.name,
    owner: { login: world.organization.login, type: 'Organization' },
    client_id: CLIENT.id,
    html_url: `${world.url}/apps/${APP.slug}`,
    permissions: world.grant.permissions,
    events: world.grant.events,
  }
}

function authorAssociation(world: World, { login }: User): string {
  const permission = world.permissions.get(login)
  return permission === undefined || permission === 'none' || permission === 'read' ? 'NONE' : 'MEMBER'
}

const FORK_ID = 9_000_001
const CHECK_SUITE_ID = 4_000_000_001
