// Webhook deliveries: about repositories of the installation, of events that the App subscribes to.
import type { Deliveries } from './deliveries.ts'
import { organizationJson } from './payloads.ts'
import { installationIdOf, userOf, type World } from './world.ts'

export type SendWebhook = (event: string, payload: Record<string, unknown>, fullName: string, by: string) => void

export type Webhooks = {
  /** A delivery about a repository. */
  readonly send: SendWebhook
  /** A delivery about the installation itself, which arrives whatever the installation's state. */
  sendInstallationEvent(event: string, payload: Record<string, unknown>, by: string): void
}

export function openWebhooks(o: { world: World; deliveries: Deliveries }): Webhooks {
  const { world, deliveries } = o
  return {
    send(event, payload, fullName, by) {
      const { installation, grant } = world
      const repository = world.repositories.get(fullName)
      const reaches = installation.state === 'active' && !installation.removedRepositoryIds.has(repository?.id ?? 0)
      if (!reaches || !grant.events.includes(event)) return
      const installationId = installationIdOf(world, repository?.id ?? 0)
      const envelope = {
        repository,
        sender: userOf(world, by),
        organization: organizationJson(world),
        installation: { id: installationId, node_id: `IN_${installationId}` },
      }
      deliveries.enqueue(event, { ...payload, ...envelope })
    },
    sendInstallationEvent(event, payload, by) {
      deliveries.enqueue(event, { ...payload, sender: userOf(world, by) })
    },
  }
}
