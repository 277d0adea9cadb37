// What GitHub should show of a pipeline: its checks and comments, and a last word on commits that it has left.
import type { StageName } from '../line/line.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { isProgress } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { deriveHealth, headlineOf } from '../pipeline/view/light.ts'
import { surfacesOf } from '../pipeline/view/surfaces.ts'
import {
  type CheckRunContext,
  checkRunExternalId,
  renderCheckRun,
  renderSupersededCheckRun,
} from '../render/check-run.ts'
import { renderStickyComment, stickyCommentMarker } from '../render/sticky-comment.ts'
import type { DesiredSurface, Publication, SurfaceContent } from './diff-surfaces.ts'

/** A pipeline as it stands, with what GitHub shows of it. */
export type PublishedPipeline = {
  readonly pipelineId: number
  readonly pipeline: Pipeline
  readonly publications: readonly Publication[]
  /** No other issue on the line is on the same pull request. */
  readonly isOnlyIssue: boolean
  /** What the pipeline is held by, and what lies around it. */
  readonly holds: readonly Hold[]
  readonly pageUrl: string
}

/** Every surface of a pipeline with what it should show; none once its issue was deleted or transferred away. */
export function desiredPipelineSurfaces(state: PublishedPipeline, now: Instant): readonly DesiredSurface[] {
  if (state.pipeline.removed) return []
  const current = currentSurfaces(state, now)
  return [...current, ...supersededSurfaces(state, current)]
}

/** First the commit, then the conversation: of each stage the check before the comment. */
const KIND_ORDER = { check: 0, comment: 1 } as const

function currentSurfaces(state: PublishedPipeline, now: Instant): readonly DesiredSurface[] {
  const { pipeline, pipelineId, holds } = state
  const o = checkContextOf(state, { stage: headlineOf(pipeline).stage, ...deriveHealth(pipeline, now, holds) })
  const stages = pipeline.stages.map(({ name }) => name)
  return [...surfacesOf(pipeline)]
    .sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage) || KIND_ORDER[a.kind] - KIND_ORDER[b.kind])
    .flatMap((surface): DesiredSurface[] => {
      const { key, stage, sha } = surface
      const significant = withoutProgressNoise(pipeline, stage)
      if (surface.kind === 'comment') {
        const marker = stickyCommentMarker(pipelineId, key.slice('comment/'.length))
        const issueNumber = pipeline.issue.number
        const locator = { kind: 'comment', issueNumber, marker } as const
        const contentOf = (shown: Pipeline): SurfaceContent => {
          return { kind: 'comment', issueNumber, body: renderStickyComment(shown, stage, { ...o, marker }) }
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

/** The pipeline as if it were this stage only, with nothing told of a run's progress and of how we know. */
function withoutProgressNoise(pipeline: Pipeline, name: StageName): Pipeline {
  const stages = pipeline.stages
    .filter((stage) => stage.name === name)
    .map((stage) => ({ ...stage, evidence: null, reason: isProgress(stage.reason) ? null : stage.reason }))
  return { ...pipeline, stages }
}

/** Check runs on commits that the line has moved on from are told so, once. */
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
    // Where it continues is said as it is then: told anew at every push, old commits would use up what may be written.
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

const CHECK_RUN_SURFACE_KEY = /^check\/(?<stage>.+)\/(?<sha>[^/]+)$/

function checkContextOf(
  { pipelineId, isOnlyIssue, holds, pageUrl }: PublishedPipeline,
  overlay: CheckRunContext['overlay'],
): CheckRunContext {
  return { pageUrl, pipelineId, isOnlyIssue, holds, overlay }
}
