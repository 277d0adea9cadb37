// After an answer that says neither yes nor no, GitHub is looked at before anything is sent again.
import type { GitHub } from '../github/client.ts'
import type { ExistingResource } from '../github/issue-comments.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { releaseClaim, renewClaim } from '../store/publish-claims.ts'
import type { PublicationStep } from './diff-surfaces.ts'
import { type PublishClaim, targetNameOf } from './publish-claim.ts'
import type { PublishContext } from './publish-context.ts'
import { takeWriteSlot } from './rate-limit.ts'
import { savePublication } from './surface-state.ts'
import { ASSUME_NOT_CREATED_AFTER_MS, CLOCK_SKEW_MS } from './timings.ts'

type RecoverStep = Extract<PublicationStep, { action: 'recover' }>

/** Looks for what may have been created; false when the claim was handed back because a slot must be waited for. */
export async function recoverPublication(o: PublishContext, claim: PublishClaim, step: RecoverStep): Promise<boolean> {
  const found = await findPublished(o.github, claim, step)
  const [keep, ...duplicates] = found
  for (const duplicate of duplicates) {
    if (!(await deleteDuplicateComment(o, claim, duplicate))) return false
  }
  const known =
    keep === undefined
      ? stateAfterMiss(step, o.now())
      : ({ state: 'confirmed', sentAt: null, githubId: keep.id } as const)
  await o.database.kysely.transaction().execute(async (trx) => {
    if (await renewClaim(trx, claim, o.now())) await savePublication(trx, claim.target, step.surface, known, o.now())
  })
  o.log.info(
    {
      issue: targetNameOf(claim),
      surface: step.surface,
      githubId: keep?.id ?? null,
      duplicates: duplicates.length,
    },
    keep === undefined ? 'read back: not there' : 'read back: found',
  )
  return true
}

/**
 * The one to keep comes first. Of comments the oldest, where the conversation began; younger duplicates go. Check runs
 * cannot be deleted, and GitHub shows the youngest of a name: that one is kept true, its elders stay out of sight.
 */
async function findPublished(
  github: GitHub,
  { access }: PublishClaim,
  { locator, sentAt }: RecoverStep,
): Promise<readonly ExistingResource[]> {
  if (locator.kind === 'check') return (await github.findCheckRuns(access, locator.sha, locator.externalId)).slice(-1)
  const since = new Date(Math.max(0, Date.parse(sentAt) - CLOCK_SKEW_MS)).toISOString()
  return await github.findComments(access, locator.issueNumber, locator.marker, since)
}

/** Seen missing a minute after the sending, it was not created, and may be. Before that, only this look is noted. */
function stateAfterMiss(step: RecoverStep, now: Instant): Parameters<typeof savePublication>[3] {
  const isSure = Date.parse(now) - Date.parse(step.sentAt) >= ASSUME_NOT_CREATED_AFTER_MS
  return isSure ? { state: 'confirmed', sentAt: null, githubId: null, digest: null } : {}
}

async function deleteDuplicateComment(
  o: PublishContext,
  claim: PublishClaim,
  duplicate: ExistingResource,
): Promise<boolean> {
  const { installationId } = claim.access
  const granted = await o.database.kysely.transaction().execute(async (trx) => {
    const slot = await takeWriteSlot(trx, installationId, 'change', 'publish', o.now)
    if (!slot.granted) await releaseClaim(trx, claim, { servedAt: claim.servedAt, after: slot.until })
    return slot.granted
  })
  if (granted) await o.github.deleteComment(claim.access, duplicate.id)
  return granted
}
