// What must happen once. An effect is a row with a unique key, written in the transaction that decided it.
// What must be *true* (check runs, comments, the board) is a publication: see surfaces.ts.
import type { Command, InvalidCommand } from '../../commands/commands.ts'
import type { StageName } from '../../line/line.ts'
import type { CommandAnswer, CommandResultKind } from './command-result.ts'
import type { IssueFact, PullRequestFact, RunFact } from './facts.ts'
import type { RefusalCause } from './reason.ts'
import type { Instant, Occurrence } from './time.ts'

/** Something to be done once. */
export type Effect = AskEffect | DispatchEffect | CancelEffect | ReactEffect | SwapEffect | ReplyEffect

/**
 * `key` is unique for ever within a repository: the same key is the same effect. `dispatch/<attempt key>`,
 * `cancel/<run id>` and `cancel/<run id>/force`, `react/<origin>/eyes`, `/confused` or `/rocket` (one of the three), `swap/<comment>/add` and `/remove`,
 * `reply/<origin>`.
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

/** Something only GitHub knows. */
export type Question =
  /** Who opened the issue, what links to it, and where is the default branch? Asked when a pipeline begins. */
  | { readonly about: 'issue'; readonly issueNumber: number }
  /** How does this pull request stand, and which issues does it close? There is no webhook for links made by hand. */
  | { readonly about: 'pull_request'; readonly pullRequestNumber: number }
  /** What is this user's role? Fails closed: only what GitHub clearly says. */
  | {
      readonly about: 'permission'
      readonly login: string
      /** Who had that login when they signed in: a login that is somebody else's by now gives nobody a role. */
      readonly userId?: number
      readonly purpose: PermissionPurpose
    }
  /** Did this comment come by e-mail? Its commands are obeyed after the answer. */
  | ({ readonly about: 'comment'; readonly check: EmailCheck; readonly sender: string } & Occurrence & GivenCommands)
  /** What is the state of this run? Asked when it has been silent, before anything is done about it. `workflow`: where it is listed. */
  | { readonly about: 'run'; readonly runId: number; readonly workflow?: string; readonly issueNumber: number }
  /** Why can the workflow not be started? Asked after GitHub refused to start it. */
  | { readonly about: 'workflow'; readonly workflow: string; readonly issueNumber: number; readonly attemptKey: string }
  /** What does `.github/andon.yml` say on the default branch, or else in the organisation's? After a push, it is known where. */
  | { readonly about: 'configuration'; readonly pushedSha?: string }
  /**
   * Is the repository there, through which installation, and under what name? `says`: what the delivery said that caused the
   * question; `since`: the newest `updated_at` known then, so that an answer from before is recognised.
   */
  | { readonly about: 'repository'; readonly says: 'there' | 'gone'; readonly since: Instant | null }
  /** Is the installation suspended? */
  | { readonly about: 'installation'; readonly installationId: number; readonly says: InstallationState }

/** A removed installation never comes back: installing again makes a new one. */
export type InstallationState = 'active' | 'suspended' | 'removed'

/** Why a user's role is asked, with all that is needed to go on once GitHub has answered. */
export type PermissionPurpose =
  | { readonly kind: 'review'; readonly pullRequestNumber: number }
  /** `at`: when GitHub last changed the pull request that the user opened. */
  | { readonly kind: 'author'; readonly pullRequestNumber: number; readonly at: Instant }
  | { readonly kind: 'start'; readonly issueNumber: number; readonly at: Instant }
  /** `at`: when they were given. */
  | ({ readonly kind: 'command'; readonly at: Instant } & GivenCommands)

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

/** The user's role on the repository, in GitHub's word; `none` if GitHub does not know the user. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

export type Answer =
  | {
      readonly about: 'issue'
      readonly issue: IssueFact | null
      readonly pullRequests: readonly PullRequestFact[]
      readonly defaultBranchSha: string | null
      /** What the repository's file says; null when there is none; absent when it was not read. */
      readonly configuration?: Configuration | null
    }
  /** `closes` is null when GitHub has not said it, or may not know it yet. */
  | {
      readonly about: 'pull_request'
      readonly closes: readonly number[] | null
      readonly pullRequest: PullRequestFact | null
    }
  | { readonly about: 'permission'; readonly role: Role }
  /** True also of a comment that is gone. */
  | { readonly about: 'comment'; readonly cameByEmail: boolean }
  /** Null when GitHub knows no such run. */
  | { readonly about: 'run'; readonly run: RunFact | null }
  /** Null when nothing forbids it any more. */
  | { readonly about: 'workflow'; readonly cause: RefusalCause | null }
  /** `headSha`: the head of the default branch when the file was read, which is where its author looks. */
  | ({ readonly about: 'configuration'; readonly headSha: string | null } & {
      readonly [Column in keyof Configuration]: Configuration[Column] | null
    })
  /** `installation` is null when none reaches the repository; `description` also while the installation is suspended. */
  | {
      readonly about: 'repository'
      readonly installation: InstallationFact | null
      readonly description: RepositoryDescription | null
    }
  | { readonly about: 'installation'; readonly state: InstallationState; readonly account: string | null }

export type InstallationFact = { readonly id: number; readonly account: string; readonly state: 'active' | 'suspended' }

/** A repository as GitHub describes it now. */
export type RepositoryDescription = {
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string | null
  readonly archived: boolean
  readonly updatedAt: Instant
}

/** The text of a repository's file, and where it was found. */
export type Configuration = {
  readonly text: string
  readonly sha: string
  readonly source: 'repository' | 'organisation'
}

/** The issue whose pipeline waits for the answer; null when a pull request's or no pipeline does. */
export function issueOfQuestion(question: Question): number | null {
  if (question.about === 'issue' || question.about === 'run' || question.about === 'workflow')
    return question.issueNumber
  if (question.about !== 'permission') return null
  if (question.purpose.kind === 'review' || question.purpose.kind === 'author') return null
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? null : question.purpose.issueNumber
}

/** The pull request whose issues wait for the answer; null when an issue itself or the repository does. */
export function pullRequestOfQuestion(question: Question): number | null {
  if (question.about === 'pull_request') return question.pullRequestNumber
  if (question.about !== 'permission') return null
  if (question.purpose.kind === 'review' || question.purpose.kind === 'author')
    return question.purpose.pullRequestNumber
  return question.purpose.kind === 'command' && question.purpose.onPullRequest ? question.purpose.issueNumber : null
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
