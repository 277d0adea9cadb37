// app.yml asks people for power over their repositories. It asks for what the code uses, no more and no less, and says why.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { WEBHOOK_PATH } from '../src/inbox/guard.ts'
import { ALWAYS_DELIVERED, HANDLED_WEBHOOK_NAMES, type HandledWebhook } from '../src/translate/handled-webhooks.ts'
import { REQUIRED_PERMISSIONS } from '../src/translate/required-permissions.ts'
import { readSources } from './support/typescript-source.ts'

type Level = 'read' | 'write'
type Permissions = Readonly<Record<string, Level>>

const text = readFileSync('app.yml', 'utf8')
const manifest = parse(text) as {
  public: boolean
  hook_attributes: { url: string; active: boolean }
  default_permissions: Permissions
  default_events: readonly string[]
}

/** What GitHub asks of an App before it may send this. */
const EVENTS: Readonly<Record<Exclude<HandledWebhook, (typeof ALWAYS_DELIVERED)[number]>, Permissions>> &
  Record<string, Permissions> = {
  issues: { issues: 'read' },
  issue_comment: { issues: 'read' },
  workflow_run: { actions: 'read' },
  workflow_job: { actions: 'read' },
  pull_request: { pull_requests: 'read' },
  pull_request_review: { pull_requests: 'read' },
  check_run: { checks: 'read' },
  push: { contents: 'read' },
  repository: { metadata: 'read' },
}

/** What GitHub asks of an App before it may call this. */
const ROUTES: Readonly<Record<string, Permissions>> = {
  'GET /app': {},
  'GET /app/hook/config': {},
  'GET /app/hook/deliveries': {},
  'GET /app/hook/deliveries/{delivery_id}': {},
  'GET /app/installations': {},
  'GET /app/installations/{installation_id}': {},
  'GET /installation/repositories': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/installation': {},
  'GET /repos/{owner}/{repo}': { metadata: 'read' },
  'GET /repositories/{repository_id}/installation': {},
  'GET /repositories/{repository_id}': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': { metadata: 'read' },
  'GET /repos/{owner}/{repo}/issues/{issue_number}': { issues: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': { pull_requests: 'read' },
  'GET /repos/{owner}/{repo}/issues': { issues: 'read' },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/events': { issues: 'read' },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': { issues: 'read' },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': { issues: 'write' },
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}': { issues: 'read' },
  'PATCH /app/hook/config': {},
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': { issues: 'write' },
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}': { issues: 'write' },
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': { issues: 'read' },
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': { issues: 'write' },
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}': { issues: 'write' },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': { checks: 'read' },
  'POST /repos/{owner}/{repo}/check-runs': { checks: 'write' },
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': { checks: 'write' },
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations': { checks: 'read' },
  'GET /repos/{owner}/{repo}/contents/{path}': { contents: 'read' },
  'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches': { actions: 'write' },
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs': { actions: 'read' },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments': { actions: 'read' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel': { actions: 'write' },
  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel': { actions: 'write' },
  'POST /graphql': {},
}

/** The same for what GraphQL queries may ask about. */
const FIELDS: Readonly<Record<string, Permissions>> = {
  'issue(': { issues: 'read' },
  'pullRequest(': { pull_requests: 'read' },
  closedByPullRequestsReferences: { pull_requests: 'read' },
  closingIssuesReferences: { issues: 'read' },
  'defaultBranchRef {': { contents: 'read' },
}

const calls = readSources('src/github/**/*.ts')
  .map((source) => source.text)
  .join('\n')
const routes = [...new Set(calls.match(/(GET|POST|PUT|PATCH|DELETE) \/[\w{}/-]+/g))]
const fields = Object.keys(FIELDS).filter((field) => calls.includes(field))

describe('the events', () => {
  test('are those the inbox handles, without those that every App gets unasked', () => {
    const handled = HANDLED_WEBHOOK_NAMES.filter((name) => !ALWAYS_DELIVERED.includes(name))
    expect([...manifest.default_events].sort()).toEqual([...handled].sort())
  })
})

describe('the permissions', () => {
  test('are those that the events and the calls need, at their level', () => {
    const needed = [
      ...manifest.default_events.map((event) => EVENTS[event]),
      ...routes.map((route) => ROUTES[route]),
      ...fields.map((field) => FIELDS[field]),
    ]
    expect(greatest(needed)).toEqual(manifest.default_permissions)
    expect(REQUIRED_PERMISSIONS).toEqual(manifest.default_permissions)
  })

  test('are known for every call that the code makes', () => {
    expect(routes.filter((route) => !(route in ROUTES))).toEqual([])
    expect(Object.keys(ROUTES).filter((route) => !routes.includes(route))).toEqual([])
    expect(Object.keys(FIELDS).filter((field) => !fields.includes(field))).toEqual([])
  })

  test('never reach code, workflows’ files, settings, members or secrets', () => {
    expect(manifest.default_permissions).not.toMatchObject({ contents: 'write' })
    for (const power of ['workflows', 'administration', 'members', 'secrets', 'organization_administration']) {
      expect(manifest.default_permissions).not.toHaveProperty(power)
    }
  })
})

test('every permission and every event has its reason on the line before it', () => {
  const lines = text.split('\n')
  const asked = lines.flatMap((line, index) => (/^ {2}(- )?[a-z_]+(: (read|write))?$/.test(line) ? [index] : []))
  const count = Object.keys(manifest.default_permissions).length + manifest.default_events.length
  expect(asked).toHaveLength(count)
  expect(asked.filter((index) => !/^ {2}# .{20,}/.test(lines[index - 1] ?? '')).map((index) => lines[index])).toEqual(
    [],
  )
})

test('GitHub is told to post where the inbox listens, and the App is nobody else’s to install', () => {
  expect(new URL(manifest.hook_attributes.url).pathname).toBe(WEBHOOK_PATH)
  expect(manifest.hook_attributes.active).toBe(true)
  expect(manifest.public).toBe(false)
})

function greatest(needed: readonly (Permissions | undefined)[]): Record<string, Level> {
  const result: Record<string, Level> = {}
  for (const [name, level] of needed.flatMap((permissions) => Object.entries(permissions ?? {}))) {
    if (result[name] !== 'write') result[name] = level
  }
  return result
}
