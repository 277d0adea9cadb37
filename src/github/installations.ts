// Where a repository is, asked by its id, because its name may be another's by now. The App asks as itself: a token would need
// the installation that is in question.
import {
  type DescriptionRead,
  type InstallationRead,
  translateInstallationRead,
  translateRepositoryRead,
} from '../translate/installation-reads.ts'
import { readAnswer } from './answer.ts'
import { nullIfNotFound } from './failure.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

export type Installations = {
  /** The installation; null when there is none (any more). */
  readInstallation(installationId: number): Promise<InstallationRead | null>
  /** The repository, and the installation that reaches it now; null for what there is not, or cannot be read. */
  readRepository(access: RepositoryAccess): Promise<{
    readonly installation: InstallationRead | null
    readonly description: DescriptionRead | null
  }>
}

export function openInstallations(call: SendRequest): Installations {
  async function readOne(route: string, parameters: Readonly<Record<string, unknown>>) {
    try {
      const { body } = await call(null, 'read', route, parameters)
      return readAnswer(() => translateInstallationRead(body))
    } catch (failure) {
      return nullIfNotFound(failure)
    }
  }

  return {
    readInstallation: (installation_id) => readOne('GET /app/installations/{installation_id}', { installation_id }),

    async readRepository(access) {
      const parameters = { repository_id: access.repositoryId }
      const installation = await readOne('GET /repositories/{repository_id}/installation', parameters)
      if (installation?.state !== 'active') return { installation, description: null }
      const reached = { ...access, installationId: installation.id }
      const { body } = await call(reached, 'read', 'GET /repositories/{repository_id}', parameters)
      return { installation, description: readAnswer(() => translateRepositoryRead(body)) }
    },
  }
}
