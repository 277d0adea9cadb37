// The commands that people type after `/andon`. Parsing, permissions, help and docs/reference/commands.md are all derived from this
// table: a command is added here and nowhere else.

import type { HoldEnd } from './hold-end.ts'

/** What may follow a command's name. */
export type ArgumentKind = 'none' | 'stage' | 'optional stage' | 'optional scope' | 'optional scope and end, reason'

type CommandSpec = {
  readonly argument: ArgumentKind
  /** The permission on the repository that the sender needs. */
  readonly permission: RequiredPermission
  /** One sentence for the help and the documentation. */
  readonly description: string
  /** Words that people type when they mean this command. They never fire; the reply suggests its name. */
  readonly synonyms: readonly string[]
}

/** The lowest permission on GitHub that a command requires. */
export type RequiredPermission = 'read' | 'write'

export const COMMANDS = {
  help: {
    argument: 'none',
    permission: 'read',
    description: 'Lists the commands you may use.',
    synonyms: ['commands', 'usage', 'man', 'hello', 'hi'],
  },
  status: {
    argument: 'none',
    permission: 'read',
    description: 'Shows every stage of this issue: its status, its attempt, since when, and how we know.',
    synonyms: ['show', 'state', 'info', 'list', 'ps'],
  },
  why: {
    argument: 'none',
    permission: 'read',
    description: 'Says what or whom this issue is waiting for, and until when.',
    synonyms: ['explain', 'reason', 'blocked', 'waiting'],
  },
  start: {
    argument: 'none',
    permission: 'write',
    description: 'Puts this issue on the line and starts its first stage.',
    synonyms: ['begin', 'go', 'launch', 'dispatch'],
  },
  run: {
    argument: 'stage',
    permission: 'write',
    description: 'Starts one stage, whether or not the stage before it is done.',
    synonyms: ['execute', 'exec', 'trigger'],
  },
  retry: {
    argument: 'optional stage',
    permission: 'write',
    description: 'Tries a stage again; without a name, the one that failed.',
    synonyms: ['rerun', 're-run', 'restart', 'redo', 'again', 'recheck'],
  },
  cancel: {
    argument: 'optional stage',
    permission: 'write',
    description: 'Cancels a stage and its workflow run; without a name, every stage that runs or waits.',
    synonyms: ['stop', 'abort', 'kill', 'halt', 'end'],
  },
  approve: {
    argument: 'none',
    permission: 'write',
    description: 'Opens the gate that this issue waits at.',
    synonyms: ['approved', 'lgtm', 'accept', 'ok', 'ship', 'merge'],
  },
  skip: {
    argument: 'stage',
    permission: 'write',
    description: 'Skips a stage and goes on to the next.',
    synonyms: ['ignore', 'bypass', 'omit'],
  },
  hold: {
    argument: 'optional scope and end, reason',
    permission: 'write',
    description:
      'Pulls the cord: nothing new starts on this issue, in one of its stages, or in the whole repository, until it is resumed or the hold ends: `until 18:00` (UTC), `until 2026-11-28 18:00`, `for 2h`. Current runs go on.',
    synonyms: ['pause', 'freeze', 'block', 'wait', 'lock'],
  },
  resume: {
    argument: 'optional scope',
    permission: 'write',
    description: 'Releases the cord: work continues where it stopped.',
    synonyms: ['unhold', 'unpause', 'continue', 'release', 'unblock', 'unlock', 'proceed'],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>

/** The first word after `/andon`. */
export type Verb = keyof typeof COMMANDS

/** All verbs, in the order of the table. */
export const VERBS = Object.keys(COMMANDS) as readonly Verb[]

/** What a hold covers: the whole pipeline, one of its stages, or the whole repository. */
export type HoldScope =
  | { readonly kind: 'issue' }
  | { readonly kind: 'stage'; readonly stage: string }
  | { readonly kind: 'repository' }

/** The fields that each kind of argument adds to a command. */
export type ArgumentsByKind = {
  readonly none: object
  readonly stage: { readonly stage: string }
  readonly 'optional stage': { readonly stage: string | null }
  readonly 'optional scope': { readonly scope: HoldScope }
  /** `end` is absent when only a resume ends the hold. */
  readonly 'optional scope and end, reason': {
    readonly scope: HoldScope
    readonly reason: string
    readonly end?: HoldEnd
  }
}

/** One command of a comment. `text` is the line as it was typed. */
export type Command = {
  [V in Verb]: { readonly verb: V; readonly text: string } & ArgumentsByKind[(typeof COMMANDS)[V]['argument']]
}[Verb]

/** A line that begins like a command but is none. `why` and `suggestions` repeat nothing of the comment but plain words. */
export type InvalidCommand = {
  readonly verb: null
  readonly text: string
  /** One sentence, valid Markdown. */
  readonly why: string
  /** What to type instead, likeliest first. */
  readonly suggestions: readonly string[]
  /** Are the suggestions a guess at what was meant? */
  readonly isGuess: boolean
}

/** Is this permission on the repository enough for the command? An unknown permission is enough for none. */
export function mayUseCommand(permission: string, verb: Verb): boolean {
  return SUFFICIENT_PERMISSIONS[COMMANDS[verb].permission].includes(permission)
}

const SUFFICIENT_PERMISSIONS: Readonly<Record<RequiredPermission, readonly string[]>> = {
  read: ['admin', 'maintain', 'write', 'triage', 'read'],
  write: ['admin', 'maintain', 'write'],
}
