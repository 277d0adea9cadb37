// What GitHub should show of a pipeline: its check runs and comments, and a final check run on commits it has left.
import type { StageName } from '../line/line.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { isProgress } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { healthAtWork } from '../pipeline/view/health.ts'
import { surfacesOf } from '../pipeline/view/surfaces.ts'
import {
  type CheckRunContext,
  checkRunExternalId,
  renderCheckRun,
  renderSupersededCheckRun,
} from '../render/check-run.ts'
import { renderLeftComment, renderStickyComment, stickyCommentMarker } from '../render/sticky-comment.ts'
import type { DesiredSurface, SurfaceContent } from './diff-surfaces.ts'
import { needSurfaces, replySurfaces } from './folded-surfaces.ts'
import type { PublishedPipeline } from './published-pipeline.ts'

/** Every surface of a pipeline with what it should show; none once its issue is deleted or transferred. */
export function desiredPipelineSurfaces(state: PublishedPipeline, now: Instant): readonly DesiredSurface[] {
  if (state.pipeline.removed) return []
  const current = currentSurfaces(state, now)
  return [
    ...needSurfaces(state, now),
    ...current,
    ...supersededSurfaces(state, current),
    ...leftComments(state, current),
    ...replySurfaces(state),
  ]
}

/** Of each stage, the check run on the commit before the comment on the issue. */
const KIND_ORDER = { check: 0, comment: 1 } as const

function currentSurfaces(state: PublishedPipeline, now: Instant): readonly DesiredSurface[] {
  const { pipeline, pipelineId, holds, knownUntil } = state
  const o = checkContextOf(state, healthAtWork(pipeline, now, { until: knownUntil, holds }))
  const stages = pipeline.stages.map(({ name }) => name)
  const surfaces = surfacesOf(pipeline)
  // In the first comment, which is read first: more of them would all be edited whenever one stage moves.
  const keyOfLine = surfaces.find(({ kind }) => kind === 'comment')?.key
  return [...surfaces]
    .sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage) || KIND_ORDER[a.kind] - KIND_ORDER[b.kind])
    .flatMap((surface): DesiredSurface[] => {
      const { key, stage, sha } = surface
      const significant = withoutProgressNoise(pipeline, stage)
      if (surface.kind === 'comment') {
        const locator = commentLocator(state, key)
        const { issueNumber, marker } = locator
        const contentOf = (shown: Pipeline): SurfaceContent => {
          return {
            kind: 'comment',
            issueNumber,
            body: renderStickyComment(shown, stage, { ...o, marker, showsLine: key === keyOfLine }),
          }
        }
        return [
          {
            surface: key,
            locator,
            content: contentOf(pipeline),
            significantContent: contentOf(significant),
            mayCreate: true,
          },
        ]
      }
      if (sha === null) return []
      const locator = { kind: 'check', sha, externalId: checkRunExternalId(pipelineId, stage, sha) } as const
      const contentOf = (shown: Pipeline): SurfaceContent => ({
        kind: 'check',
        check: renderCheckRun(shown, { ...surface, sha }, o),
      })
      return [
        {
          surface: key,
          locator,
          content: contentOf(pipeline),
          significantContent: contentOf(significant),
          mayCreate: true,
        },
      ]
    })
}

function commentLocator({ pipeline, pipelineId }: PublishedPipeline, surface: string) {
  const marker = stickyCommentMarker(pipelineId, surface.slice(COMMENT_PREFIX.length))
  return { kind: 'comment', issueNumber: pipeline.issue.number, marker } as const
}

const COMMENT_PREFIX = 'comment/'

/** The pipeline with this stage only, without the run's progress and the evidence. */
function withoutProgressNoise(pipeline: Pipeline, name: StageName): Pipeline {
  const stages = pipeline.stages
    .filter((stage) => stage.name === name)
    .map((stage) => ({ ...stage, evidence: null, reason: isProgress(stage.reason) ? null : stage.reason }))
  return { ...pipeline, stages }
}

/** A check run on a commit that the pipeline has left says so, once. */
function supersededSurfaces(state: PublishedPipeline, current: readonly DesiredSurface[]): readonly DesiredSurface[] {
  const { pipeline, pipelineId } = state
  const currentKeys = new Set(current.map(({ surface }) => surface))
  const o = checkContextOf(state, null)
  return state.publications.flatMap((publication): DesiredSurface[] => {
    const superseded = CHECK_RUN_SURFACE_KEY.exec(publication.surface)?.groups
    if (superseded?.stage === undefined || superseded.sha === undefined || currentKeys.has(publication.surface))
      return []
    const { stage, sha } = superseded
    const next = surfacesOf(pipeline).find((surface) => surface.kind === 'check' && surface.stage === stage) ?? null
    const locator = { kind: 'check', sha, externalId: checkRunExternalId(pipelineId, stage, sha) } as const
    const contentFor = (target: typeof next): SurfaceContent => {
      return { kind: 'check', check: renderSupersededCheckRun(pipeline, { stage, sha, shaOrigin: null }, target, o) }
    }
    // It names the commit that is current now and is not updated later: at every push, old commits would use up the
    // budget.
    return [
      {
        surface: publication.surface,
        locator,
        content: contentFor(next),
        significantContent: contentFor(null),
        isPublishedOnce: true,
        mayCreate: false,
      },
    ]
  })
}

/** A comment that the file wants no longer says so: what it said last would stay, and become wrong. */
function leftComments(state: PublishedPipeline, current: readonly DesiredSurface[]): readonly DesiredSurface[] {
  const currentKeys = new Set(current.map(({ surface }) => surface))
  return state.publications
    .filter(({ surface }) => surface.startsWith(COMMENT_PREFIX) && !currentKeys.has(surface))
    .map(({ surface }) => {
      const locator = commentLocator(state, surface)
      const { issueNumber, marker } = locator
      const content = { kind: 'comment', issueNumber, body: renderLeftComment(marker, state.pageUrl) } as const
      return { surface, locator, content, mayCreate: false }
    })
}

const CHECK_RUN_SURFACE_KEY = /^check\/(?<stage>.+)\/(?<sha>[^/]+)$/

function checkContextOf(
  { pipelineId, isOnlyIssue, holds, accessProblems, pageUrl }: PublishedPipeline,
  overlay: CheckRunContext['overlay'],
): CheckRunContext {
  return { pageUrl, pipelineId, isOnlyIssue, holds, accessProblems, overlay }
}
