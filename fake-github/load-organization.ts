import { normalize } from './normalize.ts'
import type { Repository, User, World } from './world.ts'

/** Reads who and what the emulator was seeded with. */
export async function loadOrganization(world: World): Promise<void> {
  const admin = Object.keys(world.organization.collaborators)[0]!
  for (const login of Object.keys(world.organization.collaborators)) {
    const user = await world.emulator.requestAs(admin, 'GET', `/users/${encodeURIComponent(login)}`)
    world.users.set(login, normalize(world, JSON.stringify(user)) as User)
  }
  for (const { name } of world.organization.repositories) {
    const fullName = `${world.organization.login}/${name}`
    const repository = await world.emulator.requestAs(admin, 'GET', `/repos/${fullName}`)
    world.repositories.set(fullName, normalize(world, JSON.stringify(repository)) as Repository)
  }
}
