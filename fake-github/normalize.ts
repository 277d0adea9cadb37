// The emulator leaves out some of what GitHub says, and says some of it otherwise. Every answer and every delivery
// passes here on its way out.
import { APP } from './organization.ts'
import { appJson, type World } from './world.ts'

/** What leaves, as GitHub would say it. `told` is the emulator's JSON. */
export function normalize(world: World, told: string): unknown {
  const document: unknown = JSON.parse(
    world.clock.shiftTimestamps(told.replaceAll(world.emulator.host, new URL(world.url).host)),
  )
  normalizeTree(world, document)
  return document
}

function normalizeTree(world: World, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) normalizeTree(world, item)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const node = value as Record<string, unknown>
  normalizeNode(world, node)
  for (const key in node) normalizeTree(world, node[key])
}

function normalizeNode(world: World, node: Record<string, unknown>): void {
  const login = (node.user as { login?: unknown } | null | undefined)?.login
  if (typeof node.login === 'string' && node.login.endsWith('[bot]')) node.type = 'Bot'
  if ('performed_via_github_app' in node && login === `${APP.slug}[bot]`) node.performed_via_github_app = appJson(world)
  // Only Apps write check runs, and there is one App here.
  if ('check_suite' in node && 'output' in node) node.app = appJson(world)
  if (typeof node.author_association === 'string' && typeof login === 'string') {
    node.author_association = authorAssociation(world.permissions.get(login))
  }
  if (typeof node.repository_url === 'string' && typeof node.number === 'number') normalizePullRequestIssue(world, node)
}

function authorAssociation(permission: string | undefined): string {
  return permission === undefined || permission === 'none' || permission === 'read' ? 'NONE' : 'MEMBER'
}

// A comment on a pull request carries an issue that says so.
function normalizePullRequestIssue(world: World, issue: Record<string, unknown>): void {
  const fullName = String(issue.repository_url).split('/repos/')[1]
  const pull = world.pullRequests.get(`${fullName}#${issue.number}`)
  if (!pull) return
  issue.html_url = pull.html_url
  issue.pull_request = {
    url: `${world.url}/repos/${fullName}/pulls/${issue.number}`,
    html_url: pull.html_url,
    merged_at: null,
  }
}
