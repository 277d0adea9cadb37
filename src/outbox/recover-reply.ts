// Replies of which nobody knows whether they were written are looked for: each says in a marker which comments it answers.
import { GitHubFailure } from '../github/failure.ts'
import { millisecondsAfter } from '../pipeline/model/time.ts'
import { replyMarker } from '../render/reply.ts'
import { callOutcomeOf, MAX_TRIES } from './call-outcome.ts'
import { type ClaimedEffect, claimEffects, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { failedEffectOutcome } from './failed-effect.ts'
import { ASSUME_NOT_CREATED_AFTER_MS, CLOCK_SKEW_MS } from './timings.ts'

type ClaimedReply = ClaimedEffect<'reply'>

const MAX_CONCURRENT = 10

/** Looks for what was sent without an answer; resolves to how many were looked for. */
export async function recoverReplies(o: PerformContext): Promise<number> {
  const claimedEffects = await claimEffects(o, 'reply', ['sending', 'unconfirmed'], MAX_CONCURRENT)
  await Promise.all(claimedEffects.map((claimed) => recoverReply(o, claimed)))
  return claimedEffects.length
}

/** We were late and others had gone on: ours goes, unless it is the only answer to one of the comments. */
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
    const [oldest] = await findReplyComments(o, claimed)
    if (oldest !== undefined) {
      o.log.info({ ...fields, commentId: oldest }, 'its reply was found')
      await recordEffectOutcome(o, { id, token, state: 'done' })
    } else if (sureAt <= o.now()) {
      const error = 'GitHub shows no reply of it'
      await recordEffectOutcome(o, { id, token, state: tryNumber >= MAX_TRIES ? 'buried' : 'due', error })
    } else {
      await recordEffectOutcome(o, { id, token, state: 'unconfirmed', dueAt: sureAt, missed: true })
    }
  } catch (error) {
    if (!(error instanceof GitHubFailure)) return o.log.error({ ...fields, err: error }, 'a look ended in the middle')
    const outcome = callOutcomeOf(error, { intent: 'read', tryNumber: null, now: o.now() })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'could not look')
    // Where the issue is gone, nothing is left to be answered.
    await recordEffectOutcome(o, { id, token, ...(await failedEffectOutcome(o, claimed, outcome)) })
  }
}

/** Comments of ours that answer it, oldest first. */
async function findReplyComments(
  { github, now }: PerformContext,
  { access, effect, sentAt }: ClaimedReply,
): Promise<readonly number[]> {
  const since = millisecondsAfter(sentAt ?? now(), -CLOCK_SKEW_MS)
  const found = await github.findComments(access, effect.issueNumber, replyMarker(effect.origin), since)
  return found.map(({ id }) => id)
}
