// Answers comments with comments, each once. What is to be answered at one issue within a few seconds goes into one
// comment. Creating is the dangerous part: the intent is committed first (`sending`), one POST goes out, and unless its
// answer is clear nothing is sent again before GitHub has been looked at (reply-look.ts).
import { GitHubFailure } from '../github/failure.ts'
import { millisecondsAfter } from '../pipeline/model/time.ts'
import { replyTo } from '../render/reply.ts'
import type { Transaction } from '../store/database.ts'
import { isReplyAt, type Settlement, settleEffects } from '../store/effects.ts'
import { backedOff, type Claimed, claimMore, type Performer, settleAll, TRIES } from './claim-effects.ts'
import { pageOf, sightsOf } from './load-status-views.ts'
import { carryOut } from './perform-effects.ts'
import { keepSilent } from './rate-limit.ts'
import { isPatienceSpent, PATIENCE_IS_SPENT } from './reader-quota.ts'
import { removeTwin } from './recover-reply.ts'
import type { Outcome } from './report-outcome.ts'
import { FIRST_LOOK_AFTER_MS, SEND_WITHIN_MS } from './timings.ts'

type Reply = Claimed<'reply'>

/** Replies that go out as one comment; all under one claim. */
type Batch = readonly [Reply, ...Reply[]]

const MOST_IN_ONE = 50

export type Answerer = Performer & { readonly baseUrl: string }

/** Writes what is due, as far as the budgets allow; resolves to how many were taken in hand. */
export async function reply(o: Answerer, stopping?: AbortSignal): Promise<number> {
  const what = { type: 'reply', write: 'creation', withMore } as const
  return await carryOut(o, what, (first, more) => answer(o, [first, ...more]), stopping)
}

/** Whatever else is to be said there, and the intent to say it, in the transaction that took the slot. */
async function withMore(trx: Transaction, first: Reply, now: string): Promise<readonly Reply[]> {
  const there = isReplyAt(first.repository.id, first.effect.issueNumber)
  const more = await claimMore(trx, first, MOST_IN_ONE, now, there)
  await settleEffects(trx, settlements([first, ...more], { state: 'sending' }), now)
  return more
}

async function answer(o: Answerer, batch: Batch): Promise<void> {
  const [{ effect, repository, attempt }] = batch
  const fields = { repository: repository.fullName, at: effect.issueNumber, replies: batch.length, attempt }
  try {
    if (batch.every((one) => !one.effect.mayWrite) && (await isPatienceSpent(o, repository.id))) {
      await settleAll(o, settlements(batch, { state: 'refused', error: PATIENCE_IS_SPENT }))
      return
    }
    const commentId = await send(o, batch)
    o.log.info({ ...fields, commentId }, 'replied')
    // Frozen for longer than our claim: whoever went on may have answered too.
    if (!(await settleAll(o, settlements(batch, { state: 'done' })))) await removeTwin(o, batch, commentId)
  } catch (error) {
    const failure = error instanceof GitHubFailure ? error : null
    const reason = error instanceof Error ? error.message : String(error)
    o.log.warn({ ...fields, kind: failure?.kind ?? 'error', reason }, 'not replied')
    // Without a word of GitHub's nobody knows what came of it: the claim ends by itself, and then it is looked for.
    if (failure !== null) await settleAll(o, settlements(batch, await outcomeOf(o, batch[0], failure)))
  }
}

async function send(o: Answerer, batch: Batch): Promise<number> {
  const [{ where, repository, effect }] = batch
  const sendBy = millisecondsAfter(o.now(), SEND_WITHIN_MS)
  // As they were written: GitHub's ids of comments only ever grow.
  const replies = batch.map((one) => one.effect).sort((a, b) => Number(a.origin) - Number(b.origin) || 0)
  const sights = await sightsOf(o, repository, replies)
  const pageUrl = pageOf(o.baseUrl, repository.fullName, sights.keys().next().value ?? null)
  const body = replyTo(replies, { pageUrl, sightOf: (issueNumber) => sights.get(issueNumber) ?? null })
  return await o.github.createComment(where, effect.issueNumber, body, sendBy)
}

async function outcomeOf(o: Answerer, { where, attempt }: Reply, failure: GitHubFailure): Promise<Outcome> {
  const error = failure.message
  switch (failure.kind) {
    case 'wait': {
      const dueAt = await keepSilent(o.database, where.installationId, failure, o.now)
      return { state: 'due', dueAt, error, uncounted: true }
    }
    case 'retry':
      return attempt >= TRIES ? { state: 'buried', error } : { state: 'due', dueAt: backedOff(attempt, o.now()), error }
    case 'unconfirmed':
      return { state: 'unconfirmed', dueAt: millisecondsAfter(o.now(), FIRST_LOOK_AFTER_MS), error }
    case 'gone':
    case 'refuse':
      return { state: 'refused', error }
  }
}

function settlements(batch: readonly Reply[], outcome: Outcome): readonly Settlement[] {
  return batch.map(({ id, token }) => ({ id, token, ...outcome }))
}
