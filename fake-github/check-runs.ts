// Check runs: only Apps write them, and this world has one App.
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { APP } from './organization.ts'
import { linkToNextPage, pageOf } from './paging.ts'
import { checkRunJson } from './payloads.ts'
import type { SendWebhook } from './webhooks.ts'
import type { CheckRun, Repository, World } from './world.ts'

/** Oldest first. */
export function checkRunsOn(world: World, repositoryId: number, sha?: string): readonly CheckRun[] {
  return [...world.checkRuns.values()]
    .filter((stored) => stored.repositoryId === repositoryId && (sha === undefined || stored.json.head_sha === sha))
    .map(({ json }) => json)
}

/** Answers requests about check runs that passed `validateCheckRun`; null for any other path. */
export function respondToCheckRuns(
  request: ApiRequest,
  o: { world: World; send: SendWebhook; repository: Repository; path: string; by: string },
): ApiResponse | null {
  const { world, repository, path } = o
  const { method, body, query } = request
  const parameters = body as Partial<CheckRun> & Pick<CheckRun, 'name' | 'head_sha'>
  if (path === 'check-runs' && method === 'POST') {
    const json = checkRunJson(world, repository, world.nextIdOf('check run'), parameters)
    save('created', json)
    if (json.status === 'completed') deliver('completed', json)
    return { status: 201, body: json }
  }
  const id = /^check-runs\/(\d+)$/.exec(path)?.[1]
  if (id !== undefined) {
    const stored = world.checkRuns.get(Number(id))
    if (stored?.repositoryId !== repository.id) return { status: 404, body: { message: 'Not Found' } }
    if (method === 'GET') return { status: 200, body: stored.json }
    const json = checkRunJson(world, repository, Number(id), { ...stored.json, ...parameters })
    save(json.status === 'completed' ? 'completed' : null, json)
    return { status: 200, body: json }
  }
  const sha = /^commits\/([^/]+)\/check-runs$/.exec(path)?.[1]
  if (sha === undefined || method !== 'GET') return null
  const found = checkRunsOn(world, repository.id, sha)
  const shown = query.get('filter') === 'all' ? found : newestOfEachName(found)
  return {
    status: 200,
    body: { total_count: shown.length, check_runs: pageOf(shown, query) },
    headers: linkToNextPage(shown, query, `${world.url}/repos/${repository.full_name}/${path}`),
  }

  function save(action: 'created' | 'completed' | null, json: CheckRun): void {
    world.checkRuns.set(json.id, { repositoryId: repository.id, json })
    if (action !== null) deliver(action, json)
  }

  function deliver(action: 'created' | 'completed', json: CheckRun): void {
    o.send('check_run', { action, check_run: json }, repository.full_name, `${APP.slug}[bot]`)
  }
}

function newestOfEachName(checkRuns: readonly CheckRun[]): readonly CheckRun[] {
  return [...new Map(checkRuns.map((checkRun) => [checkRun.name, checkRun])).values()]
}
