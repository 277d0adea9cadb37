// What GitHub still lacks of a subject: a comparison of what should stand there with what we know stands there.
// Nothing here waits or writes, so every case can be looked at alone.
import { createHash } from 'node:crypto'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import type { CheckRun } from '../render/check-run.ts'
import { ASSUME_NOT_CREATED_AFTER_MS, FIRST_LOOKUP_AFTER_MS } from './timings.ts'

/** What is known of one surface: a row of `publications`. */
export type Publication = {
  readonly surface: string
  readonly githubId: number | null
  readonly digest: string | null
  readonly state: 'confirmed' | 'sending'
  readonly sentAt: Instant | null
  readonly updatedAt: Instant
}

/** Everything about a subject in hand: what it has come to, what should stand on GitHub, and what is known to. */
export type SurfaceState = {
  readonly revision: number
  readonly publications: readonly Publication[]
  readonly desired: readonly DesiredSurface[]
}

/** What one surface should show. One that is not to be created is changed if it is there. */
export type DesiredSurface = {
  readonly surface: string
  readonly locator: SurfaceLocator
  readonly content: SurfaceContent
  /** What of it is worth hurrying for; the whole of it unless given. */
  readonly significantContent?: SurfaceContent
  readonly mayCreate: boolean
  /** Said once: it is not said again because only the rest of it reads otherwise by now. */
  readonly isPublishedOnce?: boolean
}

/** How a surface is found again at GitHub. */
export type SurfaceLocator =
  | { readonly kind: 'comment'; readonly issueNumber: number; readonly marker: string }
  | { readonly kind: 'check'; readonly sha: string; readonly externalId: string }

/** What is written there. */
export type SurfaceContent =
  | { readonly kind: 'comment'; readonly issueNumber: number; readonly body: string }
  | { readonly kind: 'check'; readonly check: Omit<CheckRun, 'name'> & { readonly name?: string } }

/** The next thing to do about one surface. */
export type PublicationStep = { readonly surface: string; readonly locator: SurfaceLocator } & (
  | { readonly action: 'create'; readonly content: SurfaceContent; readonly digest: string }
  | { readonly action: 'update'; readonly content: SurfaceContent; readonly digest: string; readonly githubId: number }
  | { readonly action: 'recover'; readonly sentAt: Instant }
)

/**
 * The surfaces in need, those with news before the others, then the longest untouched first; and when the next of the
 * unconfirmed ones may be looked for.
 */
export function diffSurfaces(
  { desired, publications }: SurfaceState,
  now: Instant,
): { steps: readonly PublicationStep[]; nextLookupAt: Instant | null } {
  const known = new Map(publications.map((publication) => [publication.surface, publication]))
  // A check that changes with every second must not keep the comment from ever being written.
  const touchedAt = ({ surface }: DesiredSurface) => known.get(surface)?.updatedAt ?? ''
  const isOld = (desiredSurface: DesiredSurface) =>
    Number(significantPartOf(known.get(desiredSurface.surface)?.digest) === significantDigestOf(desiredSurface))
  const next = [...desired]
    .sort((a, b) => isOld(a) - isOld(b) || (touchedAt(a) < touchedAt(b) ? -1 : touchedAt(a) > touchedAt(b) ? 1 : 0))
    .map((desiredSurface) => nextStepOf(desiredSurface, known.get(desiredSurface.surface), now))
  return {
    steps: next.flatMap((one) => (one === null || 'lookupAt' in one ? [] : [one])),
    nextLookupAt: next.flatMap((one) => (one !== null && 'lookupAt' in one ? [one.lookupAt] : [])).sort()[0] ?? null,
  }
}

function nextStepOf(
  desiredSurface: DesiredSurface,
  known: Publication | undefined,
  now: Instant,
): PublicationStep | { lookupAt: Instant } | null {
  const { surface, locator, content } = desiredSurface
  if (known?.state === 'sending' && known.sentAt !== null) {
    const at = lookupTimeOf(known.sentAt, known.updatedAt)
    return at <= now ? { action: 'recover', surface, locator, sentAt: known.sentAt } : { lookupAt: at }
  }
  const digest = `${significantDigestOf(desiredSurface)}.${digestOf(content)}`
  // Equal without an id: GitHub refused exactly this, and would again.
  if (known?.digest === digest) return null
  if (desiredSurface.isPublishedOnce && significantPartOf(known?.digest) === significantDigestOf(desiredSurface))
    return null
  const githubId = known?.githubId ?? null
  if (githubId !== null) return { action: 'update', surface, locator, content, digest, githubId }
  return desiredSurface.mayCreate ? { action: 'create', surface, locator, content, digest } : null
}

function lookupTimeOf(sentAt: Instant, lookedAt: Instant): Instant {
  const first = millisecondsAfter(sentAt, FIRST_LOOKUP_AFTER_MS)
  return lookedAt < first ? first : millisecondsAfter(sentAt, ASSUME_NOT_CREATED_AFTER_MS)
}

function significantDigestOf({ content, significantContent = content }: DesiredSurface): string {
  return digestOf(significantContent).slice(0, 12)
}

function significantPartOf(digest: string | null | undefined): string | undefined {
  return digest?.split('.')[0]
}

function digestOf(content: SurfaceContent): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}
