// What GitHub still lacks of a subject: a comparison of what should stand there with what we know stands there.
// Nothing here waits or writes, so every case can be looked at alone.
import { createHash } from 'node:crypto'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import type { CheckRun } from '../render/check-run.ts'
import { FIRST_LOOK_AFTER_MS, SURE_AFTER_MS } from './timings.ts'

/** What is known of one surface: a row of `publications`. */
export type Publication = {
  readonly surface: string
  readonly githubId: number | null
  readonly digest: string | null
  readonly state: 'settled' | 'sending'
  readonly sentAt: Instant | null
  readonly updatedAt: Instant
}

/** Everything about a subject in hand: what it has come to, what should stand on GitHub, and what is known to. */
export type Standing = {
  readonly revision: number
  readonly publications: readonly Publication[]
  readonly sides: readonly Side[]
}

/** What one surface should show. One that is not to be created is changed if it is there. */
export type Side = {
  readonly surface: string
  readonly mark: Mark
  readonly text: Text
  /** What of it is worth hurrying for; the whole of it unless given. */
  readonly news?: Text
  readonly creates: boolean
  /** Said once: it is not said again because only the rest of it reads otherwise by now. */
  readonly once?: boolean
}

/** How a surface is found again at GitHub. */
export type Mark =
  | { readonly kind: 'comment'; readonly issueNumber: number; readonly marker: string }
  | { readonly kind: 'check'; readonly sha: string; readonly externalId: string }

/** What is written there. */
export type Text =
  | { readonly kind: 'comment'; readonly issueNumber: number; readonly body: string }
  | { readonly kind: 'check'; readonly check: Omit<CheckRun, 'name'> & { readonly name?: string } }

/** The next thing to do about one surface. */
export type Due = { readonly surface: string; readonly mark: Mark } & (
  | { readonly do: 'create'; readonly text: Text; readonly digest: string }
  | { readonly do: 'change'; readonly text: Text; readonly digest: string; readonly githubId: number }
  | { readonly do: 'look'; readonly sentAt: Instant }
)

/**
 * The surfaces in need, those with news before the others, then the longest untouched first; and when the next of the
 * unconfirmed ones may be looked for.
 */
export function due({ sides, publications }: Standing, now: Instant): { due: readonly Due[]; laterAt: Instant | null } {
  const known = new Map(publications.map((publication) => [publication.surface, publication]))
  // A check that changes with every second must not keep the comment from ever being written.
  const touchedAt = ({ surface }: Side) => known.get(surface)?.updatedAt ?? ''
  const isOld = (side: Side) => Number(newsIn(known.get(side.surface)?.digest) === newsDigest(side))
  const needs = [...sides]
    .sort((a, b) => isOld(a) - isOld(b) || (touchedAt(a) < touchedAt(b) ? -1 : touchedAt(a) > touchedAt(b) ? 1 : 0))
    .map((side) => need(side, known.get(side.surface), now))
  return {
    due: needs.flatMap((one) => (one === null || 'laterAt' in one ? [] : [one])),
    laterAt: needs.flatMap((one) => (one !== null && 'laterAt' in one ? [one.laterAt] : [])).sort()[0] ?? null,
  }
}

function need(side: Side, known: Publication | undefined, now: Instant): Due | { laterAt: Instant } | null {
  const { surface, mark, text } = side
  if (known?.state === 'sending' && known.sentAt !== null) {
    const at = lookAt(known.sentAt, known.updatedAt)
    return at <= now ? { do: 'look', surface, mark, sentAt: known.sentAt } : { laterAt: at }
  }
  const digest = `${newsDigest(side)}.${digestOf(text)}`
  // Equal without an id: GitHub refused exactly this, and would again.
  if (known?.digest === digest) return null
  if (side.once && newsIn(known?.digest) === newsDigest(side)) return null
  const githubId = known?.githubId ?? null
  if (githubId !== null) return { do: 'change', surface, mark, text, digest, githubId }
  return side.creates ? { do: 'create', surface, mark, text, digest } : null
}

function lookAt(sentAt: Instant, lookedAt: Instant): Instant {
  const first = millisecondsAfter(sentAt, FIRST_LOOK_AFTER_MS)
  return lookedAt < first ? first : millisecondsAfter(sentAt, SURE_AFTER_MS)
}

function newsDigest({ text, news = text }: Side): string {
  return digestOf(news).slice(0, 12)
}

function newsIn(digest: string | null | undefined): string | undefined {
  return digest?.split('.')[0]
}

function digestOf(text: Text): string {
  return createHash('sha256').update(JSON.stringify(text)).digest('hex')
}
