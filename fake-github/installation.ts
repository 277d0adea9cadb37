// What owners do to the App and to their repositories.
import { APP } from './organization.ts'
import type { Run } from './runs.ts'
import type { Told } from './webhooks.ts'
import { type Repository, repositoryOf, type World } from './world.ts'

export type Installation = ReturnType<typeof openInstallation>

export function openInstallation(o: { world: World; told: Told; first: string; runs: () => readonly Run[] }) {
  const { world, told, first } = o

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
      account: { login: world.cast.owner, id: 1, type: 'Organization' },
      repository_selection: 'selected',
      app_id: APP.id,
      app_slug: APP.slug,
      target_type: 'Organization',
      permissions: world.grant.permissions,
      events: world.grant.events,
      created_at: world.clock.instant(),
      updated_at: world.clock.instant(),
      suspended_at: world.installation.state === 'suspended' ? world.clock.instant() : null,
    }
  }

  function tell(action: string, state: typeof world.installation.state): void {
    world.installation.state = state
    const repositories = brief([...world.repositories.keys()])
    told.tellInstallation('installation', { action, installation: installation(), repositories }, first)
  }

  return {
    install: () => tell('created', 'active'),
    suspend: () => tell('suspend', 'suspended'),
    unsuspend: () => tell('unsuspend', 'active'),
    uninstall: () => tell('deleted', 'removed'),

    removeRepository(fullName: string): void {
      world.installation.without.add(repositoryOf(world, fullName).id)
      change('removed', [], [fullName])
    },

    addRepository(fullName: string): void {
      world.installation.without.delete(repositoryOf(world, fullName).id)
      change('added', [fullName], [])
    },

    /** Renames a repository; its id stays. Answers the new full name. */
    async renameRepository(fullName: string, name: string): Promise<string> {
      const from = repositoryOf(world, fullName).name
      const repository = await world.emulator.act<Repository>(first, 'PATCH', `/repos/${fullName}`, { name })
      const next = repository.full_name
      for (const kept of [world.repositories, world.issues, world.pulls, world.links] as Map<string, unknown>[])
        rekey(kept, fullName, next)
      world.repositories.set(next, repository)
      for (const run of o.runs())
        if (run.state.repository === fullName) (run.state as { repository: string }).repository = next
      told.tell('repository', { action: 'renamed', changes: { repository: { name: { from } } } }, next, first)
      return next
    },

    /** Hides a repository from the public, or shows it again. */
    setPrivate(fullName: string, isPrivate: boolean): void {
      const repository = {
        ...repositoryOf(world, fullName),
        private: isPrivate,
        visibility: isPrivate ? 'private' : 'public',
      }
      world.repositories.set(fullName, repository)
      told.tell('repository', { action: isPrivate ? 'privatized' : 'publicized' }, fullName, first)
    },

    /** Deletes a repository; its last delivery still carries it. */
    deleteRepository(fullName: string): void {
      told.tell('repository', { action: 'deleted' }, fullName, first)
      world.repositories.delete(fullName)
    },

    /** Lets every token lapse at once. */
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
    told.tellInstallation('installation_repositories', payload, first)
  }
}

function rekey(kept: Map<string, unknown>, from: string, to: string): void {
  for (const [key, value] of [...kept]) {
    if (key !== from && !key.startsWith(`${from}#`)) continue
    kept.delete(key)
    kept.set(key.replace(from, to), value)
  }
}
