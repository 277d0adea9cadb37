// What GitHub should show of a pipeline: its checks and comments, and a last word on commits that it has left.
import type { StageName } from '../line/line.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { health } from '../pipeline/view/health.ts'
import { light } from '../pipeline/view/light.ts'
import { surfaces } from '../pipeline/view/surfaces.ts'
import { type CheckContext, check, externalId, farewell } from '../render/check-run.ts'
import { comment, marker } from '../render/sticky-comment.ts'
import type { Publication, Side, Text } from './diff-surfaces.ts'

/** A pipeline as it stands, with what GitHub shows of it. */
export type PipelineStanding = {
  readonly pipelineId: number
  readonly pipeline: Pipeline
  readonly publications: readonly Publication[]
  /** No other issue on the line is on the same pull request. */
  readonly alone: boolean
  /** What the pipeline is held by, and what lies around it. */
  readonly holds: readonly Hold[]
  readonly pageUrl: string
}

/** Every surface of a pipeline with what it should show; none once its issue was deleted or transferred away. */
export function pipelineSides(standing: PipelineStanding, now: Instant): readonly Side[] {
  if (standing.pipeline.gone) return []
  const wanted = wantedSides(standing, now)
  return [...wanted, ...leftSides(standing, wanted)]
}

/** First the commit, then the conversation: of each stage the check before the comment. */
const ORDER = { check: 0, comment: 1 } as const

function wantedSides(standing: PipelineStanding, now: Instant): readonly Side[] {
  const { pipeline, pipelineId, holds } = standing
  const o = context(standing, { stage: light(pipeline).stage, ...health(pipeline, now, holds) })
  const stages = pipeline.stages.map(({ name }) => name)
  return [...surfaces(pipeline)]
    .sort((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage) || ORDER[a.kind] - ORDER[b.kind])
    .flatMap((surface): Side[] => {
      const { key, stage, sha } = surface
      const alone = withoutEcho(pipeline, stage)
      if (surface.kind === 'comment') {
        const ours = marker(pipelineId, key.slice('comment/'.length))
        const issueNumber = pipeline.issue.number
        const mark = { kind: 'comment', issueNumber, marker: ours } as const
        const textOf = (shown: Pipeline): Text => {
          return { kind: 'comment', issueNumber, body: comment(shown, stage, { ...o, marker: ours }) }
        }
        return [{ surface: key, mark, text: textOf(pipeline), news: textOf(alone), creates: true }]
      }
      if (sha === null) return []
      const mark = { kind: 'check', sha, externalId: externalId(pipelineId, stage, sha) } as const
      const textOf = (shown: Pipeline): Text => ({ kind: 'check', check: check(shown, { ...surface, sha }, o) })
      return [{ surface: key, mark, text: textOf(pipeline), news: textOf(alone), creates: true }]
    })
}

/** The pipeline as if it were this stage only, with nothing told of a run's progress and of how we know. */
function withoutEcho(pipeline: Pipeline, name: StageName): Pipeline {
  // A run that is being cancelled waits for its end: that is news.
  const isQuiet = ({ status, waiting }: Stage) => status === 'running' && waiting === null
  const stages = pipeline.stages
    .filter((stage) => stage.name === name)
    .map((stage) => ({ ...stage, evidence: null, ...(isQuiet(stage) && { reason: '' }) }))
  return { ...pipeline, stages }
}

/** Check runs on commits that the line has moved on from are told so, once. */
function leftSides(standing: PipelineStanding, wanted: readonly Side[]): readonly Side[] {
  const { pipeline, pipelineId } = standing
  const stay = new Set(wanted.map(({ surface }) => surface))
  const o = context(standing, null)
  return standing.publications.flatMap((publication): Side[] => {
    const left = CHECK_KEY.exec(publication.surface)?.groups
    if (left?.stage === undefined || left.sha === undefined || stay.has(publication.surface)) return []
    const { stage, sha } = left
    const next = surfaces(pipeline).find((surface) => surface.kind === 'check' && surface.stage === stage) ?? null
    const mark = { kind: 'check', sha, externalId: externalId(pipelineId, stage, sha) } as const
    const textTo = (where: typeof next): Text => {
      return { kind: 'check', check: farewell(pipeline, { stage, sha, where: null }, where, o) }
    }
    // Where it continues is said as it is then: told anew at every push, old commits would use up what may be written.
    return [{ surface: publication.surface, mark, text: textTo(next), news: textTo(null), once: true, creates: false }]
  })
}

const CHECK_KEY = /^check\/(?<stage>.+)\/(?<sha>[^/]+)$/

function context(
  { pipelineId, alone, holds, pageUrl }: PipelineStanding,
  overlay: CheckContext['overlay'],
): CheckContext {
  return { pageUrl, pipelineId, alone, holds, overlay }
}
