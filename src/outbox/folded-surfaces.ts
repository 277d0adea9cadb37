// Comments that are shown for a time and then folded away: those that ask for a person, and replies to commands. A need is
// said once for each attempt, and at most three times until a person acts: then its last comment is opened again and
// edited, which mails nobody.

import type { Instant } from '../pipeline/model/time.ts'
import { type Need, needOf, peopleToAsk } from '../pipeline/view/need.ts'
import { mayComment } from '../pipeline/view/surfaces.ts'
import { needCommentMarker, renderNeedComment, renderPastNeedComment } from '../render/need-comment.ts'
import type { Publication } from '../store/publications.ts'
import type { DesiredSurface, SurfaceContent } from './diff-surfaces.ts'
import type { PublishedPipeline } from './published-pipeline.ts'

/** The comment of the present need, and of every need that is over. */
export function needSurfaces(state: PublishedPipeline, now: Instant): readonly DesiredSurface[] {
  const { pipeline, publications } = state
  const posted = publications.filter(({ surface }) => surface.startsWith(NEED_PREFIX))
  const need = mayComment(pipeline) ? needOf(pipeline, now) : null
  const current = need && openNeedSurface(state, need, posted)
  const over = posted.filter(({ surface }) => surface !== current?.surface)
  return [...(current === null ? [] : [current]), ...over.map(({ surface }) => pastNeedSurface(state, surface))]
}

/** Every reply but the newest at its place. */
export function replySurfaces({ publications }: PublishedPipeline): readonly DesiredSurface[] {
  const replies = publications.flatMap(({ surface, githubId }) => {
    const place = REPLY_SURFACE_KEY.exec(surface)?.groups?.place
    return place === undefined || githubId === null ? [] : [{ surface, githubId, place: Number(place) }]
  })
  const isNewest = ({ place, githubId }: (typeof replies)[number]) =>
    replies.every((other) => other.place !== place || other.githubId <= githubId)
  return replies
    .filter((reply) => !isNewest(reply))
    .map(({ surface, githubId, place }) => {
      const locator = {
        kind: 'comment',
        issueNumber: place,
        marker: `<!-- andon:v1 reply-comment/${githubId} -->`,
      } as const
      return foldedSurface(surface, locator, { kind: 'folded', why: 'OUTDATED', instead: null })
    })
}

/** The key of a reply's comment, which is stored so that a later reply can fold it away. */
export function replySurfaceKey(issueNumber: number, commentId: number): string {
  return `reply/${issueNumber}/${commentId}`
}

const REPLY_SURFACE_KEY = /^reply\/(?<place>\d+)\/\d+$/
const NEED_PREFIX = 'need/'
const MAX_COMMENTS_OF_SERIES = 3

function openNeedSurface(state: PublishedPipeline, need: Need, posted: readonly Publication[]): DesiredSurface {
  const { pipeline, pageUrl } = state
  const surface = needSurfaceKey(need, posted)
  const locator = needLocator(state, surface)
  const { issueNumber, marker } = locator
  const body = renderNeedComment(pipeline, need, { marker, pageUrl })
  return {
    surface,
    locator,
    content: { kind: 'ask', issueNumber, marker, body, people: peopleToAsk(pipeline) },
    significantContent: { kind: 'comment', issueNumber, body: need.id },
    isPublishedOnce: true,
    mayCreate: true,
  }
}

function needSurfaceKey({ id, series }: Need, posted: readonly Publication[]): string {
  const surface = NEED_PREFIX + id
  const ofSeries = posted.filter((publication) => publication.surface.startsWith(NEED_PREFIX + series))
  const isPosted = ofSeries.some((publication) => publication.surface === surface)
  if (isPosted || ofSeries.length < MAX_COMMENTS_OF_SERIES) return surface
  return ofSeries.toSorted((a, b) => (a.githubId ?? 0) - (b.githubId ?? 0)).at(-1)?.surface ?? surface
}

function pastNeedSurface(state: PublishedPipeline, surface: string): DesiredSurface {
  const locator = needLocator(state, surface)
  const instead = renderPastNeedComment(locator.marker)
  return foldedSurface(surface, locator, { kind: 'folded', why: 'RESOLVED', instead })
}

function needLocator({ pipeline, pipelineId }: PublishedPipeline, surface: string) {
  const marker = needCommentMarker(pipelineId, surface.slice(NEED_PREFIX.length))
  return { kind: 'comment', issueNumber: pipeline.issue.number, marker } as const
}

function foldedSurface(
  surface: string,
  locator: DesiredSurface['locator'],
  content: Extract<SurfaceContent, { kind: 'folded' }>,
): DesiredSurface {
  return { surface, locator, content, isPublishedOnce: true, mayCreate: false }
}
