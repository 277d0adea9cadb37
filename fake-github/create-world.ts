import type { Clock } from './clock.ts'
import { createGit } from './git.ts'
import type { Grant } from './grant.ts'
import { HOOK } from './hook-routes.ts'
import { APP, type Organization } from './organization.ts'
import { repositoryJson, userJson } from './payloads.ts'
import type { SeededRandom } from './random.ts'
import { openAuthorization } from './sign-in.ts'
import type { World } from './world.ts'

/** A world with its people, its repositories and one commit in each. */
export function createWorld(o: {
  organization: Organization
  grant: Grant
  clock: Clock
  random: SeededRandom
  url: string
  installationId: number
}): World {
  let last = FIRST_ID
  const counts = new Map<string, number>()
  const count = (what: string) => {
    const next = (counts.get(what) ?? 0) + 1
    counts.set(what, next)
    return next
  }
  const { installationId, ...known } = o
  const world: World = {
    ...known,
    users: new Map(),
    repositories: new Map(),
    formerNames: new Map(),
    git: createGit(),
    issues: new Map(),
    pullRequests: new Map(),
    labelEvents: new Map(),
    reviews: new Map(),
    comments: new Map(),
    reactions: new Map(),
    checkRuns: new Map(),
    linkedIssues: new Map(),
    deletedIssues: new Set(),
    lockedIssues: new Set(),
    permissions: new Map(Object.entries(o.organization.collaborators)),
    tokens: new Map(),
    authorization: openAuthorization(),
    hook: HOOK,
    registration: { codes: new Map(), manifest: null },
    installation: {
      id: installationId,
      state: 'active',
      removedRepositoryIds: new Set(),
      permissions: o.grant.permissions,
      tokenRefusal: null,
    },
    ownInstallations: new Map(),
    nextId: () => ++last,
    nextIdOf: count,
    nextNumber: (repositoryId) => count(`number of ${repositoryId}`),
  }
  for (const [index, login] of Object.keys(o.organization.collaborators).entries())
    world.users.set(login, userJson(o.url, login, FIRST_USER_ID + index))
  const appLogin = `${APP.slug}[bot]`
  world.users.set(appLogin, userJson(o.url, appLogin, APP.id))
  for (const [index, seed] of o.organization.repositories.entries()) {
    const repository = repositoryJson(world, index + 1, seed)
    world.repositories.set(repository.full_name, repository)
    if (seed.installationId !== undefined) world.ownInstallations.set(repository.id, seed.installationId)
    world.git.commit(repository.id, repository.default_branch)
  }
  return world
}

const FIRST_ID = 7_000_000_000
const FIRST_USER_ID = 3
