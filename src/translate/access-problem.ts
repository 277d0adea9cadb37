// Refusals of access, in GitHub's words. They carry no code, so the words of the causes that people can do something about are
// known here; any other is a refusal without a known cause.
import type { AccessCause, AccessProblem, AccessScope } from '../pipeline/model/access.ts'

/** Why GitHub refuses a call for now. */
export type AccessProblemRead = AccessProblem

/** An answer of GitHub that refuses, and the permission that the call needs by GitHub's documentation. */
export type RefusedAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly message: string
  readonly permission: string
}

/** Why the call of an installation was refused. */
export function translateRefusedCall({ status, headers, message, permission }: RefusedAnswer): AccessProblemRead {
  const problem = (cause: AccessCause, scope: AccessScope, needed = permission) => {
    return { cause, scope, permission: needed, words: message }
  }
  if (/\bsuspended\b/i.test(message)) return problem('suspended', 'installation', '')
  if (/\bIP allow list\b/i.test(message)) return problem('ip-allow-list', 'installation', '')
  if ('x-github-sso' in headers || /\bSAML\b|\bsingle sign-on\b/i.test(message))
    return problem('single-sign-on', 'installation', '')
  if (/\bis locked\b/i.test(message)) return problem('locked', 'issue')
  if (/\barchived\b/i.test(message)) return problem('archived', 'repository')
  if (status === 451) return problem('blocked', 'repository', '')
  if (/\bblocked\b/i.test(message)) return problem('blocked', 'repository')
  if (/\bnot accessible by integration\b/i.test(message))
    return problem('permission', 'installation', acceptedPermission(headers, permission))
  if (status === 401) return problem('other', 'installation', '')
  return problem('other', permission === 'issues=write' ? 'issue' : 'repository')
}

/** Why the App got no token for an installation and one of its repositories. */
export function translateRefusedToken({ status, message }: Omit<RefusedAnswer, 'permission'>): AccessProblemRead {
  const problem = (cause: AccessCause, scope: AccessScope) => ({ cause, scope, permission: '', words: message })
  if (status === 401 || /\bintegration not found\b/i.test(message)) return problem('credentials', 'app')
  if (status === 422) return problem('not-installed', 'repository')
  if (status === 404) return problem('not-installed', 'installation')
  return translateRefusedCall({ status, headers: {}, message, permission: '' })
}

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api: alternatives are divided by semicolons. */
function acceptedPermission(headers: RefusedAnswer['headers'], permission: string): string {
  const accepted = String(headers['x-accepted-github-permissions'] ?? '')
    .split(';')
    .map((alternative) => alternative.trim())
    .filter((alternative) => /^[a-z_]+=[a-z]+(,\s*[a-z_]+=[a-z]+)*$/.test(alternative))
  return accepted.includes(permission) ? permission : (accepted[0] ?? permission)
}
