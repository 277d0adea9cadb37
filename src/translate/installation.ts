// Installations and the repositories they reach. Their payloads carry no moment for most of what happened (`updated_at`
// stays as it was when the installation was made), so they are taken in the order they were received.
import type { Installation, Repository } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event, RepositoryRef } from '../pipeline/model/events.ts'
import { evidence, here, id, moment, name, type Receipt, read } from './fields.ts'

type InstallationPort = Pick<Installation, 'id'> & {
  account: Pick<Installation['account'], 'login'>
  suspended_at: string | null
}
type Reached = Pick<Repository, 'id' | 'full_name' | 'private'>
type InstallationEventPort = { installation: InstallationPort; repositories: Reached[] }
type RepositoriesEventPort = {
  installation: InstallationPort
  repositories_added: Reached[]
  repositories_removed: Pick<Reached, 'id'>[]
}

const installation = z.object({
  id,
  account: z.object({ login: name }),
  suspended_at: moment.nullish().transform((at) => at ?? null),
})
const { full_name, private: isPrivate } = here.shape.repository.shape
const reached = z.array(z.object({ id, full_name, private: isPrivate }))

const installationEvent: z.ZodType<InstallationEventPort> = z.object({
  installation,
  repositories: reached.nullish().transform((repositories) => repositories ?? []),
})
const repositoriesEvent: z.ZodType<RepositoriesEventPort> = z.object({
  installation,
  repositories_added: reached,
  // A repository that was deleted may be listed with little more than its id.
  repositories_removed: z.array(z.object({ id })),
})

export function translateInstallation(action: string, payload: unknown, receipt: Receipt): Event {
  const port = read(installationEvent, payload)
  if (action === 'deleted') {
    const removed = port.repositories.map((repository) => repository.id)
    return { ...changed(port.installation, receipt, { added: [], removed }), state: 'removed' }
  }
  const event = changed(port.installation, receipt, { added: port.repositories, removed: [] })
  return action === 'suspend' ? { ...event, state: 'suspended' } : event
}

export function translateInstallationRepositories(_action: string, payload: unknown, receipt: Receipt): Event {
  const port = read(repositoriesEvent, payload)
  const removed = port.repositories_removed.map((repository) => repository.id)
  return changed(port.installation, receipt, { added: port.repositories_added, removed })
}

function changed(
  port: InstallationPort,
  receipt: Receipt,
  reach: { added: readonly Reached[]; removed: readonly number[] },
): Extract<Event, { type: 'installation.changed' }> {
  const at = receipt.receivedAt
  const added = reach.added.map(
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
    evidence: evidence(receipt, at),
    installationId: port.id,
    account: port.account.login,
    // New permissions may be accepted, and repositories added, while it is suspended.
    state: port.suspended_at === null ? 'active' : 'suspended',
    added,
    removed: reach.removed,
  }
}
