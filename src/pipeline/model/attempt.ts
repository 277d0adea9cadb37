import type { Attempt, Ours } from './pipeline.ts'

export type OwnAttempt = Attempt & { readonly ours: Ours; readonly key: string }

export function isOwn(attempt: Attempt): attempt is OwnAttempt {
  return attempt.ours !== undefined && attempt.key !== null
}
