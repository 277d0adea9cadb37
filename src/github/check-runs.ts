import { GitHubFailure } from './failure.ts'
import type { Found } from './issue-comments.ts'
import { createdId, fields, number, rows } from './json.ts'
import type { Call, Where } from './request.ts'

/** A check run in GitHub's own words. */
export type CheckRun = {
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

/** What may change about a check run; without a name it keeps the one it has. */
export type CheckChanges = Omit<CheckRun, 'name' | 'head_sha'> & { readonly name?: string }

export type Checks = {
  createCheck(where: Where, check: CheckRun): Promise<number>
  updateCheck(where: Where, checkRunId: number, changes: CheckChanges): Promise<void>
  /** Check runs of ours on a commit with this `external_id`, oldest first. */
  findChecks(where: Where, sha: string, externalId: string): Promise<readonly Found[]>
}

export function openChecks(call: Call, appId: number): Checks {
  return {
    async createCheck(where, check) {
      return createdId((await call(where, 'create', 'POST /repos/{owner}/{repo}/check-runs', check)).body)
    },

    async updateCheck(where, checkRunId, changes) {
      const route = 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}'
      await call(where, 'change', route, { check_run_id: checkRunId, ...changes })
    },

    async findChecks(where, sha, externalId) {
      const found: Found[] = []
      for (let page = 1; ; page += 1) {
        const { body, next } = await call(where, 'read', 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
          ref: sha,
          // Without it GitHub answers only the newest of each name, and twins would stay hidden.
          filter: 'all',
          app_id: appId,
          per_page: 100,
          page,
        })
        const checkRuns = fields(body)?.check_runs
        if (!Array.isArray(checkRuns)) {
          throw new GitHubFailure('retry', 'GitHub answered a list of check runs that cannot be read')
        }
        for (const checkRun of rows(checkRuns)) {
          const id = number(checkRun.id)
          const ours = number(fields(checkRun.app)?.id) === appId
          if (id !== null && ours && checkRun.external_id === externalId) found.push({ id })
        }
        if (!next) return found.sort((a, b) => a.id - b.id)
      }
    },
  }
}
