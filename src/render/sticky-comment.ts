import type { Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import { link } from './sanitize.ts'
import { type Overlays, stageOf, tellStage } from './stage.ts'

/** GitHub takes somewhat more, and counts differently in different places; this much is always taken. */
export const LONGEST_COMMENT = 60_000

/** Finds a sticky comment again. It carries no state, and is trusted only in a comment that we wrote. */
export function marker(pipelineId: number, which: string): string {
  return `<!-- andon:v1 ${pipelineId}/${which} -->`
}

/** The sticky comment of one stage, whole. */
export function comment(
  pipeline: Pipeline,
  stage: Stage['name'],
  o: Overlays & { pageUrl: string; marker: string },
): string {
  return within(`${o.marker}\n${tellStage(pipeline, stageOf(pipeline, stage), o)}\n`, LONGEST_COMMENT, o.pageUrl)
}

/** Cut at the end of a line so that it is at most `max` code points, with a link to the rest. */
export function within(markdown: string, max: number, pageUrl: string): string {
  if (markdown.length <= max) return markdown
  const points = Array.from(markdown)
  if (points.length <= max) return markdown
  const rest = `\n\n… ${link('the rest is on the board', pageUrl)}\n`
  const kept = points.slice(0, max - rest.length).join('')
  const end = kept.lastIndexOf('\n')
  return `${end > 0 ? kept.slice(0, end) : kept}${rest}`
}
