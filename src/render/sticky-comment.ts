import type { Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import { linkTo } from './sanitize.ts'
import { renderStage, type StageOverlays, stageOf } from './stage.ts'

/** GitHub takes somewhat more, and counts differently in different places; this much is always taken. */
export const MAX_COMMENT = 60_000

/** Finds a sticky comment again. It carries no state, and is trusted only in a comment that we wrote. */
export function stickyCommentMarker(pipelineId: number, which: string): string {
  return `<!-- andon:v1 ${pipelineId}/${which} -->`
}

/** The sticky comment of one stage, whole. */
export function renderStickyComment(
  pipeline: Pipeline,
  stage: Stage['name'],
  o: StageOverlays & { pageUrl: string; marker: string },
): string {
  return truncateMarkdown(
    `${o.marker}\n${renderStage(pipeline, stageOf(pipeline, stage), o)}\n`,
    MAX_COMMENT,
    o.pageUrl,
  )
}

/** Cut at the end of a line so that it is at most `max` code points, with a link to the rest. */
export function truncateMarkdown(markdown: string, max: number, pageUrl: string): string {
  if (markdown.length <= max) return markdown
  const points = Array.from(markdown)
  if (points.length <= max) return markdown
  const rest = `\n\n… ${linkTo('the rest is on the board', pageUrl)}\n`
  const kept = points.slice(0, max - rest.length).join('')
  const end = kept.lastIndexOf('\n')
  return `${end > 0 ? kept.slice(0, end) : kept}${rest}`
}
