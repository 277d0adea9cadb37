// Installations and their repositories. Most of these payloads carry no time of the event (`updated_at` remains the time of
// the installation), so events are ordered by their arrival.
import type { Installation, Repository } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event, RepositoryRef } from '../pipeline/model/events.ts'
import {
  type DeliveryReceipt,
  evidenceOf,
  id,
  identifier,
  optionalTimestamp,
  readPayload,
  repositoryPayload,
  webUrl,
} from './fields.ts'
import { missingPermissions } from './required-permissions.ts'

type InstallationFields = Pick<Installation, 'id'> & {
  html_url: string | null
  permissions: Readonly<Record<string, string>> | null
  account: Pick<Installation['account'], 'login'>
  suspended_at: string | null
}
type InstallationRepository = Pick<Repository, 'id' | 'full_name' | 'private'>
type InstallationPayload = { installation: InstallationFields; repositories: InstallationRepository[] }
type InstallationRepositoriesPayload = {
  installation: InstallationFields
  repositories_added: InstallationRepository[]
  repositories_removed: Pick<InstallationRepository, 'id'>[]
}

const installation = z.object({
  id,
  account: z.object({ login: identifier }),
  suspended_at: optionalTimestamp,
  html_url: webUrl.nullish().transform((url) => url ?? null),
  permissions: z
    .record(z.string(), z.string())
    .nullish()
    .catch(null)
    .transform((granted) => granted ?? null),
})
const { full_name, private: isPrivate } = repositoryPayload.shape.repository.shape
const installationRepositories = z.array(z.object({ id, full_name, private: isPrivate }))

const installationPayload: z.ZodType<InstallationPayload> = z.object({
  installation,
  repositories: installationRepositories.nullish().transform((repositories) => repositories ?? []),
})
const installationRepositoriesPayload: z.ZodType<InstallationRepositoriesPayload> = z.object({
  installation,
  repositories_added: installationRepositories,
  // A deleted repository may be listed with little more than its id.
  repositories_removed: z.array(z.object({ id })),
})

export function translateInstallation(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(installationPayload, payload)
  if (action === 'deleted') {
    const removed = port.repositories.map((repository) => repository.id)
    return { ...installationChanged(port.installation, receipt, { added: [], removed }), state: 'removed' }
  }
  const event = installationChanged(port.installation, receipt, { added: port.repositories, removed: [] })
  return action === 'suspend' ? { ...event, state: 'suspended' } : event
}

export function translateInstallationRepositories(_action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(installationRepositoriesPayload, payload)
  const removed = port.repositories_removed.map((repository) => repository.id)
  return installationChanged(port.installation, receipt, { added: port.repositories_added, removed })
}

function installationChanged(
  port: InstallationFields,
  receipt: DeliveryReceipt,
  change: { added: readonly InstallationRepository[]; removed: readonly number[] },
): Extract<Event, { type: 'installation.changed' }> {
  const at = receipt.receivedAt
  const added = change.added.map(
    (repository): RepositoryRef => ({
      id: repository.id,
      fullName: repository.full_name,
      private: repository.private,
      defaultBranch: null,
      installationId: port.id,
    }),
  )
  return {
    type: 'installation.changed',
    at,
    evidence: evidenceOf(receipt, at),
    installationId: port.id,
    account: port.account.login,
    // A suspended installation may still accept permissions and add repositories.
    state: port.suspended_at === null ? 'active' : 'suspended',
    added,
    removed: change.removed,
    settingsUrl: port.html_url,
    missingPermissions: port.permissions && missingPermissions(port.permissions),
  }
}
