/** The permission that a route needs by GitHub's documentation, as GitHub writes it; empty for GraphQL, which names it. */
export function permissionOfRoute(route: string): string {
  const level = route.startsWith('GET ') ? 'read' : 'write'
  return ROUTE_PERMISSIONS.find(([pattern]) => pattern.test(route))?.[1](level) ?? ''
}

// https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
const ROUTE_PERMISSIONS: readonly (readonly [RegExp, (level: 'read' | 'write') => string])[] = [
  [/\/actions\//, (level) => `actions=${level}`],
  [/\/check-runs/, (level) => `checks=${level}`],
  [/\/pulls\//, (level) => `pull_requests=${level}`],
  [/\/issues(\/|$)/, (level) => `issues=${level}`],
  [/\/contents\//, () => 'contents=read'],
  [/\/collaborators\//, () => 'metadata=read'],
]

/** The permission that a part of our GraphQL questions needs, by its path in the answer. */
export function permissionOfField(path: readonly unknown[]): string {
  const field = path.findLast((step) => typeof step === 'string' && step in FIELD_PERMISSIONS)
  return FIELD_PERMISSIONS[String(field)] ?? 'metadata=read'
}

const FIELD_PERMISSIONS: Readonly<Record<string, string>> = {
  defaultBranchRef: 'contents=read',
  issue: 'issues=read',
  closedByPullRequestsReferences: 'pull_requests=read',
  pullRequest: 'pull_requests=read',
  closingIssuesReferences: 'issues=read',
  minimizeComment: 'issues=write',
  unminimizeComment: 'issues=write',
}
