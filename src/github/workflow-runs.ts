// Workflow runs: begun by a dispatch, found again by the attempt key they echo, read, cancelled.

import { GitHubFailure } from './failure.ts'
import { type Fields, fields, need, number, rows, text } from './json.ts'
import type { Call, Where } from './request.ts'

/** A workflow run as REST tells it. */
export type RunReading = {
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

export type JobReading = {
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

export type Dispatch = {
  /** File name only: `plan.yml`. */
  readonly workflow: string
  readonly ref: string
  readonly inputs: Readonly<Record<string, string>>
  /** After this it is not sent any more: somebody else may have taken it over. */
  readonly sendBy: string
}

/** What became of a cancellation: `refused` is said of runs that are over, `gone` of runs that are not there. */
export type Cancelled = 'accepted' | 'refused' | 'gone'

export type Runs = {
  /** Begins a run; resolves to the run, or to null when GitHub accepted without saying which. */
  dispatch(where: Where, dispatch: Dispatch): Promise<{ readonly runId: number; readonly url: string } | null>
  /** Dispatched runs of a workflow created since, whose title says `key` as a whole word; oldest first. */
  findRuns(
    where: Where,
    o: { readonly workflow: string; readonly since: string; readonly key: string },
  ): Promise<readonly RunReading[]>
  /** The run and the jobs of its newest `run_attempt`; null when there is none by that id. */
  readRun(
    where: Where,
    runId: number,
  ): Promise<{ readonly run: RunReading; readonly jobs: readonly JobReading[] } | null>
  /** Asks for the end of a run; `force` does not wait for what the workflow would still do. */
  cancelRun(where: Where, runId: number, force: boolean): Promise<Cancelled>
}

export function openRuns(call: Call): Runs {
  let asksForDetails = true

  return {
    async dispatch(where, { workflow, ref, inputs, sendBy }) {
      const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
      const details = asksForDetails ? { [DETAILS]: true } : {}
      try {
        const { body } = await call(where, 'create', route, { workflow_id: workflow, ref, inputs, ...details }, sendBy)
        const run = fields(body)
        const runId = number(run?.workflow_run_id)
        return runId === null ? null : { runId, url: text(run?.html_url) ?? '' }
      } catch (failure) {
        if (!(failure instanceof GitHubFailure && failure.kind === 'refuse' && failure.message.includes(DETAILS))) {
          throw failure
        }
        // GitHub Enterprise Server up to 3.20 does not know the field, and has begun nothing.
        asksForDetails = false
        throw new GitHubFailure('retry', failure.message, { cause: failure })
      }
    },

    async findRuns(where, { workflow, since, key }) {
      const found: RunReading[] = []
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const route = 'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs'
        const { body, next } = await call(where, 'read', route, {
          workflow_id: workflow,
          event: 'workflow_dispatch',
          created: `>=${since}`,
          per_page: 100,
          page,
        })
        const runs = listed(body, 'workflow_runs').map(readRun)
        found.push(...runs.filter(({ fork, title }) => fork === null && title.split(/\s+/).includes(key)))
        if (!next) break
      }
      return found.sort((a, b) => a.id - b.id)
    },

    async readRun(where, runId) {
      try {
        const { body } = await call(where, 'read', 'GET /repos/{owner}/{repo}/actions/runs/{run_id}', { run_id: runId })
        const run = readRun(fields(body) ?? {})
        const jobs: JobReading[] = []
        for (let page = 1; page <= MOST_PAGES; page += 1) {
          const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs'
          const part = await call(where, 'read', route, { run_id: runId, filter: 'latest', per_page: 100, page })
          jobs.push(...listed(part.body, 'jobs').map(readJob))
          if (!part.next) break
        }
        return { run, jobs }
      } catch (failure) {
        if (failure instanceof GitHubFailure && failure.kind === 'gone') return null
        throw failure
      }
    },

    async cancelRun(where, runId, force) {
      const route = force
        ? 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel'
        : 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel'
      try {
        await call(where, 'change', route, { run_id: runId })
        return 'accepted'
      } catch (failure) {
        if (!(failure instanceof GitHubFailure)) throw failure
        if (failure.kind === 'gone') return 'gone'
        if (failure.kind === 'refuse') return 'refused'
        throw failure
      }
    },
  }
}

// https://github.blog/changelog/2026-02-19-workflow-dispatch-api-now-returns-run-ids/
const DETAILS = 'return_run_details'
/** GitHub lists no more than the newest thousand. */
const MOST_PAGES = 10

function listed(body: unknown, name: string): readonly Fields[] {
  const list = fields(body)?.[name]
  if (!Array.isArray(list)) throw new GitHubFailure('retry', `GitHub answered a list of ${name} that cannot be read`)
  return rows(list)
}

function readRun(run: Fields): RunReading {
  const headRepository = fields(run.head_repository)
  const isHere = headRepository !== null && number(headRepository.id) === number(fields(run.repository)?.id)
  return {
    id: need(number(run.id), 'id'),
    runAttempt: number(run.run_attempt) ?? 1,
    path: need(text(run.path), 'path'),
    title: text(run.display_title) ?? '',
    status: need(text(run.status), 'status'),
    conclusion: text(run.conclusion),
    branch: headRepository === null ? null : text(run.head_branch),
    fork: isHere ? null : (text(headRepository?.full_name)?.split('/')[0] ?? 'ghost'),
    headSha: need(text(run.head_sha), 'head_sha'),
    url: need(text(run.html_url), 'html_url'),
    startedAt: need(text(run.run_started_at) ?? text(run.created_at), 'created_at'),
    updatedAt: need(text(run.updated_at), 'updated_at'),
  }
}

function readJob(job: Fields): JobReading {
  return {
    id: need(number(job.id), 'id'),
    runAttempt: number(job.run_attempt) ?? 1,
    name: need(text(job.name), 'name'),
    status: need(text(job.status), 'status'),
    conclusion: text(job.conclusion),
    steps: rows(job.steps).map((step) => ({ name: text(step.name) ?? '', status: text(step.status) ?? '' })),
    url: text(job.html_url),
    createdAt: text(job.created_at),
    startedAt: text(job.started_at),
    completedAt: text(job.completed_at),
  }
}
