import {
  asNumber,
  asObject,
  expectChangedId,
  expectCreatedId,
  expectObject,
  expectObjects,
  expectPresent,
} from './answer.ts'
import type { ExistingResource } from './issue-comments.ts'
import { expectSearched, readList } from './list.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** A check run in GitHub's own words. */
export type CheckRunParameters = {
  readonly name: string
  readonly head_sha: string
  readonly external_id: string
  readonly details_url: string
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion?: 'success' | 'failure' | 'neutral' | 'cancelled' | 'skipped' | 'action_required'
  readonly started_at?: string
  readonly completed_at?: string
  readonly output: { readonly title: string; readonly summary: string }
  /** At most three; labels of 20, descriptions of 40 and identifiers of 20 characters. */
  readonly actions?: readonly { readonly label: string; readonly description: string; readonly identifier: string }[]
}

/** The fields of a check run that can change; without a name it keeps its own. */
export type CheckRunUpdate = Omit<CheckRunParameters, 'name' | 'head_sha'> & { readonly name?: string }

export type CheckRuns = {
  createCheckRun(access: RepositoryAccess, check: CheckRunParameters): Promise<number>
  updateCheckRun(access: RepositoryAccess, checkRunId: number, changes: CheckRunUpdate): Promise<void>
  /** Our check runs on a commit with this `external_id`, oldest first. */
  findCheckRuns(access: RepositoryAccess, sha: string, externalId: string): Promise<readonly ExistingResource[]>
}

export function openCheckRuns(call: SendRequest, appId: number): CheckRuns {
  return {
    async createCheckRun(access, check) {
      return expectCreatedId((await call(access, 'create', 'POST /repos/{owner}/{repo}/check-runs', check)).body)
    },

    async updateCheckRun(access, checkRunId, changes) {
      const route = 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}'
      expectChangedId((await call(access, 'change', route, { check_run_id: checkRunId, ...changes })).body, checkRunId)
    },

    async findCheckRuns(access, sha, externalId) {
      const list = await readList(async (page) => {
        const { body, hasNextPage } = await call(access, 'read', 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
          ref: sha,
          // Without it GitHub lists only the newest of each name and hides duplicates.
          filter: 'all',
          app_id: appId,
          per_page: 100,
          page,
        })
        return { items: expectObjects(expectObject(body, 'the list').check_runs, 'check_runs'), hasNextPage }
      })
      const found = list.items.flatMap((checkRun): readonly ExistingResource[] => {
        const id = expectPresent(asNumber(checkRun.id), 'id')
        const ours = asNumber(asObject(checkRun.app)?.id) === appId
        return ours && checkRun.external_id === externalId ? [{ id }] : []
      })
      return expectSearched(found, list, 'check runs').toSorted((a, b) => a.id - b.id)
    },
  }
}
