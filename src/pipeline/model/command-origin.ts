import type { StageName } from '../../line/line.ts'

/** One click on a button: of which check run, and in which delivery it came. */
export type ButtonClick = {
  readonly kind: 'check'
  readonly id: number
  readonly guid: string
  readonly stage: StageName
  readonly sha: string
}

/** Where a command was given: a comment, or a button of a check run, which may be clicked more than once. */
export type CommandOrigin = { readonly kind: 'comment'; readonly id: number } | ButtonClick

/** Identifies an origin for ever within a repository: the keys of its effects contain it. */
export function commandOriginKey(origin: CommandOrigin): string {
  return origin.kind === 'comment' ? String(origin.id) : `check/${origin.guid}`
}
