// What GitHub still lacks of a pipeline: a comparison of what should stand there with what we know stands there.
// Nothing here waits or writes, so every case can be looked at alone.
import { createHash } from 'node:crypto'
import type { Hold } from '../pipeline/cord.ts'
import { health } from '../pipeline/health.ts'
import { light } from '../pipeline/light.ts'
import type { Instant, Pipeline } from '../pipeline/pipeline.ts'
import { surfaces } from '../pipeline/surfaces.ts'
import { type CheckContext, type CheckRun, check, externalId, farewell } from '../render/check.ts'
import { comment, marker } from '../render/comment.ts'

/** What is known of one surface: a row of `publications`. */
export type Publication = {
  readonly surface: string
  readonly githubId: number | null
  readonly digest: string | null
  readonly state: 'settled' | 'sending'
  readonly sentAt: Instant | null
  readonly updatedAt: Instant
}

/** A pipeline as it stands, with what GitHub shows of it. */
export type Standing = {
  readonly pipelineId: number
  readonly revision: number
  readonly pipeline: Pipeline
  readonly publications: readonly Publication[]
  /** No other issue on the line is on the same pull request. */
  readonly alone: boolean
  /** What the pipeline is held by, and what lies around it. */
  readonly holds: readonly Hold[]
  readonly pageUrl: string
}

/** How a surface is found again at GitHub. */
export type Mark =
  | { readonly kind: 'comment'; readonly issueNumber: number; readonly marker: string }
  | { readonly kind: 'check'; readonly sha: string; readonly externalId: string }

type Text =
  | { readonly kind: 'comment'; readonly body: string }
  | { readonly kind: 'check'; readonly check: Omit<CheckRun, 'name'> & { readonly name?: string } }

/** The next thing to do about one surface. */
export type Due = { readonly surface: string; readonly mark: Mark } & (
  | { readonly do: 'create'; readonly text: Text; readonly digest: string }
  | { readonly do: 'change'; readonly text: Text; readonly digest: string; readonly githubId: number }
  | { readonly do: 'look'; readonly sentAt: Instant }
)

/** The surfaces in need, the longest untouched first, and when the next of the unconfirmed ones may be looked for. */
export function due(standing: Standing, now: Instant): { due: readonly Due[]; laterAt: Instant | null } {
  // An issue that was deleted or transferred away has no place here to write to.
  if (standing.pipeline.gone) return { due: [], laterAt: null }
  const known = new Map(standing.publications.map((publication) => [publication.surface, publication]))
  const wanted = wantedSurfaces(standing, now)
  const sides = [...wanted, ...leftSurfaces(standing, wanted)]
  // A check that changes with every second must not keep the comment from ever being written.
  const touchedAt = ({ surface }: Side) => known.get(surface)?.updatedAt ?? ''
  const needs = sides
    .sort((a, b) => (touchedAt(a) < touchedAt(b) ? -1 : touchedAt(a) > touchedAt(b) ? 1 : 0))
    .map((side) => need(side, known.get(side.surface), now))
  return {
    due: needs.flatMap((one) => (one === null || 'laterAt' in one ? [] : [one])),
    laterAt: needs.flatMap((one) => (one !== null && 'laterAt' in one ? [one.laterAt] : [])).sort()[0] ?? null,
  }
}

/** First the commit, then the conversation: checks before comments. */
const ORDER = { check: 0, comment: 1 } as const

/** An answer may arrive late and a list may lag behind: two looks, the second a minute after the sending. */
const LOOK_AFTER_MS = 5_000
/** When a second look finds nothing either, nothing was created and it is sent again. */
export const SURE_AFTER_MS = 60_000

type Side = { readonly surface: string; readonly mark: Mark; readonly text: Text; readonly creates: boolean }

function need(side: Side, known: Publication | undefined, now: Instant): Due | { laterAt: Instant } | null {
  const { surface, mark, text } = side
  if (known?.state === 'sending' && known.sentAt !== null) {
    const at = lookAt(known.sentAt, known.updatedAt)
    return at <= now ? { do: 'look', surface, mark, sentAt: known.sentAt } : { laterAt: at }
  }
  const digest = digestOf(text)
  // Equal without an id: GitHub refused exactly this, and would again.
  if (known?.digest === digest) return null
  const githubId = known?.githubId ?? null
  if (githubId !== null) return { do: 'change', surface, mark, text, digest, githubId }
  return side.creates ? { do: 'create', surface, mark, text, digest } : null
}

function lookAt(sentAt: Instant, lookedAt: Instant): Instant {
  const first = plus(sentAt, LOOK_AFTER_MS)
  return lookedAt < first ? first : plus(sentAt, SURE_AFTER_MS)
}

function wantedSurfaces(standing: Standing, now: Instant): readonly Side[] {
  const { pipeline, pipelineId } = standing
  const o = context(standing, { stage: light(pipeline).stage, ...health(pipeline, now) })
  return [...surfaces(pipeline)]
    .sort((a, b) => ORDER[a.kind] - ORDER[b.kind])
    .flatMap((surface): Side[] => {
      const { key, stage, sha } = surface
      if (surface.kind === 'comment') {
        const ours = marker(pipelineId, key.slice('comment/'.length))
        const mark = { kind: 'comment', issueNumber: pipeline.issue.number, marker: ours } as const
        const body = comment(pipeline, stage, { ...o, marker: ours })
        return [{ surface: key, mark, text: { kind: 'comment', body }, creates: true }]
      }
      if (sha === null) return []
      const mark = { kind: 'check', sha, externalId: externalId(pipelineId, stage, sha) } as const
      return [
        { surface: key, mark, text: { kind: 'check', check: check(pipeline, { ...surface, sha }, o) }, creates: true },
      ]
    })
}

/** Check runs on commits that the line has moved on from are told so, once. */
function leftSurfaces(standing: Standing, wanted: readonly Side[]): readonly Side[] {
  const { pipeline, pipelineId } = standing
  const stay = new Set(wanted.map(({ surface }) => surface))
  const o = context(standing, null)
  return standing.publications.flatMap((publication): Side[] => {
    const left = CHECK_KEY.exec(publication.surface)?.groups
    if (left?.stage === undefined || left.sha === undefined || stay.has(publication.surface)) return []
    const { stage, sha } = left
    const next = surfaces(pipeline).find((surface) => surface.kind === 'check' && surface.stage === stage) ?? null
    const mark = { kind: 'check', sha, externalId: externalId(pipelineId, stage, sha) } as const
    const text = { kind: 'check', check: farewell(pipeline, { stage, sha, where: null }, next, o) } as const
    return [{ surface: publication.surface, mark, text, creates: false }]
  })
}

const CHECK_KEY = /^check\/(?<stage>.+)\/(?<sha>[^/]+)$/

function context({ pipelineId, alone, holds, pageUrl }: Standing, overlay: CheckContext['overlay']): CheckContext {
  return { pageUrl, pipelineId, alone, holds, overlay }
}

function digestOf(text: Text): string {
  return createHash('sha256').update(JSON.stringify(text)).digest('hex')
}

function plus(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString()
}
