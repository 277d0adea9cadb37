// Installations and their repositories. Most of these payloads carry no time of the event (`updated_at` remains the time of
// the installation), so what they take away is asked of GitHub first.
import type { Installation, Repository } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event, RemovedRepository, RepositoryRef } from '../pipeline/model/events.ts'
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
  repositories_removed: (InstallationRepository | Pick<InstallationRepository, 'id'>)[]
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
const installationRepository = z.object({ id, full_name, private: isPrivate })
const installationRepositories = z.array(installationRepository)

const installationPayload: z.ZodType<InstallationPayload> = z.object({
  installation,
  repositories: installationRepositories.nullish().transform((repositories) => repositories ?? []),
})
const installationRepositoriesPayload: z.ZodType<InstallationRepositoriesPayload> = z.object({
  installation,
  repositories_added: installationRepositories,
  // A deleted repository may be listed with little more than its id.
  repositories_removed: z.array(z.union([installationRepository, z.object({ id })])),
})

export function translateInstallation(action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(installationPayload, payload)
  if (action === 'deleted') {
    return {
      ...installationChanged(port.installation, receipt, { added: [], removed: port.repositories }),
      state: 'removed',
    }
  }
  const event = installationChanged(port.installation, receipt, { added: port.repositories, removed: [] })
  return action === 'suspend' ? { ...event, state: 'suspended' } : event
}

export function translateInstallationRepositories(_action: string, payload: unknown, receipt: DeliveryReceipt): Event {
  const port = readPayload(installationRepositoriesPayload, payload)
  const { repositories_added: added, repositories_removed: removed } = port
  return installationChanged(port.installation, receipt, { added, removed })
}

function installationChanged(
  port: InstallationFields,
  receipt: DeliveryReceipt,
  change: {
    added: readonly InstallationRepository[]
    removed: InstallationRepositoriesPayload['repositories_removed']
  },
): Extract<Event, { type: 'installation.changed' }> {
  const at = receipt.receivedAt
  const refOf = (repository: InstallationRepository): RepositoryRef => ({
    id: repository.id,
    fullName: repository.full_name,
    private: repository.private,
    defaultBranch: null,
    installationId: port.id,
  })
  return {
    type: 'installation.changed',
    at,
    evidence: evidenceOf(receipt, at),
    installationId: port.id,
    account: port.account.login,
    // A suspended installation may still accept permissions and add repositories.
    state: port.suspended_at === null ? 'active' : 'suspended',
    added: change.added.map(refOf),
    removed: change.removed.map(
      (one): RemovedRepository => ({ id: one.id, ref: 'full_name' in one ? refOf(one) : null }),
    ),
    settingsUrl: port.html_url,
    missingPermissions: port.permissions && missingPermissions(port.permissions),
  }
}
