// Looks for replies that may or may not have been written: a marker in each says which comments it answers.
import { GitHubFailure } from '../github/failure.ts'
import { replyMarker } from '../render/reply.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { callOutcomeOf, MAX_TRIES } from './call-outcome.ts'
import { type ClaimedEffect, claimNextRead, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { failedEffectOutcome, postponeWithoutAccess } from './failed-effect.ts'
import { recordReplied } from './record-reply.ts'
import { ASSUME_NOT_CREATED_AFTER_MS, CLOCK_SKEW_MS } from './timings.ts'

type ClaimedReply = ClaimedEffect<'reply'>

/** Looks for the next reply without a clear answer of GitHub; resolves to how many were looked for. */
export async function recoverNextReply(o: PerformContext): Promise<number> {
  const claimed = await claimNextRead(o, 'reply', ['sending', 'unconfirmed'])
  if (claimed === null) return 0
  await recoverReply(o, claimed)
  return 1
}

/** Another process went on before our answer came: our reply is deleted, unless it is the only answer to a comment. */
export async function deleteDuplicateReply(
  o: PerformContext,
  batch: readonly ClaimedReply[],
  commentId: number,
): Promise<void> {
  for (const claimed of batch) {
    const found = await findReplyComments(o, claimed)
    if (found.every((id) => id === commentId)) return
  }
  const [first] = batch
  if (first !== undefined) await o.github.deleteComment(first.access, commentId)
}

async function recoverReply(o: PerformContext, claimed: ClaimedReply): Promise<void> {
  const { id, token, tryNumber, sentAt, repository, effect } = claimed
  const fields = { repository: repository.fullName, effect: effect.key }
  const sureAt = millisecondsAfter(sentAt ?? o.now(), ASSUME_NOT_CREATED_AFTER_MS)
  try {
    if (await postponeWithoutAccess(o, claimed)) return
    const [oldest] = await findReplyComments(o, claimed)
    if (oldest !== undefined) {
      o.log.info({ ...fields, commentId: oldest }, 'its reply was found')
      await recordReplied(o, [claimed], oldest)
    } else if (sureAt <= o.now()) {
      const error = 'the reply was not found on GitHub'
      await recordEffectOutcome(o, { id, token, state: tryNumber >= MAX_TRIES ? 'buried' : 'due', error })
    } else {
      await recordEffectOutcome(o, { id, token, state: 'unconfirmed', dueAt: sureAt, missed: true })
    }
  } catch (error) {
    if (!(error instanceof GitHubFailure)) return o.log.error({ ...fields, err: error }, 'unexpected lookup error')
    const outcome = callOutcomeOf(error, { intent: 'read', tryNumber: null, now: o.now(), since: sentAt })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'a lookup failed')
    // When the issue is gone, there is nothing to answer.
    await recordEffectOutcome(o, { id, token, ...(await failedEffectOutcome(o, claimed, outcome)) })
  }
}

/** Our comments that answer it, oldest first. */
async function findReplyComments(
  { github, now }: PerformContext,
  { access, effect, sentAt }: ClaimedReply,
): Promise<readonly number[]> {
  const since = millisecondsAfter(sentAt ?? now(), -CLOCK_SKEW_MS)
  const found = await github.findComments(access, effect.issueNumber, replyMarker(effect.origin), since)
  return found.map(({ id }) => id)
}
