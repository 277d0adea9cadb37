// Why this GitHub refuses a request that it understands: the permission that the route needs is not granted, the repository is
// archived, or the conversation is locked.
import type { ApiRequest, ApiResponse } from './api-request.ts'
import type { Repository, World } from './world.ts'

/** The refusal of a request to a repository; `path` is what follows its name. */
export function whyRefused(
  world: World,
  { method }: ApiRequest,
  repository: Repository,
  path: string,
): ApiResponse | null {
  const isWrite = method !== 'GET'
  const accepted = acceptedPermissions(path, isWrite ? 'write' : 'read')
  if (accepted.length > 0 && !accepted.some(([name, level]) => isGranted(world, name, level)))
    return refusal('Resource not accessible by integration', {
      'x-accepted-github-permissions': accepted.map(([name, level]) => `${name}=${level}`).join('; '),
    })
  if (isWrite && repository.archived === true) return refusal('Repository was archived so is read-only.')
  const issue = issueOf(world, path)
  if (method === 'POST' && issue !== null && world.lockedIssues.has(`${repository.full_name}#${issue}`))
    return refusal('Unable to create comment because issue is locked.')
  return null
}

/** Is the permission granted to the installation now? */
export function isGranted({ installation }: World, name: string, level: 'read' | 'write'): boolean {
  const granted = installation.permissions[name]
  return granted === 'write' || granted === level
}

function refusal(message: string, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  return { status: 403, body: { message }, headers }
}

// https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
function acceptedPermissions(path: string, level: 'read' | 'write'): readonly (readonly [string, 'read' | 'write'])[] {
  if (path.startsWith('actions/')) return [['actions', level]]
  if (path.startsWith('check-runs') || path.endsWith('/check-runs')) return [['checks', level]]
  if (path.startsWith('contents/')) return [['contents', level]]
  if (path.startsWith('collaborators/')) return [['metadata', 'read']]
  if (path.startsWith('pulls/')) return [['pull_requests', level]]
  if (!/^issues(\/|$)/.test(path)) return []
  return [
    ['issues', level],
    ['pull_requests', level],
  ]
}

/** The issue that a comment or a reaction would be on. */
function issueOf(world: World, path: string): number | null {
  const [, number, comment] = /^issues\/(?:(\d+)\/comments|comments\/(\d+)\/reactions)$/.exec(path) ?? []
  if (number !== undefined) return Number(number)
  return comment === undefined ? null : (world.comments.get(Number(comment))?.number ?? null)
}
