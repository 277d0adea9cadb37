// Which stages Andon starts itself, and where rework goes.
import type { Line, StageConfig, StageName } from './line.ts'

/** Does Andon start its runs, or does something else? */
export function isDispatched({ workflow, observe }: StageConfig): boolean {
  return workflow !== null && !observe
}

/** Is there any stage that Andon starts itself? If not, it only observes. */
export function dispatchesAnyStage(line: Line): boolean {
  return line.stages.some(isDispatched)
}

/** The stage that redoes work after changes were requested: `code`, or else the last one before the review that Andon starts. */
export function reworkStage({ stages }: Line): StageName | null {
  const review = stages.findIndex(({ workflow }) => workflow === null)
  const beforeReview = stages.slice(0, Math.max(0, review))
  const rule = stages.find(({ name }) => name === 'code') ?? beforeReview.findLast(isDispatched)
  return rule !== undefined && isDispatched(rule) ? rule.name : null
}

/** Does the repository's file let this bot's reviews and commands count? */
export function isAllowedBot({ bots }: Line, login: string): boolean {
  return bots.includes(login.toLowerCase())
}

/** GitHub shows deleted users as `ghost`, which is also a real user's login. */
export function isGhost(login: string): boolean {
  return login.toLowerCase() === 'ghost'
}
