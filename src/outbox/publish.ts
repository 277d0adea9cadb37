// Makes GitHub show what is true. A target (a pipeline, or a repository whose file has mistakes) needs publishing when
// its published revision is older than its revision. The difference is computed again before every call, so only the
// latest revision is ever written and ten quick events cost one edit.
//
// Creating is the dangerous part, because GitHub creates again when it is asked again. So the intent is committed first
// (`sending`), one POST goes out, and unless its answer is clear nothing is sent again before GitHub has been searched
// (recover-publication.ts). A crash at any point leaves either nothing done or a row that says where to look.
import { GitHubFailure } from '../github/failure.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { findAccessBlock } from '../store/access-problems.ts'
import type { Transaction } from '../store/database.ts'
import { forgetRefusals, loadPublishedId, savePublication } from '../store/publications.ts'
import { invalidatePublications, releaseClaim, renewClaim } from '../store/publish-claims.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { recordAccessWorks, recordNoAccess } from './access.ts'
import { type CallOutcome, callOutcomeOf } from './call-outcome.ts'
import { diffSurfaces, type PublicationStep, refusedInVain } from './diff-surfaces.ts'
import { claimNextPublication, type PublishClaim, targetNameOf } from './publish-claim.ts'
import type { PublishContext } from './publish-context.ts'
import { blockInstallation, takeWriteSlot } from './rate-limit.ts'
import { EVER, recoverPublication } from './recover-publication.ts'
import { loadSurfaceState } from './surface-state.ts'
import { type WriteStep, writeSurface } from './write-surface.ts'

/**
 * Claims the next target and publishes it as far as the budget allows, or until `stopping`; resolves to how many steps
 * that took, null when none needs publishing now.
 */
export async function publishNext(o: PublishContext, stopping?: AbortSignal): Promise<number | null> {
  const claim = await claimNextPublication(o.database, o.installationId, o.now(), o.token())
  if (claim === null) return null
  let steps = 0
  try {
    for (let served = claim.servedAt; ; served = o.now()) {
      const step = await beginNextStep(o, claim, served)
      if (step === null) return steps
      steps += 1
      if (!(await performStep(o, claim, step))) return steps
      if (stopping?.aborted) {
        await releaseFor(o, claim, 0)
        return steps
      }
    }
  } catch (error) {
    // One target that cannot be published must not keep the others waiting. While the database is away this throws too.
    await releaseFor(o, claim, ERROR_BACKOFF_MS)
    o.log.error({ issue: targetNameOf(claim), err: error }, 'publication failed')
    return steps
  }
}

/** The next step, with its slot taken and its intent committed; null when the claim has been released. */
async function beginNextStep(
  o: PublishContext,
  claim: PublishClaim,
  servedAt: Instant | null,
): Promise<PublicationStep | null> {
  return await o.database.kysely.transaction().execute(async (trx) => {
    const now = o.now()
    if (!(await renewClaim(trx, claim, now))) return null
    const state = await loadSurfaceState(trx, claim, o, now)
    const { steps, nextAt } = diffSurfaces(state, now)
    const { step, blockedUntil } = await firstStepWithAccess(trx, claim, steps, now)
    if (step === null) {
      const after = [nextAt, blockedUntil].filter((at) => at !== null).sort()[0]
      await forgetRefusals(trx, claim.target, refusedInVain(state))
      await releaseClaim(trx, claim, {
        servedAt: now,
        after: after ?? now,
        ...(after === undefined && { revision: state.revision }),
      })
      return null
    }
    if (step.action === 'recover') return step
    const { installationId } = claim.access
    const slot = await takeWriteSlot(
      trx,
      installationId,
      step.action === 'create' ? 'create' : 'change',
      'publish',
      o.now,
    )
    if (!slot.granted) {
      const later = millisecondsAfter(now, LOOK_AGAIN_AFTER_MS)
      if (slot.until <= later) {
        await releaseClaim(trx, claim, { servedAt, after: slot.until })
        return null
      }
      // The hour's creations are spent. What exists, or may exist, is kept up to date, and so is what changes in the meantime.
      const others = steps.filter(({ action }) => action !== 'create')
      const { step: other } = await firstStepWithAccess(trx, claim, others, now)
      if (other?.action === 'recover') return other
      const free = other && (await takeWriteSlot(trx, installationId, 'change', 'publish', o.now))
      if (free?.granted) return other
      await releaseClaim(trx, claim, { servedAt, after: free ? free.until : later })
      return null
    }
    if (step.action === 'create') {
      const sending = { state: 'sending', sentAt: now, githubId: null, digest: step.digest, error: null } as const
      await savePublication(trx, claim.target, step.surface, sending, now)
    }
    return step
  })
}

/** The first step that GitHub does not refuse now, and until when those before it are refused. */
async function firstStepWithAccess(
  trx: Transaction,
  { access }: PublishClaim,
  steps: readonly PublicationStep[],
  now: Instant,
): Promise<{ readonly step: PublicationStep | null; readonly blockedUntil: Instant | null }> {
  const blocked: Instant[] = []
  for (const step of steps) {
    const until = await findAccessBlock(trx, access, permissionsForStep(step), now)
    if (until === null) return { step, blockedUntil: null }
    blocked.push(until)
  }
  return { step: null, blockedUntil: blocked.sort()[0] ?? null }
}

function permissionsForStep({ locator, action }: PublicationStep): readonly string[] {
  const what = locator.kind === 'check' ? 'checks' : 'issues'
  return [`${what}=${action === 'recover' ? 'read' : 'write'}`]
}

/** Performs the step; false when the claim has been released and the rest follows later. */
async function performStep(o: PublishContext, claim: PublishClaim, step: PublicationStep): Promise<boolean> {
  const fields = { issue: targetNameOf(claim), surface: step.surface }
  try {
    if (step.action === 'recover') return await recoverPublication(o, claim, step)
    const githubId = await writeSurface(o, claim.access, step)
    await recordWritten(o, claim, step, githubId)
    await recordAccessWorks(o, claim.access, permissionsForStep(step))
    o.log.info({ ...fields, githubId }, step.action === 'create' ? 'created' : 'changed')
    return true
  } catch (failure) {
    if (!(failure instanceof GitHubFailure)) throw failure
    const since = step.action === 'recover' && step.sentAt > EVER ? step.sentAt : null
    const outcome = callOutcomeOf(failure, { intent: INTENTS[step.action], tryNumber: null, now: o.now(), since })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'not published')
    return await recordFailure(o, claim, step, outcome)
  }
}

const INTENTS = { create: 'create', update: 'change', recover: 'read' } as const

async function recordWritten(o: PublishContext, claim: PublishClaim, step: WriteStep, githubId: number): Promise<void> {
  const { target } = claim
  await o.database.kysely.transaction().execute(async (trx) => {
    const now = o.now()
    // This process was frozen for longer than its claim: another may have written meanwhile, before or after us.
    if (!(await renewClaim(trx, claim, now))) await invalidatePublications(trx, target)
    const publishedId = await loadPublishedId(trx, target, step.surface)
    const isDuplicate = step.action === 'create' && publishedId !== null && publishedId !== githubId
    // Of a comment that is opened, the edit that follows may be what is denied.
    const sentAt = step.content.kind === 'opened' ? step.deniedSince : null
    const confirmed = { state: 'confirmed', sentAt, githubId, digest: step.digest, error: null } as const
    const unconfirmed = { state: 'sending', sentAt: now, digest: null } as const
    await savePublication(trx, target, step.surface, isDuplicate ? unconfirmed : confirmed, now)
  })
}

async function releaseFor(o: PublishContext, claim: PublishClaim, backoffMs: number): Promise<void> {
  await o.database.kysely.transaction().execute(async (trx) => {
    await releaseClaim(trx, claim, { servedAt: o.now(), after: millisecondsAfter(o.now(), backoffMs) })
  })
}

const ERROR_BACKOFF_MS = 60_000
const LOOK_AGAIN_AFTER_MS = 60_000
const REFUSED_LOOKUP_RETRY_AFTER_MS = 10 * 60_000
const MISSING_FOR_MS = 60 * 60_000

async function recordFailure(
  o: PublishContext,
  claim: PublishClaim,
  step: PublicationStep,
  outcome: CallOutcome,
): Promise<boolean> {
  const error = outcome.words
  const nothingCreated = step.action === 'create' ? ({ state: 'confirmed', sentAt: null, digest: null } as const) : {}

  async function save(columns: Parameters<typeof savePublication>[3], release?: Parameters<typeof releaseClaim>[2]) {
    await o.database.kysely.transaction().execute(async (trx) => {
      if (!(await renewClaim(trx, claim, o.now()))) return
      await savePublication(trx, claim.target, step.surface, { ...columns, error }, o.now())
      if (release) await releaseClaim(trx, claim, release)
    })
    return release === undefined
  }

  switch (outcome.kind) {
    case 'wait':
      await blockInstallation(o.database, claim.access.installationId, outcome.until, o.now)
      return await save(nothingCreated, { servedAt: claim.servedAt, after: outcome.until })
    case 'retry':
      return await save(nothingCreated, { servedAt: o.now(), after: outcome.at })
    case 'no access': {
      // It says nothing about the text, which is sent once GitHub gives access again. Other surfaces go on meanwhile.
      const { problem } = outcome
      const after = await recordNoAccess(o, claim.access, problem)
      const isKnown = problem.permission === '' || permissionsForStep(step).includes(problem.permission)
      return await save(nothingCreated, isKnown ? undefined : { servedAt: o.now(), after })
    }
    case 'unconfirmed':
      // The request may have reached GitHub only now, so a lookup counts from now on.
      return await save({ sentAt: o.now() })
    case 'gone': {
      if (step.action === 'recover') return await refused()
      const missingSince = step.deniedSince ?? o.now()
      const isLong = millisecondsAfter(missingSince, MISSING_FOR_MS) <= o.now()
      // Deleted, or hidden from us for a while: search everything on GitHub before creating another. What is found and still cannot
      // be edited is tried more and more seldom, and searched for again after an hour.
      if (step.action === 'update' && (step.deniedSince === null || isLong))
        return await save({ state: 'sending', sentAt: EVER, githubId: null, digest: null })
      // A new issue or commit may not be there yet.
      if (!isLong) return await save({ state: 'confirmed', sentAt: missingSince, digest: null })
      return await refused()
    }
    case 'refused':
    case 'give up':
      return await refused()
  }

  async function refused(): Promise<boolean> {
    if (step.action === 'recover')
      return await save({}, { servedAt: o.now(), after: millisecondsAfter(o.now(), REFUSED_LOOKUP_RETRY_AFTER_MS) })
    // The same content is likely to be refused again: with its digest stored, other content is sent at once, this seldom.
    return await save({ state: 'confirmed', sentAt: step.deniedSince ?? o.now(), digest: step.digest })
  }
}
