// After an unclear answer, GitHub is searched before anything is sent again.
import type { GitHub } from '../github/client.ts'
import type { ExistingResource } from '../github/issue-comments.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { savePublication } from '../store/publications.ts'
import { releaseClaim, renewClaim } from '../store/publish-claims.ts'
import type { PublicationStep } from './diff-surfaces.ts'
import { type PublishClaim, targetNameOf } from './publish-claim.ts'
import type { PublishContext } from './publish-context.ts'
import { takeWriteSlot } from './rate-limit.ts'
import { ASSUME_NOT_CREATED_AFTER_MS, CLOCK_SKEW_MS } from './timings.ts'

/** As the time of a creation: everything is searched, because what was confirmed is not found any more. */
export const EVER = '1970-01-01T00:00:00.000Z'

type RecoverStep = Extract<PublicationStep, { action: 'recover' }>

/** Looks for what may have been created; false when the claim was released to wait for a slot. */
export async function recoverPublication(o: PublishContext, claim: PublishClaim, step: RecoverStep): Promise<boolean> {
  const found = await findPublished(o.github, claim, step)
  const [keep, ...duplicates] = found
  for (const duplicate of duplicates) {
    if (!(await deleteDuplicateComment(o, claim, duplicate))) return false
  }
  const columns = keep === undefined ? stateAfterMiss(step, o.now()) : foundState(step, keep.id, o.now())
  await o.database.kysely.transaction().execute(async (trx) => {
    if (await renewClaim(trx, claim, o.now())) await savePublication(trx, claim.target, step.surface, columns, o.now())
  })
  o.log.info(
    {
      issue: targetNameOf(claim),
      surface: step.surface,
      githubId: keep?.id ?? null,
      duplicates: duplicates.length,
    },
    keep === undefined ? 'not found on GitHub' : 'found on GitHub',
  )
  return true
}

/**
 * The one to keep comes first. Of comments that is the oldest, where the conversation began; later duplicates are
 * deleted. Check runs cannot be deleted, and GitHub shows the latest of a name: that one is kept up to date, earlier
 * ones are hidden.
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

function foundState(step: RecoverStep, githubId: number, now: Instant): Parameters<typeof savePublication>[3] {
  return { state: 'confirmed', githubId, error: null, sentAt: step.sentAt === EVER ? now : null }
}

/** A surface that is missing a minute after the request was not created, and may be. Before that, only the miss is noted. */
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
