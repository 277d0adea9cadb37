// Workflow runs: begun by a dispatch, found again by the attempt key they echo, read, cancelled.

import { GitHubFailure } from './failure.ts'
import { asNumber, asObject, asObjects, asString, expectPresent, type JsonObject } from './json.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** A workflow run as REST tells it. */
export type GitHubRun = {
  readonly id: number
  readonly runAttempt: number
  /** `.github/workflows/plan.yml` */
  readonly path: string
  readonly title: string
  readonly status: string
  readonly conclusion: string | null
  readonly branch: string | null
  /** Whose fork the head is in; null when it is in this repository. */
  readonly fork: string | null
  readonly headSha: string
  readonly url: string
  readonly startedAt: string
  readonly updatedAt: string
}

export type GitHubJob = {
  readonly id: number
  readonly runAttempt: number
  readonly name: string
  readonly status: string
  readonly conclusion: string | null
  readonly steps: readonly { readonly name: string; readonly status: string }[]
  readonly url: string | null
  readonly createdAt: string | null
  readonly startedAt: string | null
  readonly completedAt: string | null
}

export type DispatchRequest = {
  /** File name only: `plan.yml`. */
  readonly workflow: string
  readonly ref: string
  readonly inputs: Readonly<Record<string, string>>
  /** After this it is not sent any more: somebody else may have taken it over. */
  readonly sendBy: string
}

/** What became of a cancellation: `refused` is said of runs that are over, `gone` of runs that are not there. */
export type CancelResult = 'accepted' | 'refused' | 'gone'

export type WorkflowRuns = {
  /** Begins a run; resolves to the run, or to null when GitHub accepted without saying which. */
  dispatchWorkflow(
    access: RepositoryAccess,
    dispatch: DispatchRequest,
  ): Promise<{ readonly runId: number; readonly url: string } | null>
  /** Dispatched runs of a workflow created since, whose title says `key` as a whole word; oldest first. */
  findRuns(
    access: RepositoryAccess,
    o: { readonly workflow: string; readonly since: string; readonly key: string },
  ): Promise<readonly GitHubRun[]>
  /** The run and the jobs of its newest `run_attempt`; null when there is none by that id. */
  readRun(
    access: RepositoryAccess,
    runId: number,
  ): Promise<{ readonly run: GitHubRun; readonly jobs: readonly GitHubJob[] } | null>
  /** Asks for the end of a run; `force` does not wait for what the workflow would still do. */
  cancelRun(access: RepositoryAccess, runId: number, force: boolean): Promise<CancelResult>
}

export function openWorkflowRuns(call: SendRequest): WorkflowRuns {
  let asksForDetails = true

  return {
    async dispatchWorkflow(access, { workflow, ref, inputs, sendBy }) {
      const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
      const details = asksForDetails ? { [RETURN_RUN_DETAILS]: true } : {}
      try {
        const { body } = await call(access, 'create', route, { workflow_id: workflow, ref, inputs, ...details }, sendBy)
        const run = asObject(body)
        const runId = asNumber(run?.workflow_run_id)
        return runId === null ? null : { runId, url: asString(run?.html_url) ?? '' }
      } catch (failure) {
        if (
          !(
            failure instanceof GitHubFailure &&
            failure.kind === 'refused' &&
            failure.message.includes(RETURN_RUN_DETAILS)
          )
        ) {
          throw failure
        }
        // GitHub Enterprise Server up to 3.20 does not know the field, and has begun nothing.
        asksForDetails = false
        throw new GitHubFailure('retryable', failure.message, { cause: failure })
      }
    },

    async findRuns(access, { workflow, since, key }) {
      const found: GitHubRun[] = []
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const route = 'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs'
        const { body, hasNextPage } = await call(access, 'read', route, {
          workflow_id: workflow,
          event: 'workflow_dispatch',
          created: `>=${since}`,
          per_page: 100,
          page,
        })
        const runs = expectListOf(body, 'workflow_runs').map(parseRun)
        found.push(...runs.filter(({ fork, title }) => fork === null && title.split(/\s+/).includes(key)))
        if (!hasNextPage) break
      }
      return found.sort((a, b) => a.id - b.id)
    },

    async readRun(access, runId) {
      try {
        const { body } = await call(access, 'read', 'GET /repos/{owner}/{repo}/actions/runs/{run_id}', {
          run_id: runId,
        })
        const run = parseRun(asObject(body) ?? {})
        const jobs: GitHubJob[] = []
        for (let page = 1; page <= MAX_PAGES; page += 1) {
          const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs'
          const part = await call(access, 'read', route, { run_id: runId, filter: 'latest', per_page: 100, page })
          jobs.push(...expectListOf(part.body, 'jobs').map(parseJob))
          if (!part.hasNextPage) break
        }
        return { run, jobs }
      } catch (failure) {
        if (failure instanceof GitHubFailure && failure.kind === 'not_found') return null
        throw failure
      }
    },

    async cancelRun(access, runId, force) {
      const route = force
        ? 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel'
        : 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel'
      try {
        await call(access, 'change', route, { run_id: runId })
        return 'accepted'
      } catch (failure) {
        if (!(failure instanceof GitHubFailure)) throw failure
        if (failure.kind === 'not_found') return 'gone'
        if (failure.kind === 'refused') return 'refused'
        throw failure
      }
    },
  }
}

// https://github.blog/changelog/2026-02-19-workflow-dispatch-api-now-returns-run-ids/
const RETURN_RUN_DETAILS = 'return_run_details'
/** GitHub lists no more than the newest thousand. */
const MAX_PAGES = 10

function expectListOf(body: unknown, name: string): readonly JsonObject[] {
  const list = asObject(body)?.[name]
  if (!Array.isArray(list))
    throw new GitHubFailure('retryable', `GitHub answered a list of ${name} that cannot be read`)
  return asObjects(list)
}

function parseRun(run: JsonObject): GitHubRun {
  const headRepository = asObject(run.head_repository)
  const isHere = headRepository !== null && asNumber(headRepository.id) === asNumber(asObject(run.repository)?.id)
  return {
    id: expectPresent(asNumber(run.id), 'id'),
    runAttempt: asNumber(run.run_attempt) ?? 1,
    path: expectPresent(asString(run.path), 'path'),
    title: asString(run.display_title) ?? '',
    status: expectPresent(asString(run.status), 'status'),
    conclusion: asString(run.conclusion),
    branch: headRepository === null ? null : asString(run.head_branch),
    fork: isHere ? null : (asString(headRepository?.full_name)?.split('/')[0] ?? 'ghost'),
    headSha: expectPresent(asString(run.head_sha), 'head_sha'),
    url: expectPresent(asString(run.html_url), 'html_url'),
    startedAt: expectPresent(asString(run.run_started_at) ?? asString(run.created_at), 'created_at'),
    updatedAt: expectPresent(asString(run.updated_at), 'updated_at'),
  }
}

function parseJob(job: JsonObject): GitHubJob {
  return {
    id: expectPresent(asNumber(job.id), 'id'),
    runAttempt: asNumber(job.run_attempt) ?? 1,
    name: expectPresent(asString(job.name), 'name'),
    status: expectPresent(asString(job.status), 'status'),
    conclusion: asString(job.conclusion),
    steps: asObjects(job.steps).map((step) => ({
      name: asString(step.name) ?? '',
      status: asString(step.status) ?? '',
    })),
    url: asString(job.html_url),
    createdAt: asString(job.created_at),
    startedAt: asString(job.started_at),
    completedAt: asString(job.completed_at),
  }
}
