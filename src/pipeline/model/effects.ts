// What must happen once. An effect is a row with a unique key, written in the transaction that decided it.
// What must be *true* (check runs, comments, the board) is a publication: see surfaces.ts.
import type { InvalidCommand } from '../../commands/commands.ts'
import type { StageName } from '../../line/line.ts'
import type { CommandAnswer, CommandResultKind } from './command-result.ts'
import type { Question } from './questions.ts'
import type { Instant } from './time.ts'

/** Something to be done once. */
export type Effect = AskEffect | DispatchEffect | CancelEffect | ReactEffect | SwapEffect | ReplyEffect

/**
 * `key` is unique for ever within a repository: the same key is the same effect. `dispatch/<attempt key>`, `cancel/<run id>`
 * (and after it `/<re-run>`, and `/again-<n>` for a run that came back) and the same with `/force`, `react/<comment>/eyes`,
 * `/confused` or `/rocket` (one of the three), `swap/<comment>/add` and `/remove`, `reply/<comment>`.
 */
type EffectBase<Type> = { readonly type: Type; readonly key: string }

/** Ask GitHub after the commit; the answer comes back as a `question.answered` event. */
export type AskEffect = EffectBase<'ask'> & {
  readonly question: Question
  /** Asked too early, GitHub could not answer it; absent: it is asked at once. */
  readonly notBefore?: Instant
}

/** Start the workflow, with exactly two inputs: `issue` (the number, as text) and `andon` (the attempt's key). */
export type DispatchEffect = EffectBase<'dispatch'> & {
  readonly issueNumber: number
  readonly stage: StageName
  readonly attempt: number
  readonly attemptKey: string
  readonly workflow: string
  /** The default branch. */
  readonly ref: string
}

/** Stop a run. */
export type CancelEffect = EffectBase<'cancel'> & {
  readonly runId: number
  readonly issueNumber: number
  readonly attemptKey: string | null
  readonly force: boolean
}

/**
 * React to a comment with commands: seen, carried out, or not understood or not possible. GitHub accepts the same reaction
 * twice.
 */
export type ReactEffect = EffectBase<'react'> & {
  /** The issue or pull request that the comment is on. */
  readonly issueNumber: number
  readonly commentId: number
  readonly content: 'eyes' | 'confused' | 'rocket'
  /** May the comment's author write to the repository? */
  readonly mayWrite: boolean
}

/** The orders of a comment are carried out: add the rocket, or take the eyes away. Both may be done again. */
export type SwapEffect = EffectBase<'swap'> & {
  readonly issueNumber: number
  readonly commentId: number
  readonly content: 'rocket' | 'eyes'
}

/** Answer commands with a comment, which may answer several at once. */
export type ReplyEffect = EffectBase<'reply'> & {
  readonly origin: string
  /** The issue or pull request on which the commands were given, and on which they are answered. */
  readonly issueNumber: number
  readonly login: string
  /** Whether `login` had write access then: the help shows what they can use. */
  readonly mayWrite: boolean
  readonly items: readonly ReplyItem[]
}

/** The answer to one command. `text` is the command as it was typed; `issueNumber` is null when there is no pipeline. */
export type ReplyItem = { readonly text: string } & (
  | { readonly kind: CommandResultKind; readonly issueNumber: number | null; readonly answer: CommandAnswer }
  | { readonly kind: 'mistake'; readonly mistake: InvalidCommand }
  | { readonly kind: 'no-permission' | 'ignored-in-email' | 'help' }
  /** Looked up when the reply is written. */
  | { readonly kind: 'status' | 'why'; readonly issueNumber: number | null }
)

/** The issues that the reply is about. */
export function issuesOfReply({ items }: Pick<ReplyEffect, 'items'>): readonly number[] {
  return items.flatMap((item) => ('issueNumber' in item ? (item.issueNumber ?? []) : []))
}
