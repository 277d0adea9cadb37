// Workflow runs: dispatched, found by the attempt key in their title, read and cancelled.

import type { ReadReceipt } from '../translate/fields.ts'
import { type RunRead, translateRunRead } from '../translate/workflow-run.ts'
import {
  asNumber,
  asObject,
  asString,
  expectObject,
  expectObjects,
  expectPresent,
  type JsonObject,
  readAnswer,
  unreadable,
} from './answer.ts'
import { GitHubFailure, nullIfNotFound } from './failure.ts'
import { expectSearched, readList } from './list.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'
import { readCauses } from './run-causes.ts'

export type DispatchRequest = {
  /** File name only: `plan.yml`. */
  readonly workflow: string
  readonly ref: string
  readonly inputs: Readonly<Record<string, string>>
  /** Not sent after this time: another worker may have taken it over. */
  readonly sendBy: string
}

/** The result of a cancellation: `refused` for a run that has ended, `gone` for a run that does not exist. */
export type CancelResult = 'accepted' | 'refused' | 'gone'

/** Whether GitHub would start a workflow. */
export type WorkflowState = 'active' | 'disabled'

/** A run, and the file of its workflow where that is known: its list is shorter than the repository's. */
export type RunPlace = { readonly runId: number; readonly workflow?: string }

export type WorkflowRuns = {
  /** Starts a run; resolves to the run, or to null when GitHub accepted without naming it. */
  dispatchWorkflow(
    access: RepositoryAccess,
    dispatch: DispatchRequest,
  ): Promise<{ readonly runId: number; readonly url: string } | null>
  /** Null while GitHub knows no such workflow. */
  readWorkflowState(access: RepositoryAccess, workflow: string): Promise<WorkflowState | null>
  /** Dispatched runs of the workflow since then, with `key` as a word in their title; oldest first, without jobs. */
  findRuns(
    access: RepositoryAccess,
    o: { readonly workflow: string; readonly since: string; readonly key: string },
    receipt: ReadReceipt,
  ): Promise<readonly RunRead[]>
  /** The run and the jobs of its newest `run_attempt`; null when GitHub neither knows it by its id nor lists it. */
  readRun(access: RepositoryAccess, run: RunPlace, receipt: ReadReceipt): Promise<RunRead | null>
  /** Cancels a run; `force` does not wait for steps that the workflow would still run. */
  cancelRun(access: RepositoryAccess, runId: number, force: boolean): Promise<CancelResult>
}

export function openWorkflowRuns(call: SendRequest): WorkflowRuns {
  let requestsRunDetails = true

  return {
    async dispatchWorkflow(access, { workflow, ref, inputs, sendBy }) {
      const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'
      const details = requestsRunDetails ? { [RETURN_RUN_DETAILS]: true } : {}
      try {
        const { body } = await call(
          access,
          'create',
          route,
          { workflow_id: workflow, ref, inputs, ...details },
          { sendBy },
        )
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
        // GitHub Enterprise Server up to 3.20 rejects the field and starts nothing.
        requestsRunDetails = false
        throw new GitHubFailure('retryable', failure.message, { cause: failure })
      }
    },

    async readWorkflowState(access, workflow) {
      const route = 'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}'
      const answer = await call(access, 'read', route, { workflow_id: workflow }).catch(nullIfNotFound)
      if (answer === null) return null
      const state = expectPresent(asString(expectObject(answer.body, 'the workflow').state), 'state')
      if (state === 'deleted') return null
      return state === 'active' ? 'active' : 'disabled'
    },

    async findRuns(access, { workflow, since, key }, receipt) {
      const route = 'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs'
      const list = await readList(async (page) => {
        const { body, hasNextPage } = await call(access, 'read', route, {
          workflow_id: workflow,
          event: 'workflow_dispatch',
          created: `>=${since}`,
          per_page: 100,
          page,
        })
        return { items: listOf(body, 'workflow_runs'), hasNextPage }
      })
      const runs = list.items
        .filter(mayEchoKey(key))
        .map((run) => readAnswer(() => translateRunRead(access.repositoryId, run, [], receipt)))
        .filter(({ title }) => hasWord(title, key))
      return expectSearched(runs, list, 'runs').toSorted((a, b) => a.id - b.id)
    },

    async readRun(access, place, receipt) {
      const { runId: run_id } = place
      const byId = call(access, 'read', 'GET /repos/{owner}/{repo}/actions/runs/{run_id}', { run_id })
      const answer = await byId.catch(nullIfNotFound)
      const found = answer === null ? await findListedRun(call, access, place) : answer.body
      if (answer === null && found === null) return null
      const run = expectObject(found, 'the run')
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs'
      const read = readList(async (page) => {
        const part = await call(access, 'read', route, { run_id, filter: 'latest', per_page: 100, page })
        return { items: listOf(part.body, 'jobs'), hasNextPage: part.hasNextPage }
      })
      const jobs = (await read.catch(nullIfNotFound))?.items ?? []
      const causes = await readCauses(call, access, run, jobs)
      return readAnswer(() => translateRunRead(access.repositoryId, run, jobs, receipt, causes))
    },

    async cancelRun(access, runId, force) {
      const route = force
        ? 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel'
        : 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel'
      try {
        const { status } = await call(access, 'change', route, { run_id: runId })
        if (status !== 202) throw unreadable(`a cancellation was answered with ${status}`)
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

/** GitHub may not know a run by its id for a moment, and list it all the same. The list begins with the newest. */
async function findListedRun(
  call: SendRequest,
  access: RepositoryAccess,
  { runId, workflow }: RunPlace,
): Promise<JsonObject | null> {
  const route =
    workflow === undefined
      ? 'GET /repos/{owner}/{repo}/actions/runs'
      : 'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs'
  const search = readList(
    async (page) => {
      const parameters = { ...(workflow !== undefined && { workflow_id: workflow }), per_page: 100, page }
      const { body, hasNextPage } = await call(access, 'read', route, parameters)
      return { items: listOf(body, 'workflow_runs'), hasNextPage }
    },
    (items) => items.some(({ id }) => (asNumber(id) ?? Infinity) <= runId),
  )
  const list = await search.catch(nullIfNotFound)
  // A workflow whose file is gone has no list of its own.
  if (list === null) return workflow === undefined ? null : await findListedRun(call, access, { runId })
  const found = list.items.filter(({ id }) => id === runId)
  return expectSearched(found, list, 'runs')[0] ?? null
}

// https://github.blog/changelog/2026-02-19-workflow-dispatch-api-now-returns-run-ids/
const RETURN_RUN_DETAILS = 'return_run_details'

/** Only such runs are translated: an unreadable run of another key must not fail the search. */
function mayEchoKey(key: string): (run: JsonObject) => boolean {
  return (run) => expectPresent(asString(run.display_title), 'display_title').includes(key)
}

function hasWord(title: string, word: string): boolean {
  return title.split(/\s+/).includes(word)
}

function listOf(body: unknown, name: string): readonly JsonObject[] {
  return expectObjects(expectObject(body, 'the list')[name], name)
}
