// Which stages Andon starts itself, and where rework goes.
import type { Line, StageName, StageRule } from '../../line/line.ts'

/** Does Andon start its runs, or does somebody else? */
export function dispatches({ workflow, observe }: StageRule): boolean {
  return workflow !== null && !observe
}

/** Is there any stage that Andon starts itself? If not, it only watches. */
export function runsTheLine(line: Line): boolean {
  return line.stages.some(dispatches)
}

/** Where changes requested send the line back to: to `code`, or else to the last stage before the review that Andon starts. */
export function reworkStage({ stages }: Line): StageName | null {
  const rule = stages.find(({ name }) => name === 'code') ?? beforeReview(stages).findLast(dispatches)
  return rule !== undefined && dispatches(rule) ? rule.name : null
}

function beforeReview(stages: readonly StageRule[]): readonly StageRule[] {
  const review = stages.findIndex(({ workflow }) => workflow === null)
  return review < 0 ? [] : stages.slice(0, review)
}

/** Is it the login of a bot whose word the repository's file lets count? */
export function isNamedBot({ bots }: Line, login: string): boolean {
  return bots.includes(login.toLowerCase())
}

/** GitHub shows whoever has left it as `ghost`, which is also somebody's name. */
export function isNobody(login: string): boolean {
  return login.toLowerCase() === 'ghost'
}
