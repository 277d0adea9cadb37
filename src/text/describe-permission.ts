/** `issues=write` → `issues: write`, as app.yml writes it. */
export function describePermission(permission: string): string {
  return permission.replaceAll('=', ': ')
}
