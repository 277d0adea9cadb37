// The actions of owners on their repositories.
import type { Run } from './runs.ts'
import type { Webhooks } from './webhooks.ts'
import { type Repository, repositoryOf, type World } from './world.ts'

export type RepositoryActions = ReturnType<typeof openRepositoryActions>

export function openRepositoryActions(o: {
  world: World
  webhooks: Webhooks
  defaultUser: string
  runs: () => readonly Run[]
}) {
  const { world, webhooks, defaultUser } = o

  function send(fullName: string, action: string, changes?: object): void {
    webhooks.send('repository', { action, ...(changes && { changes }) }, fullName, defaultUser)
  }

  function change(fullName: string, parts: Partial<Repository>, action: string): void {
    const repository = { ...repositoryOf(world, fullName), ...parts, updated_at: world.clock.nowIso() }
    world.repositories.set(fullName, repository)
    send(fullName, action)
  }

  function move(fullName: string, next: string): Repository {
    const from = repositoryOf(world, fullName)
    const name = next.split('/')[1] ?? next
    const repository = { ...renamed(from, fullName, next), name, updated_at: world.clock.nowIso() }
    for (const byName of [world.repositories, world.issues, world.pullRequests, world.linkedIssues] as Map<
      string,
      unknown
    >[])
      renameKeys(byName, fullName, next)
    world.repositories.set(next, repository)
    world.formerNames.set(fullName, repository.id)
    world.formerNames.delete(next)
    for (const run of o.runs())
      if (run.state.repository === fullName) (run.state as { repository: string }).repository = next
    return from
  }

  return {
    /** Renames a repository, which keeps its id. Returns the new full name. */
    async renameRepository(fullName: string, name: string): Promise<string> {
      const next = `${world.organization.login}/${name}`
      const from = move(fullName, next)
      send(next, 'renamed', { repository: { name: { from: from.name } } })
      return next
    },

    /** Gives a repository to an owner who has not installed the App. Returns the new full name. */
    giveAway(fullName: string, owner: string): string {
      const next = `${owner}/${repositoryOf(world, fullName).name}`
      const { id } = move(fullName, next)
      world.installation.removedRepositoryIds.add(id)
      return next
    },

    /** Makes a repository private, or public again. */
    setPrivate(fullName: string, isPrivate: boolean): void {
      const parts = { private: isPrivate, visibility: isPrivate ? 'private' : 'public' }
      change(fullName, parts, isPrivate ? 'privatized' : 'publicized')
    },

    /** Archives a repository, which can only be read then, or undoes that. */
    setArchived(fullName: string, archived: boolean): void {
      change(fullName, { archived }, archived ? 'archived' : 'unarchived')
    },

    /** Deletes a repository; its last delivery still carries it. */
    deleteRepository(fullName: string): void {
      send(fullName, 'deleted')
      world.repositories.delete(fullName)
    },
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
