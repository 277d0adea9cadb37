// A worker without GitHub: every question is answered, every dispatch gets a run that ends. It claims effects as the
// outbox does and applies every result through the door, so that only the door decides what is shown.
import { randomUUID } from 'node:crypto'
import type { Door } from '../../../src/apply/door.ts'
import type { AskEffect, DispatchEffect, Effect } from '../../../src/pipeline/model/effects.ts'
import type { Event, EventOf, RepositoryRef } from '../../../src/pipeline/model/events.ts'
import type { Conclusion, RunFact } from '../../../src/pipeline/model/facts.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Database } from '../../../src/store/database.ts'
import { deliveryEvidence, REPOSITORY, runFact } from '../../support/pipeline-fixtures.ts'
import { arrivalOf } from './arrivals.ts'

export type ClaimedEffect = {
  readonly id: number
  readonly token: string
  readonly effect: Effect
  readonly repositoryId: number
}

/** The repository with that id. */
export function repositoryOf(id: number): RepositoryRef {
  return id === REPOSITORY.id ? REPOSITORY : { ...REPOSITORY, id, fullName: `acme/widgets-${id}` }
}

/** A file whose stages are dispatched one after the other. */
export function andonYml(
  o: { stages?: readonly string[]; running?: number; startsPerDay?: number; attempts?: number } = {},
) {
  const { stages = ['code'], running = 4, startsPerDay = 10_000, attempts = 3 } = o
  const lines = stages.map((name) => `  ${name}: { workflow: ${name}.yml, attempts: ${attempts} }`)
  return `stages:\n${lines.join('\n')}\nlimits: { running: ${running}, starts_per_day: ${startsPerDay} }\n`
}

/** Claims what is due, as several workers may at once. */
export async function claimEffects(
  { kysely }: Database,
  most: number,
  type?: Effect['type'],
): Promise<readonly ClaimedEffect[]> {
  const token = randomUUID()
  return kysely.transaction().execute(async (trx) => {
    const rows = await trx
      .selectFrom('effects')
      .select(['id', 'document', 'repositoryId'])
      .where('state', '=', 'due')
      .where('claimToken', 'is', null)
      .$if(type !== undefined, (query) => query.where('type', '=', type ?? 'ask'))
      .orderBy('id')
      .limit(most)
      .forUpdate()
      .skipLocked()
      .execute()
    for (const { id } of rows)
      await trx.updateTable('effects').set({ claimToken: token }).where('id', '=', id).execute()
    return rows.map(({ id, document, repositoryId }) => ({ id, token, effect: document, repositoryId }))
  })
}

/** Answers a question: every user may write, the file says `text`, and what deliveries say is so. */
export function answerTo(
  { repositoryId, effect }: ClaimedEffect & { readonly effect: AskEffect },
  text: string,
  at: Instant,
  repository = repositoryOf(repositoryId),
): Event {
  const { key, question } = effect
  const here = {
    type: 'question.answered',
    at,
    evidence: { kind: 'read', id: key, at },
    repository,
  } as const
  const configuration = { text, sha: text, source: 'repository' } as const
  switch (question.about) {
    case 'issue': {
      const answer = { about: 'issue', issue: null, pullRequests: [], defaultBranchSha: 'head', configuration } as const
      return { ...here, question, answer }
    }
    case 'workflow':
      return { ...here, question, answer: { about: 'workflow', cause: null } }
    case 'permission':
      return { ...here, question, answer: { about: 'permission', role: 'write' } }
    case 'pull_request':
      return { ...here, question, answer: { about: 'pull_request', closes: [], pullRequest: null } }
    case 'configuration':
      return { ...here, question, answer: { about: 'configuration', headSha: 'head', ...configuration } }
    case 'comment':
      return { ...here, question, answer: { about: 'comment', cameByEmail: false } }
    case 'run':
      return { ...here, question, answer: { about: 'run', run: null } }
    case 'repository': {
      const { id: _, installationId, fullName, defaultBranch } = repository
      if (question.says === 'gone')
        return { ...here, question, answer: { about: 'repository', installation: null, description: null } }
      const installation = { id: installationId, account: 'acme', state: 'active' } as const
      const description = { fullName, private: repository.private, defaultBranch, archived: false, updatedAt: at }
      return { ...here, question, answer: { about: 'repository', installation, description } }
    }
    case 'installation':
      return { ...here, question, answer: { about: 'installation', state: question.says, account: 'acme' } }
  }
}

/** The outbox's events about a claimed dispatch. */
export function dispatchResultOf(
  { repositoryId, effect }: { readonly repositoryId: number; readonly effect: DispatchEffect },
  state: EventOf<'dispatch.updated'>['outcome'],
  at: Instant,
): EventOf<'dispatch.updated'> {
  const evidence = { kind: 'read', id: effect.key, at } as const
  const { issueNumber, attemptKey: key } = effect
  return {
    type: 'dispatch.updated',
    at,
    evidence,
    repository: repositoryOf(repositoryId),
    issueNumber,
    key,
    outcome: state,
  }
}

/** GitHub's deliveries about the run of a dispatch. */
export function runChangedOf(
  { repositoryId, effect }: { readonly repositoryId: number; readonly effect: DispatchEffect },
  id: number,
  at: Instant,
  conclusion: Conclusion | null,
): Event {
  const { workflow, attemptKey, ref } = effect
  const run: RunFact = runFact({
    id,
    at,
    workflow,
    title: `andon ${attemptKey}`,
    branch: ref,
    conclusion,
    startedAt: at,
  })
  return { type: 'run.changed', at, evidence: deliveryEvidence(at), repository: repositoryOf(repositoryId), run }
}

/** Applies the events; results of an effect count only under its claim. */
export async function applyOrThrow(
  door: Door,
  event: Event,
  claimed?: Pick<ClaimedEffect, 'id' | 'token'>,
  state: 'done' | 'sending' = 'done',
): Promise<boolean> {
  const effect = claimed && { effect: { id: claimed.id, token: claimed.token, state } }
  const { duplicate, state: outcome } = await door.apply(effect ? { event, ...effect } : arrivalOf(event))
  if (outcome === 'failed') throw new Error(`${event.type} could not be applied`)
  return !duplicate
}
