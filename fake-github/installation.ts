// The actions of owners on the App and on their repositories.
import { APP } from './organization.ts'
import type { Run } from './runs.ts'
import type { Webhooks } from './webhooks.ts'
import { repositoryOf, type World } from './world.ts'

export type Installation = ReturnType<typeof openInstallation>

export function openInstallation(o: {
  world: World
  webhooks: Webhooks
  defaultUser: string
  runs: () => readonly Run[]
}) {
  const { world, webhooks, defaultUser } = o

  function brief(fullNames: readonly string[]): readonly object[] {
    return fullNames
      .map((fullName) => repositoryOf(world, fullName))
      .map(({ id, node_id, name, full_name, private: isPrivate }) => ({
        id,
        node_id,
        name,
        full_name,
        private: isPrivate,
      }))
  }

  function installation(): object {
    return {
      id: world.installation.id,
      account: { login: world.organization.login, id: 1, type: 'Organization' },
      repository_selection: 'selected',
      app_id: APP.id,
      app_slug: APP.slug,
      target_type: 'Organization',
      permissions: world.installation.permissions,
      html_url: `${world.url}/organizations/${world.organization.login}/settings/installations/${world.installation.id}`,
      events: world.grant.events,
      created_at: world.clock.nowIso(),
      updated_at: world.clock.nowIso(),
      suspended_at: world.installation.state === 'suspended' ? world.clock.nowIso() : null,
    }
  }

  function deliver(action: string, state: typeof world.installation.state): void {
    world.installation.state = state
    const repositories = brief([...world.repositories.keys()])
    webhooks.sendInstallationEvent('installation', { action, installation: installation(), repositories }, defaultUser)
  }

  return {
    install: () => deliver('created', 'active'),
    suspend: () => deliver('suspend', 'suspended'),
    unsuspend: () => deliver('unsuspend', 'active'),
    uninstall: () => deliver('deleted', 'removed'),

    /** The owner has not accepted all that the App asks for; no delivery says so. */
    withholdPermissions(...names: readonly string[]): void {
      const asked = Object.entries(world.grant.permissions)
      world.installation.permissions = Object.fromEntries(asked.filter(([name]) => !names.includes(name)))
    },
    acceptPermissions(): void {
      world.installation.permissions = world.grant.permissions
      deliver('new_permissions_accepted', world.installation.state)
    },
    /** Answers every request for a token so, until null. */
    refuseTokens(refusal: typeof world.installation.tokenRefusal): void {
      world.installation.tokenRefusal = refusal
    },

    setArchived(fullName: string, archived: boolean): void {
      world.repositories.set(fullName, { ...repositoryOf(world, fullName), archived, updated_at: world.clock.nowIso() })
      webhooks.send('repository', { action: archived ? 'archived' : 'unarchived' }, fullName, defaultUser)
    },

    removeRepository(fullName: string): void {
      world.installation.removedRepositoryIds.add(repositoryOf(world, fullName).id)
      change('removed', [], [fullName])
    },

    addRepository(fullName: string): void {
      world.installation.removedRepositoryIds.delete(repositoryOf(world, fullName).id)
      change('added', [fullName], [])
    },

    /** Renames a repository, which keeps its id. Returns the new full name. */
    async renameRepository(fullName: string, name: string): Promise<string> {
      const from = repositoryOf(world, fullName)
      const next = `${world.organization.login}/${name}`
      const repository = { ...renamed(from, fullName, next), name }
      for (const byName of [world.repositories, world.issues, world.pullRequests, world.linkedIssues] as Map<
        string,
        unknown
      >[])
        renameKeys(byName, fullName, next)
      world.repositories.set(next, repository)
      for (const run of o.runs())
        if (run.state.repository === fullName) (run.state as { repository: string }).repository = next
      webhooks.send(
        'repository',
        { action: 'renamed', changes: { repository: { name: { from: from.name } } } },
        next,
        defaultUser,
      )
      return next
    },

    /** Makes a repository private, or public again. */
    setPrivate(fullName: string, isPrivate: boolean): void {
      const repository = {
        ...repositoryOf(world, fullName),
        private: isPrivate,
        visibility: isPrivate ? 'private' : 'public',
      }
      world.repositories.set(fullName, repository)
      webhooks.send('repository', { action: isPrivate ? 'privatized' : 'publicized' }, fullName, defaultUser)
    },

    /** Deletes a repository; its last delivery still carries it. */
    deleteRepository(fullName: string): void {
      webhooks.send('repository', { action: 'deleted' }, fullName, defaultUser)
      world.repositories.delete(fullName)
    },

    /** Expires every token at once. */
    expireTokens(): void {
      for (const token of world.tokens.values()) token.expiresAt = 0
    },
  }

  function change(action: 'added' | 'removed', added: readonly string[], removed: readonly string[]): void {
    const payload = {
      action,
      installation: installation(),
      repository_selection: 'selected',
      repositories_added: brief(added),
      repositories_removed: brief(removed),
      requester: null,
    }
    webhooks.sendInstallationEvent('installation_repositories', payload, defaultUser)
  }
}

function renameKeys(byName: Map<string, unknown>, from: string, to: string): void {
  for (const [key, value] of [...byName]) {
    if (key !== from && !key.startsWith(`${from}#`)) continue
    byName.delete(key)
    byName.set(key.replace(from, to), value instanceof Set ? value : renamed(value, from, to))
  }
}

/** The document with the repository's new name in its URLs. */
function renamed<T>(document: T, from: string, to: string): T {
  return JSON.parse(JSON.stringify(document).replaceAll(`${from}/`, `${to}/`).replaceAll(`${from}"`, `${to}"`))
}
