import type { StageName } from '../../line/line.ts'

/** One pressing of a button: of which check run, and by which delivery it was told. */
export type ButtonClick = {
  readonly kind: 'check'
  readonly id: number
  readonly guid: string
  readonly stage: StageName
  readonly sha: string
}

/** Where a person gave an order: a comment, or a button of a check run, which may be pressed more than once. */
export type CommandOrigin = { readonly kind: 'comment'; readonly id: number } | ButtonClick

/** Names one giving of orders for ever within a repository: what is done about it bears this in its key. */
export function commandOriginKey(origin: CommandOrigin): string {
  return origin.kind === 'comment' ? String(origin.id) : `check/${origin.guid}`
}
