// GitHub's answers about an installation and a repository, asked because a delivery could not say for itself.
import { z } from 'zod'
import type { InstallationFact, RepositoryDescription } from '../pipeline/model/questions.ts'
import { id, identifier, optionalTimestamp, readPayload, repositoryPayload, timestamp } from './fields.ts'

export type InstallationRead = InstallationFact
export type DescriptionRead = RepositoryDescription

const installationAnswer = z.object({
  id,
  account: z.object({ login: identifier }),
  suspended_at: optionalTimestamp,
})

const { full_name, private: isPrivate, default_branch } = repositoryPayload.shape.repository.shape
const repositoryAnswer = z.object({
  full_name,
  private: isPrivate,
  default_branch,
  archived: z.boolean(),
  updated_at: timestamp,
})

/** A repository that was asked for by its name. */
export type NamedRepository = DescriptionRead & { readonly id: number }

export function translateNamedRepository(body: unknown): NamedRepository {
  return { id: readPayload(z.object({ id }), body).id, ...translateRepositoryRead(body) }
}

export function translateInstallationRead(body: unknown): InstallationRead {
  const port = readPayload(installationAnswer, body)
  return { id: port.id, account: port.account.login, state: port.suspended_at === null ? 'active' : 'suspended' }
}

export function translateRepositoryRead(body: unknown): DescriptionRead {
  const port = readPayload(repositoryAnswer, body)
  const { full_name: fullName, default_branch: defaultBranch, archived, updated_at: updatedAt } = port
  return { fullName, private: port.private, defaultBranch, archived, updatedAt }
}
