// After an answer that says neither yes nor no, GitHub is looked at before anything is sent again.
import type { GitHub } from '../github/client.ts'
import type { Found } from '../github/issue-comments.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Due } from './diff-surfaces.ts'
import { type Claim, hold, nameOf, release } from './publish-claim.ts'
import type { Publisher } from './publish-context.ts'
import { takeSlot } from './rate-limit.ts'
import { savePublication } from './surface-state.ts'
import { CLOCKS_DIFFER_MS, SURE_AFTER_MS } from './timings.ts'

type Look = Extract<Due, { do: 'look' }>

/** Looks for what may have been created; false when the claim was handed back because a slot must be waited for. */
export async function readBack(o: Publisher, claim: Claim, look: Look): Promise<boolean> {
  const found = await find(o.github, claim, look)
  const [keep, ...twins] = found
  for (const twin of twins) {
    if (!(await removeTwin(o, claim, twin))) return false
  }
  const known =
    keep === undefined ? missed(look, o.now()) : ({ state: 'settled', sentAt: null, githubId: keep.id } as const)
  await o.database.kysely.transaction().execute(async (trx) => {
    if (await hold(trx, claim, o.now())) await savePublication(trx, claim.subject, look.surface, known, o.now())
  })
  o.log.info(
    {
      issue: nameOf(claim),
      surface: look.surface,
      githubId: keep?.id ?? null,
      twins: twins.length,
    },
    keep === undefined ? 'read back: not there' : 'read back: found',
  )
  return true
}

/**
 * The one to keep comes first. Of comments the oldest, where the conversation began; younger twins go. Check runs
 * cannot be deleted, and GitHub shows the youngest of a name: that one is kept true, its elders stay out of sight.
 */
async function find(github: GitHub, { where }: Claim, { mark, sentAt }: Look): Promise<readonly Found[]> {
  if (mark.kind === 'check') return (await github.findChecks(where, mark.sha, mark.externalId)).slice(-1)
  const since = new Date(Math.max(0, Date.parse(sentAt) - CLOCKS_DIFFER_MS)).toISOString()
  return await github.findComments(where, mark.issueNumber, mark.marker, since)
}

/** Seen missing a minute after the sending, it was not created, and may be. Before that, only this look is noted. */
function missed(look: Look, now: Instant): Parameters<typeof savePublication>[3] {
  const isSure = Date.parse(now) - Date.parse(look.sentAt) >= SURE_AFTER_MS
  return isSure ? { state: 'settled', sentAt: null, githubId: null, digest: null } : {}
}

async function removeTwin(o: Publisher, claim: Claim, twin: Found): Promise<boolean> {
  const { installationId } = claim.where
  const granted = await o.database.kysely.transaction().execute(async (trx) => {
    const slot = await takeSlot(trx, installationId, 'change', 'publish', o.now)
    if (!slot.granted) await release(trx, claim, { servedAt: claim.servedAt, after: slot.until })
    return slot.granted
  })
  if (granted) await o.github.deleteComment(claim.where, twin.id)
  return granted
}
