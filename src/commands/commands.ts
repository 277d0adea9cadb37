// What people may type after `/andon`. Parsing, permission, help and docs/commands.md are all derived from this table:
// a command is added here, and nowhere else.

/** What may follow a command's name. */
export type Takes = 'nothing' | 'a stage' | 'perhaps a stage' | 'perhaps a place' | 'perhaps a place, and a reason'

type Rule = {
  readonly takes: Takes
  /** Who may: those who may read the repository, or those who may write to it. */
  readonly needs: Needs
  /** One sentence for the help and the documentation. */
  readonly does: string
  /** Words that people type when they mean this command. They never fire; they are answered with its name. */
  readonly meant: readonly string[]
}

/** The least permission on GitHub that a command asks for. */
export type Needs = 'read' | 'write'

export const COMMANDS = {
  help: {
    takes: 'nothing',
    needs: 'read',
    does: 'Lists the commands you may use.',
    meant: ['commands', 'usage', 'man', 'hello', 'hi'],
  },
  status: {
    takes: 'nothing',
    needs: 'read',
    does: 'Shows every stage of this issue: its light, its attempt, since when, and how we know.',
    meant: ['show', 'state', 'info', 'list', 'ps'],
  },
  why: {
    takes: 'nothing',
    needs: 'read',
    does: 'Says what this issue is waiting for, for whom, and until when.',
    meant: ['explain', 'reason', 'blocked', 'waiting'],
  },
  start: {
    takes: 'nothing',
    needs: 'write',
    does: 'Takes this issue up and starts its first stage.',
    meant: ['begin', 'go', 'launch', 'dispatch'],
  },
  run: {
    takes: 'a stage',
    needs: 'write',
    does: 'Starts one stage, whether or not the stage before it is done.',
    meant: ['execute', 'exec', 'trigger'],
  },
  retry: {
    takes: 'perhaps a stage',
    needs: 'write',
    does: 'Tries a stage again; without a name, the one that failed.',
    meant: ['rerun', 're-run', 'restart', 'redo', 'again', 'recheck'],
  },
  cancel: {
    takes: 'perhaps a stage',
    needs: 'write',
    does: 'Cancels a stage and its workflow run; without a name, everything that runs or waits here.',
    meant: ['stop', 'abort', 'kill', 'halt', 'end'],
  },
  approve: {
    takes: 'nothing',
    needs: 'write',
    does: 'Opens the gate that this issue waits at.',
    meant: ['approved', 'lgtm', 'accept', 'ok', 'ship', 'merge'],
  },
  skip: {
    takes: 'a stage',
    needs: 'write',
    does: 'Leaves a stage out and goes on to the next.',
    meant: ['ignore', 'bypass', 'omit'],
  },
  hold: {
    takes: 'perhaps a place, and a reason',
    needs: 'write',
    does: 'Pulls the cord: nothing starts in this issue, in one of its stages, or in the whole repository, until it is resumed. What runs goes on.',
    meant: ['pause', 'freeze', 'block', 'wait', 'lock'],
  },
  resume: {
    takes: 'perhaps a place',
    needs: 'write',
    does: 'Lets go of the cord: the line continues where it stood.',
    meant: ['unhold', 'unpause', 'continue', 'release', 'unblock', 'unlock', 'proceed'],
  },
} as const satisfies Readonly<Record<string, Rule>>

/** The first word after `/andon`. */
export type Verb = keyof typeof COMMANDS

/** All verbs, in the order of the table. */
export const VERBS = Object.keys(COMMANDS) as readonly Verb[]

/** What a cord is pulled for: the whole pipeline, one of its stages, or everything in the repository. */
export type Place =
  | { readonly kind: 'issue' }
  | { readonly kind: 'stage'; readonly stage: string }
  | { readonly kind: 'repository' }

/** What each kind of argument becomes in a command. */
export type Arguments = {
  readonly nothing: object
  readonly 'a stage': { readonly stage: string }
  readonly 'perhaps a stage': { readonly stage: string | null }
  readonly 'perhaps a place': { readonly place: Place }
  readonly 'perhaps a place, and a reason': { readonly place: Place; readonly reason: string }
}

/** One thing a person asked for. `text` is the line as it was typed. */
export type Command = {
  [V in Verb]: { readonly verb: V; readonly text: string } & Arguments[(typeof COMMANDS)[V]['takes']]
}[Verb]

/** A line that was meant for us and cannot be done. `why` and `next` hold nothing that a stranger wrote but plain words. */
export type Mistake = {
  readonly verb: null
  readonly text: string
  /** One sentence, valid Markdown. */
  readonly why: string
  /** What to type instead, the likeliest first. */
  readonly next: readonly string[]
  /** Is `next` a guess at what was meant? */
  readonly guessed: boolean
}

/** May somebody with this permission on the repository use the command? Unknown permissions may nothing. */
export function may(permission: string, verb: Verb): boolean {
  return PERMITS[COMMANDS[verb].needs].includes(permission)
}

const PERMITS: Readonly<Record<Needs, readonly string[]>> = {
  read: ['admin', 'maintain', 'write', 'triage', 'read'],
  write: ['admin', 'maintain', 'write'],
}
