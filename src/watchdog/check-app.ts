// Does GitHub know the App, and can it be reached at all? Asked at the start and once an hour, because an installation where
// nothing happens would never tell; and soon after a call without an answer. What is wrong is shown as a problem of access.
import type { Logger } from 'pino'
import type { GitHub } from '../github/client.ts'
import { GitHubFailure } from '../github/failure.ts'
import type { AccessProblem } from '../pipeline/model/access.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { clearAccessProblems, saveAccessProblem } from '../store/access-problems.ts'
import { bringChoreForward, takeChore } from '../store/chores.ts'
import type { Database } from '../store/database.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'

export type AppCheck = {
  /** Asks GitHub if that is due; resolves to how often. */
  step(): Promise<number>
  /** A call had no answer: GitHub is asked soon. */
  suspect(): void
}

const EVERY_MS = 60 * 60_000
/** After a call without an answer, and as long as none comes. */
const SOON_MS = 30_000
/** No installation has this number. */
const APP = { installationId: 0, repositoryId: 0 }

export function openAppCheck(o: {
  readonly database: Database
  readonly github: GitHub
  readonly githubUrl: string
  readonly now: () => Instant
  readonly log: Logger
}): AppCheck {
  const { database, now, log } = o
  const after = (ms: number): Instant => millisecondsAfter(now(), ms)
  /** How soon GitHub must be asked; null when the chore's own time will do. At once at first: a new start may be the cure. */
  let withinMs: number | null = 0

  async function ask(): Promise<AccessProblem | null> {
    try {
      await o.github.checkApp()
      return null
    } catch (failure) {
      if (!(failure instanceof GitHubFailure)) throw failure
      return problemOf(failure)
    }
  }

  /** Resolves to when GitHub is asked again. */
  async function save(problem: AccessProblem): Promise<Instant> {
    const at = { now: now(), githubUrl: o.githubUrl }
    const { isNew, nextTryAt } = await database.kysely
      .transaction()
      .execute((trx) => saveAccessProblem(trx, APP, problem, at))
    if (isNew) log.error(problem, 'GitHub does not answer the App')
    return problem.cause === 'unreachable' ? after(SOON_MS) : nextTryAt
  }

  return {
    async step() {
      if (withinMs !== null) await bringChoreForward(database, CHORE, after(withinMs))
      withinMs = null
      if (!(await takeChore(database, CHORE, { now: now(), next: after(EVERY_MS) }))) return 0
      const problem = await ask()
      if (problem === null) {
        const ended = await clearAccessProblems(database, APP, ['network'], now())
        if (ended > 0) log.info('GitHub answers the App again')
      } else {
        await bringChoreForward(database, CHORE, await save(problem))
      }
      return 1
    },
    suspect() {
      withinMs ??= SOON_MS
    },
  }
}

const CHORE = 'check-app'

function problemOf({ kind, access, message: words }: GitHubFailure): AccessProblem | null {
  // A rate limit is an answer.
  if (kind === 'rate_limited') return null
  const isAnswer = access !== undefined || kind === 'not_found'
  if (!isAnswer) return { scope: 'app', cause: 'unreachable', permission: 'network', words }
  const cause = access?.cause === 'suspended' ? access.cause : 'credentials'
  return { scope: 'app', cause, permission: '', words }
}
