// What GitHub still lacks of a target: the desired state compared with the stored state. The comparison is pure, so
// every case can be tested alone.
import { createHash } from 'node:crypto'
import type { CommentFolding } from '../github/issue-comments.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { CheckRun } from '../render/check-run.ts'
import type { Publication } from '../store/publications.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { ASSUME_NOT_CREATED_AFTER_MS, FIRST_LOOKUP_AFTER_MS } from './timings.ts'

const HOUR_MS = 60 * 60_000
const MAX_REFUSED_FOR_MS = 48 * HOUR_MS

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
  /** A comment that asked before, opened again; it is edited then, since GitHub wants a second between two writes. */
  | { readonly kind: 'opened' }
  /** A comment that is folded away, or says this where GitHub does not let it be; null: then it stays. */
  | { readonly kind: 'folded'; readonly why: CommentFolding; readonly instead: string | null }
  | { readonly kind: 'check'; readonly check: Omit<CheckRun, 'name'> & { readonly name?: string } }

/** The next step for one surface. */
export type PublicationStep = { readonly surface: string; readonly locator: SurfaceLocator } & (
  | (WrittenSurface & { readonly action: 'create' })
  | (WrittenSurface & { readonly action: 'update'; readonly githubId: number })
  | { readonly action: 'recover'; readonly sentAt: Instant }
)

type WrittenSurface = {
  readonly content: SurfaceContent
  readonly digest: string
  /** Since when GitHub does not know its place, or refuses exactly this. */
  readonly deniedSince: Instant | null
}

/**
 * The steps that are needed now, significant changes first, then the surface untouched for longest; and when the next
 * is, of those that wait: for a lookup, or after a refusal.
 */
export function diffSurfaces(
  { desired, publications }: SurfaceState,
  now: Instant,
): { steps: readonly PublicationStep[]; nextAt: Instant | null } {
  const stored = new Map(publications.map((publication) => [publication.surface, publication]))
  // A check run that changes every second must not keep the comment from being written.
  const touchedAt = ({ surface }: DesiredSurface) => stored.get(surface)?.updatedAt ?? ''
  const isOld = (desiredSurface: DesiredSurface) =>
    Number(significantPartOf(stored.get(desiredSurface.surface)?.digest) === significantDigestOf(desiredSurface))
  const next = [...desired]
    .sort((a, b) => isOld(a) - isOld(b) || (touchedAt(a) < touchedAt(b) ? -1 : touchedAt(a) > touchedAt(b) ? 1 : 0))
    .map((desiredSurface) => nextStepOf(desiredSurface, stored.get(desiredSurface.surface), now))
  return {
    steps: next.flatMap((one) => (one === null || 'waitsUntil' in one ? [] : [one])),
    nextAt: next.flatMap((one) => (one !== null && 'waitsUntil' in one ? [one.waitsUntil] : [])).sort()[0] ?? null,
  }
}

function nextStepOf(
  desiredSurface: DesiredSurface,
  stored: Publication | undefined,
  now: Instant,
): PublicationStep | { waitsUntil: Instant } | null {
  const { surface, locator, content } = desiredSurface
  if (stored?.state === 'sending' && stored.sentAt !== null) {
    const at = lookupTimeOf(stored.sentAt, stored.updatedAt)
    return at <= now ? { action: 'recover', surface, locator, sentAt: stored.sentAt } : { waitsUntil: at }
  }
  const digest = `${significantDigestOf(desiredSurface)}.${digestOf(content)}`
  const opened = `${OPENED} ${digest}`
  const standing = standingOf(stored, { digest, opened })
  if (standing === 'shown') return null
  if (
    desiredSurface.isPublishedOnce &&
    stored?.sentAt === null &&
    significantPartOf(stored?.digest) === significantDigestOf(desiredSurface)
  )
    return null
  const githubId = stored?.githubId ?? null
  if (githubId === null && !desiredSurface.mayCreate) return null
  const deniedSince = standing === 'other' ? null : (stored?.sentAt ?? null)
  const at =
    stored === undefined || deniedSince === null || standing === 'opened'
      ? now
      : nextTryOf(deniedSince, stored.updatedAt, standing === 'refused')
  if (at === null) return null
  if (at > now) return { waitsUntil: at }
  if (content.kind === 'ask' && githubId !== null && standing !== 'opened')
    return { action: 'update', surface, locator, content: { kind: 'opened' }, digest: opened, deniedSince, githubId }
  const written = { surface, locator, content, digest, deniedSince }
  return githubId === null ? { action: 'create', ...written } : { action: 'update', ...written, githubId }
}

/**
 * What is stored, compared with what is wanted: GitHub shows it, refuses exactly this, does not know its place, has opened the comment
 * that is to say it, or shows something else or nothing.
 */
function standingOf(
  stored: Publication | undefined,
  wanted: { digest: string; opened: string },
): 'shown' | 'refused' | 'missing' | 'opened' | 'other' {
  if (stored === undefined) return 'other'
  if (stored.digest === wanted.digest) return stored.sentAt === null ? 'shown' : 'refused'
  if (stored.digest === wanted.opened) return 'opened'
  return stored.state === 'confirmed' && stored.digest === null && stored.sentAt !== null ? 'missing' : 'other'
}

/** What GitHub refused and nothing should show any more, so that it is not tried again: its issue is gone, or its commit left. */
export function refusedInVain({ desired, publications }: SurfaceState): readonly string[] {
  const wanted = new Map(desired.map(({ surface, mayCreate }) => [surface, mayCreate]))
  return publications
    .filter(({ state, digest, sentAt }) => state === 'confirmed' && digest !== null && sentAt !== null)
    .filter(({ surface, githubId }) => !(githubId === null ? wanted.get(surface) : wanted.has(surface)))
    .map(({ surface }) => surface)
}

/** The digest of a comment that is opened and not yet edited begins so. */
const OPENED = 'opened'

function lookupTimeOf(sentAt: Instant, updatedAt: Instant): Instant {
  const first = millisecondsAfter(sentAt, FIRST_LOOKUP_AFTER_MS)
  return updatedAt < first ? first : millisecondsAfter(sentAt, ASSUME_NOT_CREATED_AFTER_MS)
}

/**
 * GitHub did not know the issue or the commit: 10 s later, then each time after as long as it has gone on. Refused, it is
 * tried again after an hour at the soonest, and null: no more, since only other content can change that.
 */
function nextTryOf(deniedSince: Instant, triedAt: Instant, isRefused: boolean): Instant | null {
  const lastedMs = Date.parse(triedAt) - Date.parse(deniedSince)
  if (isRefused && lastedMs > MAX_REFUSED_FOR_MS) return null
  return millisecondsAfter(triedAt, Math.max(isRefused ? HOUR_MS : 10_000, lastedMs))
}

function significantDigestOf({ content, significantContent = content }: DesiredSurface): string {
  return digestOf(significantContent).slice(0, 12)
}

function significantPartOf(digest: string | null | undefined): string | undefined {
  return digest?.split('.')[0]
}

/** Is this the text of a comment as it was last written, whatever GitHub did to the ends of its lines? */
export function isWrittenComment(digest: string, issueNumber: number, body: string): boolean {
  const text = body.replaceAll('\r\n', '\n')
  return [text, `${text.trimEnd()}\n`].some((body) =>
    digest.endsWith(`.${digestOf({ kind: 'comment', issueNumber, body })}`),
  )
}

function digestOf(content: SurfaceContent): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}
