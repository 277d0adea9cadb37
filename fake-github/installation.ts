// The actions of owners on the App.
import { installationJson } from './payloads.ts'
import type { Webhooks } from './webhooks.ts'
import { repositoryOf, type World } from './world.ts'

export type Installation = ReturnType<typeof openInstallation>

export function openInstallation(o: { world: World; webhooks: Webhooks; defaultUser: string }) {
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

  function deliver(action: string, state: typeof world.installation.state): void {
    world.installation.state = state
    const repositories = brief([...world.repositories.keys()])
    webhooks.sendInstallationEvent(
      'installation',
      { action, installation: installationJson(world), repositories },
      defaultUser,
    )
  }

  return {
    install: () => deliver('created', 'active'),
    suspend: () => deliver('suspend', 'suspended'),
    unsuspend: () => deliver('unsuspend', 'active'),
    uninstall: () => deliver('deleted', 'removed'),
    /** Installs the App again: the installation is another one. */
    reinstall(): void {
      world.installation.id += 1
      deliver('created', 'active')
    },

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

    removeRepository(fullName: string): void {
      world.installation.removedRepositoryIds.add(repositoryOf(world, fullName).id)
      change('removed', [], [fullName])
    },

    addRepository(fullName: string): void {
      world.installation.removedRepositoryIds.delete(repositoryOf(world, fullName).id)
      change('added', [fullName], [])
    },

    /** Expires every token at once. */
    expireTokens(): void {
      for (const token of world.tokens.values()) token.expiresAt = 0
    },
  }

  function change(action: 'added' | 'removed', added: readonly string[], removed: readonly string[]): void {
    const payload = {
      action,
      installation: installationJson(world),
      repository_selection: 'selected',
      repositories_added: brief(added),
      repositories_removed: brief(removed),
      requester: null,
    }
    webhooks.sendInstallationEvent('installation_repositories', payload, defaultUser)
  }
}
