// What the start label would do, found by doing it: the events are applied in a transaction as the door applies them, and
// the transaction is rolled back. So no rule is written twice, and nothing is left behind.
import { lineOf } from '../advance/advance-pipeline.ts'
import type { DispatchEffect } from '../pipeline/model/effects.ts'
import type { EventOf, RepositoryRef } from '../pipeline/model/events.ts'
import type { IssueFact } from '../pipeline/model/facts.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Role } from '../pipeline/model/questions.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database, Transaction } from '../store/database.ts'
import { rehearseAndRollBack } from '../store/roll-back.ts'
import { admitQueued } from './admit-queued.ts'
import { advanceEvents } from './advance-events.ts'
import { lockRepositories } from './repositories.ts'
import { openUnitOfWork } from './unit-of-work.ts'

/** An issue, and who would set the label. Plain JSON: it crosses the control socket. */
export type StartToRehearse = {
  readonly repository: RepositoryRef
  readonly issue: IssueFact
  readonly sender: string
  readonly role: Role
  readonly at: Instant
  /** What GitHub says now about the repository, its file and the issue, in this order. */
  readonly answers: readonly EventOf<'question.answered'>[]
}

export type StartRehearsal = {
  /** Null where only a command starts. */
  readonly startLabel: string | null
  /** A good file is in force; without one Andon only observes. */
  readonly isConfigured: boolean
  /** The file's mistakes, in sentences. */
  readonly problems: readonly string[]
  readonly wasOnLine: boolean
  /** The pipeline as it would be; null if there would be none. */
  readonly pipeline: Pipeline | null
  /** What would be sent; its key ends in random characters. */
  readonly dispatch: DispatchEffect | null
}

export async function rehearseStart(
  o: { readonly database: Database; readonly now: () => Instant },
  start: StartToRehearse,
): Promise<StartRehearsal> {
  return await rehearseAndRollBack(o.database.kysely, (trx) => rehearse(trx, start, o.now()))
}

async function rehearse(trx: Transaction, start: StartToRehearse, now: Instant): Promise<StartRehearsal> {
  const { repository, issue, answers } = start
  const key = { repositoryId: repository.id, issueNumber: issue.number }
  const unitOfWork = openUnitOfWork(trx, await lockRepositories(trx, answers, new Set()))
  await advanceEvents(
    unitOfWork,
    answers.filter(({ answer }) => answer.about !== 'issue'),
  )
  const row = unitOfWork.rows.repositories.get(String(repository.id))
  const startLabel = row && lineOf(row).startLabel
  const wasOnLine = (await unitOfWork.pipeline(key)) !== null
  if (startLabel !== null) {
    const ofIssue = answers.filter(({ answer }) => answer.about === 'issue')
    await advanceEvents(unitOfWork, [labeledBy(start, startLabel), ...ofIssue, roleOf(start)])
    await admitQueued(unitOfWork, now, () => '…')
  }
  const dispatches = unitOfWork.written('effect').flatMap(({ repositoryId, effect }) => {
    const isIts = effect.type === 'dispatch' && repositoryId === key.repositoryId
    return isIts && effect.issueNumber === key.issueNumber ? [effect] : []
  })
  return {
    startLabel,
    isConfigured: row !== null && row.configuration !== null,
    problems: row?.configurationProblems.map(({ fileLine, message }) => `line ${fileLine}: ${message}`) ?? [],
    wasOnLine,
    pipeline: (await unitOfWork.pipeline(key))?.pipeline ?? null,
    dispatch: dispatches[0] ?? null,
  }
}

function labeledBy({ repository, issue, sender, at }: StartToRehearse, label: string): EventOf<'issue.labeled'> {
  const evidence = { kind: 'delivery', id: 'canary', at } as const
  return { type: 'issue.labeled', at, evidence, repository, issue, label, sender }
}

function roleOf({ repository, issue, sender: login, role, at }: StartToRehearse): EventOf<'question.answered'> {
  const evidence = { kind: 'read', id: 'canary', at } as const
  const purpose = { kind: 'start', issueNumber: issue.number, at } as const
  const question = { about: 'permission', login, purpose } as const
  return { type: 'question.answered', at, evidence, repository, question, answer: { about: 'permission', role } }
}
