// Makes GitHub show what is true. A subject (a pipeline, or a repository whose file is mistaken) is in need when it was
// published at an older revision than it has; what exactly is in need is worked out afresh before every single call, so
// that only the latest revision is ever written and ten quick events cost one edit.
//
// Creating is the dangerous part, because GitHub does it again when it is asked again. So the intent is committed first
// (`sending`), one POST goes out, and unless its answer is clear nothing is sent again before GitHub has been looked at
// (readback.ts). A crash at any point leaves either nothing done or a row that says where to look.
import type { GitHub } from '../github/client.ts'
import { GitHubFailure } from '../github/failure.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import { type Due, due } from './diff-surfaces.ts'
import { type Claim, claimNext, hold, nameOf, publishAnew, release } from './publish-claim.ts'
import type { Publisher } from './publish-context.ts'
import { keepSilent, takeSlot } from './rate-limit.ts'
import { readBack } from './recover-publication.ts'
import { publishedId, readStanding, savePublication } from './surface-state.ts'

/** Claims one subject and brings GitHub as far as the budget allows, or until `stopping`; false when none is in need now. */
export async function publish(o: Publisher, stopping?: AbortSignal): Promise<boolean> {
  const claim = await claimNext(o.database, o.now(), o.token())
  if (claim === null) return false
  try {
    for (let served = claim.servedAt; ; served = o.now()) {
      const thing = await nextThing(o, claim, served)
      if (thing === null || !(await carryOut(o, claim, thing))) return true
      if (stopping?.aborted) return await handBack(o, claim, 0)
    }
  } catch (error) {
    // One subject that cannot be published must not keep the others waiting. With the database away this throws too.
    await handBack(o, claim, SET_ASIDE_MS)
    o.log.error({ issue: nameOf(claim), err: error }, 'publication failed')
    return true
  }
}

/** What to do next, with its slot taken and its intent committed; null when the claim has been handed back. */
async function nextThing(o: Publisher, claim: Claim, servedAt: Instant | null): Promise<Due | null> {
  return await o.database.kysely.transaction().execute(async (trx) => {
    const now = o.now()
    if (!(await hold(trx, claim, now))) return null
    const standing = await readStanding(trx, claim, o, now)
    const { due: things, laterAt } = due(standing, now)
    const thing = things[0]
    if (thing === undefined) {
      const after = laterAt ?? now
      await release(trx, claim, { servedAt: now, after, ...(laterAt === null && { revision: standing.revision }) })
      return null
    }
    if (thing.do === 'look') return thing
    const slot = await takeSlot(
      trx,
      claim.where.installationId,
      thing.do === 'create' ? 'creation' : 'change',
      'publish',
      o.now,
    )
    if (!slot.granted) {
      await release(trx, claim, { servedAt, after: slot.until })
      return null
    }
    if (thing.do === 'create') {
      const sending = { state: 'sending', sentAt: now, githubId: null, digest: thing.digest, error: null } as const
      await savePublication(trx, claim.subject, thing.surface, sending, now)
    }
    return thing
  })
}

/** Does it; false when the claim has been handed back and somebody, some time later, goes on. */
async function carryOut(o: Publisher, claim: Claim, thing: Due): Promise<boolean> {
  const fields = { issue: nameOf(claim), surface: thing.surface }
  try {
    if (thing.do === 'look') return await readBack(o, claim, thing)
    const githubId = await write(o.github, claim, thing)
    await written(o, claim, thing, githubId)
    o.log.info({ ...fields, githubId }, thing.do === 'create' ? 'created' : 'changed')
    return true
  } catch (failure) {
    if (!(failure instanceof GitHubFailure)) throw failure
    o.log.warn({ ...fields, kind: failure.kind, reason: failure.message }, 'not published')
    return await failed(o, claim, thing, failure)
  }
}

type Written = Exclude<Due, { do: 'look' }>

async function write(github: GitHub, { where }: Claim, thing: Written): Promise<number> {
  const { text } = thing
  if (thing.do === 'change') {
    if (text.kind === 'comment') await github.updateComment(where, thing.githubId, text.body)
    else await github.updateCheck(where, thing.githubId, text.check)
    return thing.githubId
  }
  if (text.kind === 'comment') return await github.createComment(where, text.issueNumber, text.body)
  const { name = '' } = text.check
  return await github.createCheck(where, { ...text.check, name })
}

async function written(o: Publisher, claim: Claim, thing: Written, githubId: number): Promise<void> {
  const { subject } = claim
  await o.database.kysely.transaction().execute(async (trx) => {
    const now = o.now()
    // Frozen for longer than the claim: whoever went on may have written meanwhile, before or after us.
    if (!(await hold(trx, claim, now))) await publishAnew(trx, subject)
    const known = await publishedId(trx, subject, thing.surface)
    const isTwin = thing.do === 'create' && known !== null && known !== githubId
    const settled = { state: 'settled', sentAt: null, githubId, digest: thing.digest, error: null } as const
    const doubtful = { state: 'sending', sentAt: now, digest: null } as const
    await savePublication(trx, subject, thing.surface, isTwin ? doubtful : settled, now)
  })
}

async function handBack(o: Publisher, claim: Claim, restMs: number): Promise<true> {
  await o.database.kysely.transaction().execute(async (trx) => {
    await release(trx, claim, { servedAt: o.now(), after: millisecondsAfter(o.now(), restMs) })
  })
  return true
}

const SET_ASIDE_MS = 60_000
const RETRY_AFTER_MS = 15_000
const LOOK_AGAIN_AFTER_MS = 10 * 60_000
const LONG_AGO = '1970-01-01T00:00:00.000Z'

async function failed(o: Publisher, claim: Claim, thing: Due, failure: GitHubFailure): Promise<boolean> {
  const error = failure.message
  const nothingCreated = thing.do === 'create' ? ({ state: 'settled', sentAt: null, digest: null } as const) : {}

  async function note(known: Parameters<typeof savePublication>[3], back?: Parameters<typeof release>[2]) {
    await o.database.kysely.transaction().execute(async (trx) => {
      if (!(await hold(trx, claim, o.now()))) return
      await savePublication(trx, claim.subject, thing.surface, { ...known, error }, o.now())
      if (back) await release(trx, claim, back)
    })
    return back === undefined
  }

  switch (failure.kind) {
    case 'wait': {
      const after = await keepSilent(o.database, claim.where.installationId, failure, o.now)
      return await note(nothingCreated, { servedAt: claim.servedAt, after })
    }
    case 'retry':
      return await note(nothingCreated, { servedAt: o.now(), after: millisecondsAfter(o.now(), RETRY_AFTER_MS) })
    case 'unconfirmed':
      // The answer came (or stayed away) just now, and what it speaks of may become visible from now on.
      return await note({ sentAt: o.now() })
    case 'gone':
      // Deleted, or out of our sight for a while: whatever it is, look through all there is before creating anew.
      if (thing.do === 'change') return await note({ state: 'sending', sentAt: LONG_AGO, githubId: null, digest: null })
      return await refused()
    case 'refuse':
      return await refused()
  }

  async function refused(): Promise<boolean> {
    if (thing.do === 'look')
      return await note({}, { servedAt: o.now(), after: millisecondsAfter(o.now(), LOOK_AGAIN_AFTER_MS) })
    // The same would be refused again: with its digest kept, only something else is sent.
    return await note({ state: 'settled', sentAt: null, digest: thing.digest })
  }
}
