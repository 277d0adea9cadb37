// Can people sign in?
import { type Finding, ok, type Reading, skipped, unknown, wrong } from './finding.ts'

export type SignInReading = {
  readonly access: 'login' | 'open'
  readonly clientId: string | null
  /** Whether GitHub takes the client's secret; null where it was not asked. */
  readonly isSecretAccepted: Reading<boolean> | null
}

/** `appClientId` is the client of the App by GitHub; null where that is not known. */
export function examineSignIn(o: SignInReading, appClientId: string | null, page: string | null): Finding {
  const at = page ?? "the App's page"
  if (o.access === 'open') return ok('sign-in', 'ANDON_ACCESS=open: whoever reaches the board sees everything')
  if (o.clientId === null)
    return wrong(
      'sign-in',
      'client-missing',
      'nobody can sign in: GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are not set',
      `Copy the client ID from ${at}, and generate a client secret there.`,
    )
  if (appClientId !== null && appClientId !== o.clientId)
    return wrong(
      'sign-in',
      'client-of-another-app',
      `GITHUB_CLIENT_ID is not the client of this App, which is ${appClientId}`,
      `Copy the client ID and a client secret from ${at}.`,
    )
  const accepted = o.isSecretAccepted
  if (accepted === null) return skipped('sign-in', 'GitHub was not asked about the client')
  if ('failure' in accepted) {
    const { words } = accepted.failure
    return unknown(
      'sign-in',
      'client-unread',
      `GitHub does not say whether it takes the client: ${words}`,
      'Try again.',
    )
  }
  if (accepted.value) return ok('sign-in', 'GitHub takes the client and its secret')
  return wrong(
    'sign-in',
    'client-secret',
    'GitHub does not take GITHUB_CLIENT_SECRET',
    `Generate a client secret at ${at} and set it.`,
  )
}
