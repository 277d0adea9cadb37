// Refusals of access, as every call of the outbox meets them. A refusal is noted in one row for all calls that would be
// refused alike; they wait without being sent and without a try counted, and one of them finds out when it works again.
import type { RepositoryAccess } from '../github/request.ts'
import type { AccessProblem } from '../pipeline/model/access.ts'
import type { Effect } from '../pipeline/model/effects.ts'
import type { Question } from '../pipeline/model/questions.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { clearAccessProblems, saveAccessProblem } from '../store/access-problems.ts'
import type { PublishContext } from './publish-context.ts'

type AccessContext = Pick<PublishContext, 'database' | 'githubUrl' | 'now' | 'log'>

/** The permissions that an effect's call needs; `isLookup` when it only looks for what was done. */
export function permissionsFor(effect: Effect, isLookup: boolean): readonly string[] {
  switch (effect.type) {
    case 'ask':
      return QUESTION_PERMISSIONS[effect.question.about]
    case 'dispatch':
      return isLookup ? ['actions=read'] : ['actions=write']
    case 'cancel':
      return ['actions=write']
    case 'react':
    case 'swap':
      return ['issues=write']
    case 'reply':
      return isLookup ? ['issues=read'] : ['issues=write']
  }
}

const QUESTION_PERMISSIONS = {
  // The issue itself and its pull requests may be left out of an answer.
  issue: ['contents=read', 'metadata=read'],
  pull_request: ['pull_requests=read', 'metadata=read'],
  permission: ['metadata=read'],
  comment: ['issues=read', 'metadata=read'],
  run: ['actions=read'],
  configuration: ['contents=read', 'metadata=read'],
  workflow: ['actions=read', 'contents=read'],
  // Asked as the App itself.
  repository: [],
  installation: [],
} as const satisfies Record<Question['about'], readonly string[]>

/** Notes a refusal; resolves to when such a call is made again. */
export async function recordNoAccess(
  { database, githubUrl, now, log }: AccessContext,
  access: RepositoryAccess,
  problem: AccessProblem,
): Promise<Instant> {
  const { nextTryAt, isNew } = await database.kysely
    .transaction()
    .execute((trx) => saveAccessProblem(trx, access, problem, { now: now(), githubUrl }))
  const fields = { ...problem, installation: access.installationId, repository: `${access.owner}/${access.name}` }
  if (isNew) log.error({ ...fields, nextTryAt }, 'GitHub refuses access')
  return nextTryAt
}

/** A call worked, so whatever would have refused it has ended. */
export async function recordAccessWorks(
  { database, now, log }: AccessContext,
  access: RepositoryAccess,
  permissions: readonly string[],
): Promise<void> {
  const ended = await clearAccessProblems(database, access, permissions, now())
  if (ended > 0) log.info({ installation: access.installationId, permissions, ended }, 'GitHub gives access again')
}
