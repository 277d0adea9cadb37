// Answers commands with comments, each once. Answers on one issue within a few seconds go into one comment. Creating is
// the dangerous part: the intent is committed first (`sending`), one POST goes out, and unless its answer is clear
// nothing is sent again before GitHub has been searched (recover-reply.ts).

import { renderReply } from '../render/reply.ts'
import type { Transaction } from '../store/database.ts'
import { type EffectResult, saveEffectResults } from '../store/effects.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { permissionsFor, recordAccessWorks } from './access.ts'
import { callOutcomeOf } from './call-outcome.ts'
import { type ClaimedEffect, claimMoreReplies, type PerformContext, recordEffectOutcomes } from './claim-effects.ts'
import { failedEffectOutcome } from './failed-effect.ts'
import { loadStatusViews, pageUrlOf } from './load-status-views.ts'
import { performNextEffect } from './perform-effects.ts'
import { isOverReaderQuota, OVER_READER_QUOTA } from './reader-quota.ts'
import { recordReplied } from './record-reply.ts'
import { deleteDuplicateReply } from './recover-reply.ts'
import type { EffectOutcome } from './report-outcome.ts'
import { SEND_WINDOW_MS } from './timings.ts'

type ClaimedReply = ClaimedEffect<'reply'>

/** Replies that go out as one comment; all under one claim. */
type ReplyBatch = readonly [ClaimedReply, ...ClaimedReply[]]

const MAX_REPLIES_PER_COMMENT = 50

export type ReplyContext = PerformContext & { readonly baseUrl: string }

/** Sends the next reply that is due, if the budget allows it; resolves to how many comments were claimed. */
export async function sendNextReply(o: ReplyContext): Promise<number> {
  const what = { type: 'reply', write: 'create', claimBatch } as const
  return await performNextEffect(o, what, (first, batched) => sendBatch(o, [first, ...batched]))
}

/** Claims the other replies of the comment and saves the intent, in the transaction that took the slot. */
async function claimBatch(trx: Transaction, first: ClaimedReply, now: string): Promise<readonly ClaimedReply[]> {
  const more = await claimMoreReplies(trx, first, MAX_REPLIES_PER_COMMENT, now)
  await saveEffectResults(trx, batchOutcomes([first, ...more], { state: 'sending' }), now)
  return more
}

async function sendBatch(o: ReplyContext, batch: ReplyBatch): Promise<void> {
  const [{ effect, repository, tryNumber }] = batch
  const fields = { repository: repository.fullName, at: effect.issueNumber, replies: batch.length, attempt: tryNumber }
  try {
    if (batch.every((one) => !one.effect.mayWrite) && (await isOverReaderQuota(o, repository.id))) {
      await recordEffectOutcomes(o, batchOutcomes(batch, { state: 'refused', error: OVER_READER_QUOTA }))
      return
    }
    const commentId = await postReply(o, batch)
    o.log.info({ ...fields, commentId }, 'replied')
    // This process was frozen for longer than its claim: another may have answered too.
    if (!(await recordReplied(o, batch, commentId))) await deleteDuplicateReply(o, batch, commentId)
    await recordAccessWorks(o, batch[0].access, permissionsFor(effect, false))
  } catch (error) {
    const outcome = callOutcomeOf(error, { intent: 'create', tryNumber, now: o.now() })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'not replied')
    await recordEffectOutcomes(o, batchOutcomes(batch, await failedEffectOutcome(o, batch[0], outcome)))
  }
}

async function postReply(o: ReplyContext, batch: ReplyBatch): Promise<number> {
  const [{ access, repository, effect }] = batch
  const sendBy = millisecondsAfter(o.now(), SEND_WINDOW_MS)
  // In the order of the comments they answer: GitHub's ids of comments only grow.
  const replies = batch.map((one) => one.effect).sort((a, b) => Number(a.origin) - Number(b.origin) || 0)
  const views = await loadStatusViews(o, repository, replies)
  const pageUrl = pageUrlOf(o.baseUrl, repository.fullName, views.keys().next().value ?? null)
  const body = renderReply(replies, { pageUrl, statusViewOf: (issueNumber) => views.get(issueNumber) ?? null })
  return await o.github.createComment(access, effect.issueNumber, body, sendBy)
}

function batchOutcomes(batch: readonly ClaimedReply[], outcome: EffectOutcome): readonly EffectResult[] {
  return batch.map(({ id, token }) => ({ id, token, ...outcome }))
}
