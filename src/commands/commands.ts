// What people may type after `/andon`. Parsing, permission, help and docs/reference/commands.md are all derived from this table:
// a command is added here, and nowhere else.

/** What may follow a command's name. */
export type ArgumentKind = 'none' | 'stage' | 'optional stage' | 'optional scope' | 'optional scope, reason'

type CommandSpec = {
  readonly argument: ArgumentKind
  /** Who may: those who may read the repository, or those who may write to it. */
  readonly permission: RequiredPermission
  /** One sentence for the help and the documentation. */
  readonly description: string
  /** Words that people type when they mean this command. They never fire; they are answered with its name. */
  readonly synonyms: readonly string[]
}

/** The least permission on GitHub that a command asks for. */
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
    description: 'Shows every stage of this issue: its light, its attempt, since when, and how we know.',
    synonyms: ['show', 'state', 'info', 'list', 'ps'],
  },
  why: {
    argument: 'none',
    permission: 'read',
    description: 'Says what this issue is waiting for, for whom, and until when.',
    synonyms: ['explain', 'reason', 'blocked', 'waiting'],
  },
  start: {
    argument: 'none',
    permission: 'write',
    description: 'Takes this issue up and starts its first stage.',
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
    description: 'Cancels a stage and its workflow run; without a name, everything that runs or waits here.',
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
    description: 'Leaves a stage out and goes on to the next.',
    synonyms: ['ignore', 'bypass', 'omit'],
  },
  hold: {
    argument: 'optional scope, reason',
    permission: 'write',
    description:
      'Pulls the cord: nothing starts in this issue, in one of its stages, or in the whole repository, until it is resumed. What runs goes on.',
    synonyms: ['pause', 'freeze', 'block', 'wait', 'lock'],
  },
  resume: {
    argument: 'optional scope',
    permission: 'write',
    description: 'Lets go of the cord: the line continues where it stood.',
    synonyms: ['unhold', 'unpause', 'continue', 'release', 'unblock', 'unlock', 'proceed'],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>

/** The first word after `/andon`. */
export type Verb = keyof typeof COMMANDS

/** All verbs, in the order of the table. */
export const VERBS = Object.keys(COMMANDS) as readonly Verb[]

/** What a cord is pulled for: the whole pipeline, one of its stages, or everything in the repository. */
export type HoldScope =
  | { readonly kind: 'issue' }
  | { readonly kind: 'stage'; readonly stage: string }
  | { readonly kind: 'repository' }

/** What each kind of argument becomes in a command. */
export type ArgumentsByKind = {
  readonly none: object
  readonly stage: { readonly stage: string }
  readonly 'optional stage': { readonly stage: string | null }
  readonly 'optional scope': { readonly scope: HoldScope }
  readonly 'optional scope, reason': { readonly scope: HoldScope; readonly reason: string }
}

/** One thing a person asked for. `text` is the line as it was typed. */
export type Command = {
  [V in Verb]: { readonly verb: V; readonly text: string } & ArgumentsByKind[(typeof COMMANDS)[V]['argument']]
}[Verb]

/** A line that was meant for us and cannot be done. `why` and `suggestions` hold nothing that a stranger wrote but plain words. */
export type InvalidCommand = {
  readonly verb: null
  readonly text: string
  /** One sentence, valid Markdown. */
  readonly why: string
  /** What to type instead, the likeliest first. */
  readonly suggestions: readonly string[]
  /** Are the suggestions a guess at what was meant? */
  readonly isGuess: boolean
}

/** May somebody with this permission on the repository use the command? Unknown permissions may nothing. */
export function mayUseCommand(permission: string, verb: Verb): boolean {
  return SUFFICIENT_PERMISSIONS[COMMANDS[verb].permission].includes(permission)
}

const SUFFICIENT_PERMISSIONS: Readonly<Record<RequiredPermission, readonly string[]>> = {
  read: ['admin', 'maintain', 'write', 'triage', 'read'],
  write: ['admin', 'maintain', 'write'],
}
