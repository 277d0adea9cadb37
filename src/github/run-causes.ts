// What GitHub says beside a run of why it ended, or of what it waits for.
import type { JobAnnotations, RunCausesRead } from '../translate/run-causes.ts'
import { asString, expectObjects, type JsonObject } from './answer.ts'
import { GitHubFailure } from './failure.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** Why a run was cancelled or failed before its job began, and what its environments wait for. */
export async function readCauses(
  call: SendRequest,
  access: RepositoryAccess,
  run: JsonObject,
  jobs: readonly JsonObject[],
): Promise<RunCausesRead> {
  if (run.status === 'completed') {
    const ended = run.conclusion === 'cancelled' ? jobs.filter(hasNotSucceeded) : jobs.filter(hasFailedUnbegun)
    if (run.conclusion !== 'cancelled' && ended.length === 0) return {}
    const annotations: JobAnnotations[] = []
    for (const { id, name } of ended.slice(0, MAX_ANNOTATED_JOBS)) {
      const route = 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations'
      // A job has the id of its check run.
      const body = await readOptional(call(access, 'read', route, { check_run_id: id, per_page: 100 }))
      annotations.push({
        job: asString(name) ?? '',
        annotations: body === null ? [] : expectObjects(body, 'annotations'),
      })
    }
    return { annotations }
  }
  if (run.status !== 'waiting' && jobs.every(({ status }) => status !== 'waiting')) return {}
  const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments'
  return { deployments: await readOptional(call(access, 'read', route, { run_id: run.id })) }
}

function hasNotSucceeded({ conclusion }: JsonObject): boolean {
  return conclusion === 'cancelled' || conclusion === 'failure'
}

function hasFailedUnbegun({ conclusion, steps }: JsonObject): boolean {
  return conclusion === 'failure' && Array.isArray(steps) && steps.length === 0
}

/** Null where GitHub has nothing or may not tell us: an explanation is missing then, not the run. */
async function readOptional(response: Promise<{ readonly body: unknown }>): Promise<unknown> {
  try {
    return (await response).body
  } catch (failure) {
    const isOver = failure instanceof GitHubFailure && failure.kind !== 'retryable' && failure.kind !== 'rate_limited'
    if (isOver) return null
    throw failure
  }
}

/** The jobs of a matrix are all cancelled alike. */
const MAX_ANNOTATED_JOBS = 10
