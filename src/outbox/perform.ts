// Does what must happen once. A question is a read and may be asked twice; its answer goes through the door together with
// the effect's token, and is taken once.
import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { GitHub } from '../github/client.ts'
import { GitHubFailure } from '../github/failure.ts'
import type { Ask } from '../pipeline/effects.ts'
import type { RepositoryRef } from '../pipeline/events.ts'
import type { Evidence, Instant } from '../pipeline/pipeline.ts'
import type { Database } from '../store/database.ts'
import { ask } from './ask.ts'
import { splitName } from './claim.ts'
import { keepSilent } from './patience.ts'

export type Performer = {
  readonly database: Database
  readonly door: Door
  readonly github: GitHub
  readonly now: () => Instant
  readonly log: Logger
  readonly token: () => string
}

type Claimed = {
  readonly id: number
  readonly token: string
  readonly effect: Ask
  /** Which try this is, the first being 1: counted when it begins, so that one that kills the process counts too. */
  readonly attempt: number
  readonly repository: RepositoryRef
}

const AT_ONCE = 10
const TRIES = 8

/** Performs the effects that are due, a few at once; resolves to how many there were. */
export async function perform(o: Performer): Promise<number> {
  const effects = await claimEffects(o)
  await Promise.all(effects.map((claimed) => performOne(o, claimed)))
  return effects.length
}

async function performOne(o: Performer, claimed: Claimed): Promise<void> {
  const fields = { repository: claimed.repository.fullName, effect: claimed.effect.key, attempt: claimed.attempt }
  try {
    if (claimed.attempt > TRIES) return await bury(o, claimed, 'every try ended without a word')
    await answer(o, claimed)
    o.log.info(fields, 'answered')
  } catch (error) {
    const failure = error instanceof GitHubFailure ? error : null
    const reason = error instanceof Error ? error.message : String(error)
    o.log.warn({ ...fields, kind: failure?.kind ?? 'error', reason }, 'not answered')
    await putBack(o, claimed, failure, reason)
  }
}

async function answer(o: Performer, { id, token, effect, repository }: Claimed): Promise<void> {
  const { installationId, id: repositoryId, fullName } = repository
  const where = { installationId, repositoryId, ...splitName(fullName) }
  const at = o.now()
  const evidence: Evidence = { kind: 'read', id: effect.key, at }
  const told = await ask(o.github, where, effect.question, evidence)
  const event = { type: 'answered', at, evidence, repository, question: effect.question, answer: told } as const
  const outcome = await o.door.apply({ effect: { id, token }, event })
  if (outcome.state === 'failed') throw new Error('the answer could not be applied')
}

async function putBack(o: Performer, claimed: Claimed, failure: GitHubFailure | null, reason: string): Promise<void> {
  const isOver = failure?.kind === 'refuse' || failure?.kind === 'gone'
  if (failure?.kind === 'wait') {
    const dueAt = await keepSilent(o.database, claimed.repository.installationId, failure, o.now)
    // To wait because we are told to is not a try.
    return await save(o, claimed, { dueAt, attempts: claimed.attempt - 1, error: reason })
  }
  if (isOver || claimed.attempt >= TRIES) return await bury(o, claimed, reason)
  await save(o, claimed, { dueAt: backedOff(claimed.attempt, o.now()), error: reason })
}

async function bury(o: Performer, claimed: Claimed, reason: string): Promise<void> {
  await save(o, claimed, { state: 'buried', error: reason })
}

const FIRST_MS = 5_000
const LONGEST_MS = 60 * 60_000

/** 5 s, 20 s, 80 s … an hour: eight tries outlast an outage of three hours. */
export function backedOff(attempt: number, now: Instant): Instant {
  return new Date(Date.parse(now) + Math.min(FIRST_MS * 4 ** (attempt - 1), LONGEST_MS)).toISOString()
}

const CLAIM_MS = 30_000

async function claimEffects(o: Performer): Promise<readonly Claimed[]> {
  const now = o.now()
  const token = o.token()
  return await o.database.kysely.transaction().execute(async (trx) => {
    const rows = await trx
      .selectFrom('effects')
      .innerJoin('repositories', 'repositories.id', 'effects.repositoryId')
      .innerJoin('installations', 'installations.id', 'repositories.installationId')
      .leftJoin('budgets', 'budgets.installationId', 'repositories.installationId')
      .select([
        'effects.id',
        'effects.document',
        'effects.attempts',
        'repositories.id as repositoryId',
        'repositories.fullName',
        'repositories.private',
        'repositories.defaultBranch',
        'repositories.installationId',
      ])
      .where('effects.type', '=', 'ask')
      .where('effects.state', '=', 'due')
      .where('effects.dueAt', '<=', now)
      .where((eb) => eb.or([eb('effects.token', 'is', null), eb('effects.claimedUntil', '<=', now)]))
      .where('repositories.removedAt', 'is', null)
      .where('installations.state', '=', 'active')
      .where((eb) => eb.or([eb('budgets.installationId', 'is', null), eb('budgets.blockedUntil', '<=', now)]))
      .orderBy('effects.dueAt')
      .orderBy('effects.id')
      .limit(AT_ONCE)
      .forUpdate('effects')
      .skipLocked()
      .execute()
    if (rows.length === 0) return []
    await trx
      .updateTable('effects')
      .set((eb) => ({
        token,
        claimedUntil: new Date(Date.parse(now) + CLAIM_MS).toISOString(),
        attempts: eb('attempts', '+', 1),
        updatedAt: now,
      }))
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      )
      .execute()
    return rows.flatMap(({ id, document, attempts, repositoryId, ...repository }) => {
      if (document.type !== 'ask') return []
      return [{ id, token, effect: document, attempt: attempts + 1, repository: { id: repositoryId, ...repository } }]
    })
  })
}

async function save(
  o: Performer,
  { id, token }: Claimed,
  change: { state?: 'buried'; dueAt?: Instant; attempts?: number; error: string },
): Promise<void> {
  await o.database.kysely
    .updateTable('effects')
    .set({ ...change, token: null, claimedUntil: null, updatedAt: o.now() })
    .where('id', '=', id)
    .where('token', '=', token)
    .where('state', '=', 'due')
    .execute()
}
