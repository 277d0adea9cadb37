/** What Andon needs at GitHub: the permissions of app.yml, which test/manifest.test.ts compares. */
export const REQUIRED_PERMISSIONS = {
  metadata: 'read',
  issues: 'write',
  checks: 'write',
  actions: 'write',
  pull_requests: 'read',
  contents: 'read',
} as const

/** Those that are not granted, as GitHub writes them: `issues=write`. */
export function missingPermissions(
  granted: Readonly<Record<string, string>>,
  required: Readonly<Record<string, string>> = REQUIRED_PERMISSIONS,
): readonly string[] {
  return Object.entries(required).flatMap(([name, level]) => {
    const has = LEVELS.indexOf(granted[name] ?? '') >= LEVELS.indexOf(level)
    return has ? [] : [`${name}=${level}`]
  })
}

const LEVELS = ['read', 'write', 'admin']
