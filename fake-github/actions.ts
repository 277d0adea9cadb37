// The workflows of each repository, their runs, and the Actions API.

import type { ApiResponse } from './api-request.ts'
import { whyNotDispatched } from './dispatch-inputs.ts'
import type { RepositoryFiles } from './files.ts'
import {
  annotationPayloads,
  jobPayload,
  pendingDeployments,
  runPayload,
  type Workflow,
  workflowPayload,
} from './run-state.ts'
import { createRun, type Run } from './runs.ts'
import type { SendWebhook } from './webhooks.ts'
import { repositoryOf, type World } from './world.ts'

export type Actions = {
  readonly runs: readonly Run[]
  workflow(fullName: string, file: string): Workflow
  createRun(
    fullName: string,
    file: string,
    o: { branch: string; headSha: string; title: string; event: string; by: string; fork: string | null },
  ): Run
  /** Calls back for every dispatched run. */
  onDispatch(callback: (run: Run, inputs: Readonly<Record<string, string>>) => void): void
  /** Calls back when the App asks to cancel a run, before the cancellation. */
  onCancel(callback: (run: Run, forced: boolean) => void): void
  /** How long a new run stays unlisted, and whether the answer to a dispatch names its run. */
  readonly listing: { delaySeconds: number; namesDispatchedRuns: boolean }
  /** The annotations of a job's check run. */
  respondWithAnnotations(fullName: string, id: number): ApiResponse
  /** Answers requests under `/repos/o/r/actions/`; null for any other path. */
  respond(method: string, fullName: string, path: string, query: URLSearchParams, body: unknown): ApiResponse | null
}

const KEY_ECHOING_WORKFLOWS = ['plan.yml', 'code.yml', 'test.yml']

export function openActions(world: World, send: SendWebhook, files: RepositoryFiles, appLogin: string): Actions {
  const workflows = new Map<string, Workflow>()
  const runs: Run[] = []
  const listeners: Parameters<Actions['onDispatch']>[0][] = []
  const cancelListeners: Parameters<Actions['onCancel']>[0][] = []
  const listing = { delaySeconds: 0, namesDispatchedRuns: true }

  function workflow(fullName: string, file: string): Workflow {
    const key = `${fullName}/${file}`
    let known = workflows.get(key)
    if (!known) {
      known = {
        id: world.nextId(),
        name: file.replace(/\.ya?ml$/, ''),
        file,
        echoesKey: KEY_ECHOING_WORKFLOWS.includes(file),
        state: 'active',
      }
      workflows.set(key, known)
    }
    return known
  }

  const begin: Actions['createRun'] = (fullName, file, o) => {
    const { by, ...rest } = o
    const number =
      runs.filter((run) => run.state.repository === fullName && run.state.workflow.file === file).length + 1
    const run = createRun(world, send, workflow(fullName, file), { ...rest, repository: fullName, number, actor: by })
    runs.push(run)
    return run
  }

  function find(fullName: string, name: string): Workflow | undefined {
    const path = `.github/workflows/${name}`
    if (files.isDeleted(fullName, path)) return undefined
    if (files.read(fullName, path) !== null) return workflow(fullName, name)
    return [...workflows]
      .filter(([key]) => key.startsWith(`${fullName}/`))
      .map(([, known]) => known)
      .find((known) => known.file === name || String(known.id) === name)
  }

  // The workflow's file counts; without one, the workflow's settings.
  function echoes(fullName: string, { file, echoesKey }: Workflow): boolean {
    const text = files.read(fullName, `.github/workflows/${file}`)
    return text === null ? echoesKey : /^run-name:.*inputs\.andon/m.test(text)
  }

  function dispatch(fullName: string, name: string, body: unknown): ApiResponse {
    const known = find(fullName, name)
    if (!known) return { status: 404, body: { message: 'Not Found' } }
    if (known.state !== 'active') return unprocessable("Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    const {
      ref,
      inputs = {},
      return_run_details: details,
    } = body as { ref?: string; inputs?: Record<string, string>; return_run_details?: boolean }
    if (!ref) return unprocessable('Invalid request. "ref" wasn\'t supplied.')
    const why = whyNotDispatched(files.read(fullName, `.github/workflows/${known.file}`), inputs)
    if (why !== null) return unprocessable(why)
    if (Object.keys(inputs).length > MAX_INPUTS) return unprocessable(`you may only define up to ${MAX_INPUTS} inputs`)
    const branch = ref.replace('refs/heads/', '')
    const headSha = world.git.head(repositoryOf(world, fullName).id, branch)
    if (headSha === null) return unprocessable(`No ref found for: ${ref}`)
    const title = echoes(fullName, known) && inputs.andon ? `andon ${inputs.andon}` : known.name
    send(
      'workflow_dispatch',
      { inputs, ref: `refs/heads/${branch}`, workflow: `.github/workflows/${known.file}` },
      fullName,
      appLogin,
    )
    const run = begin(fullName, known.file, {
      branch,
      headSha,
      title,
      event: 'workflow_dispatch',
      by: appLogin,
      fork: null,
    })
    for (const listener of listeners) listener(run, inputs)
    if (!details || !listing.namesDispatchedRuns) return { status: 204, body: null }
    return {
      status: 200,
      body: {
        workflow_run_id: run.id,
        run_url: `${world.url}/repos/${fullName}/actions/runs/${run.id}`,
        html_url: run.url,
      },
    }
  }

  function list(found: readonly Run[], query: URLSearchParams): ApiResponse {
    const page = Number(query.get('page') ?? 1)
    const perPage = Math.min(100, Number(query.get('per_page') ?? 30))
    const listedUntil = world.clock.nowMs() - listing.delaySeconds * 1000
    const matching = found
      .filter((run) => Date.parse(run.state.createdAt) <= listedUntil && matchesQuery(run, query))
      .toSorted((one, other) => other.id - one.id)
    const shown = matching.slice((page - 1) * perPage, page * perPage)
    return {
      status: 200,
      body: { total_count: matching.length, workflow_runs: shown.map((run) => runPayload(world, run.state)) },
    }
  }

  return {
    runs,
    workflow,
    createRun: begin,
    onDispatch: (callback) => void listeners.push(callback),
    onCancel: (callback) => void cancelListeners.push(callback),
    listing,
    respond(method, fullName, path, query, body) {
      repositoryOf(world, fullName)
      for (const file of KEY_ECHOING_WORKFLOWS) workflow(fullName, file)
      const here = runs.filter((run) => run.state.repository === fullName)
      const [noun, id, verb] = path.split('/') as [string, string?, string?]
      if (noun === 'workflows' && id === undefined) {
        const known = [...workflows].filter(([key]) => key.startsWith(`${fullName}/`)).map(([, one]) => one)
        return {
          status: 200,
          body: { total_count: known.length, workflows: known.map((one) => workflowPayload(world, fullName, one)) },
        }
      }
      if (noun === 'workflows' && verb === 'dispatches' && method === 'POST') return dispatch(fullName, id!, body)
      if (noun === 'workflows') {
        const known = find(fullName, id!)
        if (!known) return { status: 404, body: { message: 'Not Found' } }
        if (verb === 'runs')
          return list(
            here.filter((run) => run.state.workflow === known),
            query,
          )
        return { status: 200, body: workflowPayload(world, fullName, known) }
      }
      if (noun === 'runs' && id === undefined) return list(here, query)
      if (noun !== 'runs') return null
      const run = here.find((candidate) => String(candidate.id) === id)
      if (!run) return { status: 404, body: { message: 'Not Found' } }
      if (method === 'POST' && (verb === 'cancel' || verb === 'force-cancel'))
        return cancelRun(run, verb === 'force-cancel', cancelListeners)
      if (verb === 'jobs') {
        const jobs = run.state.jobs.map((job) => jobPayload(world, run.state, job))
        return { status: 200, body: { total_count: jobs.length, jobs } }
      }
      if (verb === 'pending_deployments') return { status: 200, body: pendingDeployments(world, run.state) }
      return { status: 200, body: runPayload(world, run.state) }
    },
    respondWithAnnotations(fullName, id) {
      const jobs = runs.filter(({ state }) => state.repository === fullName).flatMap(({ state }) => state.jobs)
      const job = jobs.find((candidate) => candidate.id === id)
      return { status: 200, body: job === undefined ? [] : annotationPayloads(job) }
    },
  }
}

const MAX_INPUTS = 25

function unprocessable(message: string): ApiResponse {
  return { status: 422, body: { message } }
}

// Accepted at once and done a moment later, like GitHub.
function cancelRun(
  run: Run,
  forced: boolean,
  listeners: readonly ((run: Run, forced: boolean) => void)[],
): ApiResponse {
  if (run.state.status === 'completed')
    return { status: 409, body: { message: 'Cannot cancel a workflow run that is completed.' } }
  for (const listener of listeners) listener(run, forced)
  setImmediate(() => run.cancel(forced))
  return { status: 202, body: {} }
}

function matchesQuery(run: Run, query: URLSearchParams): boolean {
  const { state } = run
  const created = query.get('created')
  const since = created?.match(/^>=?(.+)$/)?.[1] ?? created?.match(/^(.+)\.\.\*?$/)?.[1]
  const wanted = (name: string, value: string) => !query.has(name) || query.get(name) === value
  return (
    wanted('event', state.event) &&
    wanted('branch', state.branch) &&
    wanted('head_sha', state.headSha) &&
    (!query.has('status') || [state.status, state.conclusion].includes(query.get('status') as never)) &&
    (since === undefined || Date.parse(state.createdAt) >= Date.parse(since))
  )
}
