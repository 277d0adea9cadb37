// What GitHub still lacks of a target: the desired state compared with the stored state. The comparison is pure, so
// every case can be tested alone.
import { createHash } from 'node:crypto'
import type { CommentFolding } from '../github/issue-comments.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { CheckRun } from '../render/check-run.ts'
import type { Publication } from '../store/publications.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { ASSUME_NOT_CREATED_AFTER_MS, FIRST_LOOKUP_AFTER_MS } from './timings.ts'

/** A claimed target: its revision, the stored state of its surfaces, and the desired one. */
export type SurfaceState = {
  readonly revision: number
  readonly publications: readonly Publication[]
  readonly desired: readonly DesiredSurface[]
}

/** What one surface should show. With `mayCreate` false, it is only updated where it exists. */
export type DesiredSurface = {
  readonly surface: string
  readonly locator: SurfaceLocator
  readonly content: SurfaceContent
  /** The part of the content whose changes are urgent; the whole of it by default. */
  readonly significantContent?: SurfaceContent
  readonly mayCreate: boolean
  /** It is not written again when only the rest of its content changes. */
  readonly isPublishedOnce?: boolean
}

/** How a surface is found on GitHub. */
export type SurfaceLocator =
  | { readonly kind: 'comment'; readonly issueNumber: number; readonly marker: string }
  | { readonly kind: 'check'; readonly sha: string; readonly externalId: string }

/** What a surface shows. */
export type SurfaceContent =
  | { readonly kind: 'comment'; readonly issueNumber: number; readonly body: string }
  /** A comment that asks for a person: GitHub tells the first of these people who may write. */
  | {
      readonly kind: 'ask'
      readonly issueNumber: number
      readonly marker: string
      readonly body: string
      readonly people: readonly string[]
    }
  /** A comment that is folded away, or says this where GitHub does not let it be; null: then it stays. */
  | { readonly kind: 'folded'; readonly why: CommentFolding; readonly instead: string | null }
  | { readonly kind: 'check'; readonly check: Omit<CheckRun, 'name'> & { readonly name?: string } }

/** The next step for one surface. */
export type PublicationStep = { readonly surface: string; readonly locator: SurfaceLocator } & (
  | {
      readonly action: 'create'
      readonly content: SurfaceContent
      readonly digest: string
      readonly missingSince: Instant | null
    }
  | { readonly action: 'update'; readonly content: SurfaceContent; readonly digest: string; readonly githubId: number }
  | { readonly action: 'recover'; readonly sentAt: Instant }
)

/**
 * The steps that are needed now, significant changes first, then the surface untouched for longest; and when the next
 * unconfirmed surface may be looked for.
 */
export function diffSurfaces(
  { desired, publications }: SurfaceState,
  now: Instant,
): { steps: readonly PublicationStep[]; nextLookupAt: Instant | null } {
  const stored = new Map(publications.map((publication) => [publication.surface, publication]))
  // A check run that changes every second must not keep the comment from being written.
  const touchedAt = ({ surface }: DesiredSurface) => stored.get(surface)?.updatedAt ?? ''
  const isOld = (desiredSurface: DesiredSurface) =>
    Number(significantPartOf(stored.get(desiredSurface.surface)?.digest) === significantDigestOf(desiredSurface))
  const next = [...desired]
    .sort((a, b) => isOld(a) - isOld(b) || (touchedAt(a) < touchedAt(b) ? -1 : touchedAt(a) > touchedAt(b) ? 1 : 0))
    .map((desiredSurface) => nextStepOf(desiredSurface, stored.get(desiredSurface.surface), now))
  return {
    steps: next.flatMap((one) => (one === null || 'lookupAt' in one ? [] : [one])),
    nextLookupAt: next.flatMap((one) => (one !== null && 'lookupAt' in one ? [one.lookupAt] : [])).sort()[0] ?? null,
  }
}

function nextStepOf(
  desiredSurface: DesiredSurface,
  stored: Publication | undefined,
  now: Instant,
): PublicationStep | { lookupAt: Instant } | null {
  const { surface, locator, content } = desiredSurface
  if (stored?.state === 'sending' && stored.sentAt !== null) {
    const at = lookupTimeOf(stored.sentAt, stored.updatedAt)
    return at <= now ? { action: 'recover', surface, locator, sentAt: stored.sentAt } : { lookupAt: at }
  }
  const digest = `${significantDigestOf(desiredSurface)}.${digestOf(content)}`
  // An equal digest without an id means that GitHub refused exactly this content, and would again.
  if (stored?.digest === digest) return null
  if (desiredSurface.isPublishedOnce && significantPartOf(stored?.digest) === significantDigestOf(desiredSurface))
    return null
  const githubId = stored?.githubId ?? null
  if (githubId !== null) return { action: 'update', surface, locator, content, digest, githubId }
  if (!desiredSurface.mayCreate) return null
  const missingSince = stored?.state === 'confirmed' ? stored.sentAt : null
  const at = stored && missingSince !== null ? nextCreationOf(missingSince, stored.updatedAt) : now
  return at <= now ? { action: 'create', surface, locator, content, digest, missingSince } : { lookupAt: at }
}

function lookupTimeOf(sentAt: Instant, updatedAt: Instant): Instant {
  const first = millisecondsAfter(sentAt, FIRST_LOOKUP_AFTER_MS)
  return updatedAt < first ? first : millisecondsAfter(sentAt, ASSUME_NOT_CREATED_AFTER_MS)
}

/** GitHub did not know the issue or the commit: 10 s later, then each time after as long as it has been missing. */
function nextCreationOf(missingSince: Instant, triedAt: Instant): Instant {
  return millisecondsAfter(triedAt, Math.max(10_000, Date.parse(triedAt) - Date.parse(missingSince)))
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
