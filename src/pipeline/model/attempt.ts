import type { Attempt, AttemptControl } from './pipeline.ts'

export type AdmittedAttempt = Attempt & { readonly control: AttemptControl; readonly key: string }

export function isAdmitted(attempt: Attempt): attempt is AdmittedAttempt {
  return attempt.control !== undefined && attempt.key !== null
}
