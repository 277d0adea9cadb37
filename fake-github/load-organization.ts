import { complete } from './normalize.ts'
import type { Repository, User, World } from './world.ts'

/** Reads who and what the emulator was seeded with. */
export async function learn(world: World): Promise<void> {
  const admin = Object.keys(world.cast.people)[0]!
  for (const login of Object.keys(world.cast.people)) {
    const user = await world.emulator.act(admin, 'GET', `/users/${encodeURIComponent(login)}`)
    world.users.set(login, complete(world, JSON.stringify(user)) as User)
  }
  for (const { name } of world.cast.repositories) {
    const fullName = `${world.cast.owner}/${name}`
    const repository = await world.emulator.act(admin, 'GET', `/repos/${fullName}`)
    world.repositories.set(fullName, complete(world, JSON.stringify(repository)) as Repository)
  }
}
