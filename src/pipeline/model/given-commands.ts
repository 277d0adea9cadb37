// Commands as they reach the core, and where they were given.
import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { StageName } from '../../line/line.ts'

/** Commands as they were given, and where. */
export type GivenCommands = {
  /** The number commented on: a pull request's own when `onPullRequest`; null where a whole repository is meant. */
  readonly issueNumber: number | null
  readonly onPullRequest: boolean
  readonly origin: CommandOrigin
  readonly commands: readonly (Command | InvalidCommand)[]
  /** Commands that do not count, as they were typed: below the first paragraph of a comment that came by e-mail. */
  readonly ignored?: readonly string[]
}

/** Commands below a comment's first paragraph count unless the comment came by e-mail, where others' text may follow. */
export type EmailCheck = {
  /** GitHub's global id of the comment. */
  readonly nodeId: string
  /** How many of the commands are in the first paragraph. */
  readonly inFirstParagraph: number
  /** Do the others seem to stand in a copy of a notification? Then nobody expects an answer to them. */
  readonly quotesNotification: boolean
}

/** One click on a button: of which check run, and in which delivery it came. */
export type ButtonClick = {
  readonly kind: 'check'
  readonly id: number
  readonly guid: string
  readonly stage: StageName
  readonly sha: string
}

/** One press of a control on the board, which has the same id however often its form is sent. */
export type BoardPress = {
  readonly kind: 'board'
  readonly id: string
  /** GitHub's id of who pressed. */
  readonly userId: number
  /** Null where the whole issue or repository is meant. */
  readonly stage: StageName | null
}

/** Where a command was given: a comment, a button of a check run, which may be clicked more than once, or the board. */
export type CommandOrigin = { readonly kind: 'comment'; readonly id: number } | ButtonClick | BoardPress

/** Identifies an origin for ever within a repository: the keys of its effects contain it. */
export function commandOriginKey(origin: CommandOrigin): string {
  if (origin.kind === 'comment') return String(origin.id)
  return origin.kind === 'check' ? `check/${origin.guid}` : `board/${origin.id}`
}
