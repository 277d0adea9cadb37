// Replies of which nobody knows whether they were written are looked for: each says in a marker which comments it answers.
import { GitHubFailure } from '../github/failure.ts'
import { millisecondsAfter } from '../pipeline/model/time.ts'
import { replyMarker } from '../render/reply.ts'
import { type Claimed, claimEffects, type Performer, settle, TRIES } from './claim-effects.ts'
import { keepSilent } from './rate-limit.ts'
import { CLOCKS_DIFFER_MS, LOOK_AGAIN_AFTER_MS, SURE_AFTER_MS } from './timings.ts'

type Reply = Claimed<'reply'>

const MOST_AT_ONCE = 10

/** Looks for what was sent without an answer; resolves to how many were looked for. */
export async function lookForReplies(o: Performer): Promise<number> {
  const inHand = await claimEffects(o, 'reply', ['sending', 'unconfirmed'], MOST_AT_ONCE)
  await Promise.all(inHand.map((claimed) => lookForOne(o, claimed)))
  return inHand.length
}

/** We were late and others had gone on: ours goes, unless it is the only answer to one of the comments. */
export async function removeTwin(o: Performer, batch: readonly Reply[], commentId: number): Promise<void> {
  for (const claimed of batch) {
    const found = await commentsOf(o, claimed)
    if (found.every((id) => id === commentId)) return
  }
  const [first] = batch
  if (first !== undefined) await o.github.deleteComment(first.where, commentId)
}

async function lookForOne(o: Performer, claimed: Reply): Promise<void> {
  const { id, token, attempt, sentAt, repository, effect, where } = claimed
  const fields = { repository: repository.fullName, effect: effect.key }
  const sureAt = millisecondsAfter(sentAt ?? o.now(), SURE_AFTER_MS)
  try {
    const [oldest] = await commentsOf(o, claimed)
    if (oldest !== undefined) {
      o.log.info({ ...fields, commentId: oldest }, 'its reply was found')
      await settle(o, { id, token, state: 'done' })
    } else if (sureAt <= o.now()) {
      const error = 'GitHub shows no reply of it'
      await settle(o, { id, token, state: attempt >= TRIES ? 'buried' : 'due', error })
    } else {
      await settle(o, { id, token, state: 'unconfirmed', dueAt: sureAt, missed: true })
    }
  } catch (error) {
    if (!(error instanceof GitHubFailure)) return o.log.error({ ...fields, err: error }, 'a look ended in the middle')
    o.log.warn({ ...fields, kind: error.kind, reason: error.message }, 'could not look')
    // Where the issue is gone, nothing is left to be answered.
    if (error.kind === 'gone' || error.kind === 'refuse') {
      return await settle(o, { id, token, state: 'refused', error: error.message })
    }
    const again = millisecondsAfter(o.now(), LOOK_AGAIN_AFTER_MS)
    const dueAt = error.kind === 'wait' ? await keepSilent(o.database, where.installationId, error, o.now) : again
    await settle(o, { id, token, state: 'unconfirmed', dueAt, error: error.message })
  }
}

/** Comments of ours that answer it, oldest first. */
async function commentsOf({ github, now }: Performer, { where, effect, sentAt }: Reply): Promise<readonly number[]> {
  const since = millisecondsAfter(sentAt ?? now(), -CLOCKS_DIFFER_MS)
  const found = await github.findComments(where, effect.issueNumber, replyMarker(effect.origin), since)
  return found.map(({ id }) => id)
}
