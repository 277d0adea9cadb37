// Which stages Andon starts itself, and where rework goes.
import type { Line, StageConfig, StageName } from '../../line/line.ts'

/** Does Andon start its runs, or does somebody else? */
export function isDispatched({ workflow, observe }: StageConfig): boolean {
  return workflow !== null && !observe
}

/** Is there any stage that Andon starts itself? If not, it only watches. */
export function dispatchesAnyStage(line: Line): boolean {
  return line.stages.some(isDispatched)
}

/** Where changes requested send the line back to: to `code`, or else to the last stage before the review that Andon starts. */
export function reworkStage({ stages }: Line): StageName | null {
  const rule = stages.find(({ name }) => name === 'code') ?? rulesBeforeReview(stages).findLast(isDispatched)
  return rule !== undefined && isDispatched(rule) ? rule.name : null
}

function rulesBeforeReview(stages: readonly StageConfig[]): readonly StageConfig[] {
  const review = stages.findIndex(({ workflow }) => workflow === null)
  return review < 0 ? [] : stages.slice(0, review)
}

/** Is it the login of a bot whose word the repository's file lets count? */
export function isAllowedBot({ bots }: Line, login: string): boolean {
  return bots.includes(login.toLowerCase())
}

/** GitHub shows whoever has left it as `ghost`, which is also somebody's name. */
export function isGhost(login: string): boolean {
  return login.toLowerCase() === 'ghost'
}
