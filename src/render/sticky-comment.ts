import type { Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import { linkTo } from './sanitize.ts'
import { renderStage, type StageOverlays, stageOf } from './stage.ts'

/** GitHub accepts somewhat more, and counts differently in different places; this much always passes. */
export const MAX_COMMENT = 60_000

/** Identifies a sticky comment. It carries no state, and is trusted only in a comment that we wrote. */
export function stickyCommentMarker(pipelineId: number, which: string): string {
  return `<!-- andon:v1 ${pipelineId}/${which} -->`
}

/** The whole sticky comment of one stage; one comment of an issue also shows the line. */
export function renderStickyComment(
  pipeline: Pipeline,
  stage: Stage['name'],
  o: StageOverlays & { pageUrl: string; marker: string; showsLine?: boolean },
): string {
  return truncateMarkdown(
    `${o.marker}\n${renderStage(pipeline, stageOf(pipeline, stage), o)}\n`,
    MAX_COMMENT,
    o.pageUrl,
  )
}

/** What a comment says that is kept no longer, because `comments` in andon.yml says otherwise now. */
export function renderLeftComment(marker: string, pageUrl: string): string {
  return `${marker}\nThis comment is no longer kept up to date. ${linkTo('The issue on the board', pageUrl)}\n`
}

/** Cuts at the end of a line, to at most `max` code points, and links to the rest. */
export function truncateMarkdown(markdown: string, max: number, pageUrl: string): string {
  if (markdown.length <= max) return markdown
  const points = Array.from(markdown)
  if (points.length <= max) return markdown
  const suffix = `\n\n… ${linkTo('the rest is on the board', pageUrl)}\n`
  const start = points.slice(0, max - suffix.length).join('')
  const end = start.lastIndexOf('\n')
  return `${end > 0 ? start.slice(0, end) : start}${suffix}`
}
