// A repository by its name, as a person types it: its installation, asked as the App, and what it is.
import { type ListedInstallation, translateListedInstallations } from '../translate/app-reads.ts'
import { type NamedRepository, translateNamedRepository } from '../translate/installation-reads.ts'
import { readAnswer } from './answer.ts'
import { nullIfNotFound } from './failure.ts'
import type { SendRequest } from './request.ts'

export type RepositoryByName = {
  readonly installation: ListedInstallation
  /** Null while the installation is suspended. */
  readonly repository: NamedRepository | null
}

/** Null if the App does not reach a repository of that name. */
export async function findRepositoryByName(
  call: SendRequest,
  { owner, name }: { readonly owner: string; readonly name: string },
): Promise<RepositoryByName | null> {
  try {
    const { body } = await call(null, 'read', 'GET /repos/{owner}/{repo}/installation', { owner, repo: name })
    const [installation] = readAnswer(() => translateListedInstallations([body]))
    if (installation === undefined) return null
    if (installation.isSuspended) return { installation, repository: null }
    const access = { installationId: installation.id, repositoryId: 0, owner, name }
    const read = await call(access, 'read', 'GET /repos/{owner}/{repo}')
    return { installation, repository: readAnswer(() => translateNamedRepository(read.body)) }
  } catch (failure) {
    return nullIfNotFound(failure)
  }
}
