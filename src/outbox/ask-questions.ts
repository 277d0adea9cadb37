// Asks GitHub what only it knows. A question is a read and may be asked twice; its answer goes through the door together
// with the effect's token, and is taken once.

import { GitHubFailure } from '../github/failure.ts'
import type { Where } from '../github/request.ts'
import type { Evidence } from '../pipeline/model/evidence.ts'
import { ask } from './ask-github.ts'
import { backedOff, type Claimed, claimEffects, type Performer, settle, TRIES } from './claim-effects.ts'
import { splitName } from './publish-claim.ts'
import { keepSilent } from './rate-limit.ts'
import { tell } from './report-outcome.ts'

const AT_ONCE = 10

/** Asks what those may who gave commands, before anything else is asked; resolves to how many there were. */
export async function askCommanders(o: Performer): Promise<number> {
  const questions = await claimEffects(o, 'ask', ['due'], AT_ONCE, COMMANDERS)
  await Promise.all(questions.map((claimed) => askOne(o, claimed)))
  return questions.length
}

const COMMANDERS = 'permission/command/'

/** Asks the questions that are due, a few at once; resolves to how many there were. */
export async function askQuestions(o: Performer): Promise<number> {
  const questions = await claimEffects(o, 'ask', ['due'], AT_ONCE)
  await Promise.all(questions.map((claimed) => askOne(o, claimed)))
  return questions.length
}

async function askOne(o: Performer, claimed: Claimed<'ask'>): Promise<void> {
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

async function answer(o: Performer, claimed: Claimed<'ask'>): Promise<void> {
  const { effect, repository, where } = claimed
  const at = o.now()
  const evidence: Evidence = { kind: 'read', id: effect.key, at }
  const told = await ask(o.github, where, await organisationOf(o, where), effect.question, evidence)
  const event = { type: 'answered', at, evidence, repository, question: effect.question, answer: told } as const
  await tell(o, claimed, event, { state: 'done' })
}

/** The repository `.github` of the same owner: our token opens it if it is installed or public. */
async function organisationOf({ database }: Performer, where: Where): Promise<Where | null> {
  if (where.name === SHARED) return null
  const there = { ...where, ...splitName(`${where.owner}/${SHARED}`) }
  const known = await database.kysely
    .selectFrom('repositories')
    .select('id')
    .where('fullName', '=', `${where.owner}/${SHARED}`)
    .where('installationId', '=', where.installationId)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  return known === undefined ? there : { ...there, repositoryId: known.id }
}

const SHARED = '.github'

async function putBack(
  o: Performer,
  claimed: Claimed<'ask'>,
  failure: GitHubFailure | null,
  error: string,
): Promise<void> {
  const { id, token, attempt, where } = claimed
  const isOver = failure?.kind === 'refuse' || failure?.kind === 'gone'
  if (failure?.kind === 'wait') {
    const dueAt = await keepSilent(o.database, where.installationId, failure, o.now)
    return await settle(o, { id, token, state: 'due', dueAt, error, uncounted: true })
  }
  if (isOver || attempt >= TRIES) return await bury(o, claimed, error)
  await settle(o, { id, token, state: 'due', dueAt: backedOff(attempt, o.now()), error })
}

async function bury(o: Performer, { id, token }: Claimed<'ask'>, error: string): Promise<void> {
  await settle(o, { id, token, state: 'buried', error })
}
