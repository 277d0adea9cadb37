import { cut } from '../text/cut.ts'
import { isStageName, toAsciiLowerCase } from './ascii.ts'
import { type CommandLines, findCommandLines } from './command-lines.ts'
import {
  type ArgumentKind,
  type ArgumentsByKind,
  COMMANDS,
  type Command,
  type HoldScope,
  type InvalidCommand,
  VERBS,
  type Verb,
} from './commands.ts'
import { HOLD_END_WORDS, type HoldEnd, parseHoldEnd } from './hold-end.ts'
import {
  invalidHoldEnd,
  invalidStageName,
  missingReason,
  missingStage,
  tooComplex,
  tooManyArguments,
  tooManyCommands,
  unknownStage,
  unknownVerb,
} from './invalid-commands.ts'
import { endOfFirstParagraph, quotesNotification } from './quoted-email.ts'

/** How many commands one comment may have. */
export const MAX_COMMANDS = 3
/** The longest reason that is stored, in code points. */
export const MAX_REASON_LENGTH = 200
const MAX_TEXT_LENGTH = 240

/** The commands of a comment, in order, and how many of them are in its first paragraph. */
export type ParsedComment = {
  readonly commands: readonly (Command | InvalidCommand)[]
  readonly inFirstParagraph: number
  /** Does what stands above the others look like the beginning of a copied notification? */
  readonly quotesNotification: boolean
}

/** The commands of a comment, and where they stand. */
export function parseComment(body: string): ParsedComment {
  const found = findCommandLines(body)
  const places = found.status === 'parsed' ? found.lines : [found.line]
  const lines = body.split(/\r\n|\n|\r/)
  const end = endOfFirstParagraph(lines)
  const below = places.find(({ index }) => index >= end)
  const commands = commandsIn(found)
  return {
    commands,
    inFirstParagraph: Math.min(places.filter(({ index }) => index < end).length, commands.length),
    quotesNotification: below !== undefined && quotesNotification(lines.slice(end, below.index)),
  }
}

/** The commands of a comment, in order. Without `stages`, names of stages are not checked: `resolveStage` does it later. */
export function parseCommands(body: string, stages?: readonly string[]): readonly (Command | InvalidCommand)[] {
  return commandsIn(findCommandLines(body), stages)
}

function commandsIn(found: CommandLines, stages?: readonly string[]): readonly (Command | InvalidCommand)[] {
  if (found.status === 'too complex') return [tooComplex(cut(found.line.text.trim(), MAX_TEXT_LENGTH))]
  const lines = found.lines.map(({ text }) => text)
  const parsed = lines.slice(0, MAX_COMMANDS).map((line) => parseCommand(line))
  const resolved = stages === undefined ? parsed : parsed.map((command) => resolveStage(command, stages))
  const firstIgnored = lines[MAX_COMMANDS]
  return firstIgnored === undefined
    ? resolved
    : [...resolved, tooManyCommands(cut(firstIgnored.trim(), MAX_TEXT_LENGTH), lines.length, MAX_COMMANDS)]
}

/** Checks the stage that a command names; naming one that its line does not have is a mistake. */
export function resolveStage(command: Command | InvalidCommand, stages: readonly string[]): Command | InvalidCommand {
  if (command.verb === null) return command
  if (command.verb === 'hold' && command.scope.kind === 'issue') return resolveHoldScope(command, stages)
  const stage = namedStage(command)
  if (stage === null || stages.includes(stage)) return command
  return unknownStage(command, stage, stages, takesScope(command.verb) ? [...stages, 'repository'] : stages)
}

// Until the stages are known, a stage's name is the first word of the reason.
function resolveHoldScope(
  command: Extract<Command, { verb: 'hold' }>,
  stages: readonly string[],
): Command | InvalidCommand {
  const [first = '', ...rest] = command.reason.split(' ')
  const stage = toAsciiLowerCase(first)
  if (command.end !== undefined || stage === null || !stages.includes(stage)) return command
  const held = parseEndAndReason(rest, stage, command.text)
  return isInvalid(held) ? held : { ...command, ...held, scope: { kind: 'stage', stage } }
}

/** What follows the scope of a hold. */
function parseEndAndReason(
  words: readonly string[],
  scope: string | null,
  text: string,
): { readonly reason: string; readonly end?: HoldEnd } | InvalidCommand {
  const [first = '', ...others] = words
  const word = HOLD_END_WORDS.find((candidate) => candidate === toAsciiLowerCase(first))
  const parsed = word === undefined ? undefined : parseHoldEnd(word, others)
  if (word !== undefined && parsed === null) return invalidHoldEnd(text, word, scope)
  const rest = parsed?.rest ?? words
  const reason = cut(rest.join(' '), MAX_REASON_LENGTH)
  const before = [...(scope === null ? [] : [scope]), ...words.slice(0, words.length - rest.length)]
  return reason === '' ? missingReason(text, before) : { reason, ...(parsed && { end: parsed.end }) }
}

function namedStage(command: Command): string | null {
  if ('stage' in command) return command.stage
  if ('scope' in command && command.scope.kind === 'stage') return command.scope.stage
  return null
}

function parseCommand(line: string): Command | InvalidCommand {
  const text = cut(line.trim(), MAX_TEXT_LENGTH)
  const [, first, ...rest] = line
    .replace(/<!--.*?(?:-->|$)/g, ' ')
    .trim()
    .split(/[ \t]+/)
  if (first === undefined) return { verb: 'help', text }
  const verb = VERBS.find((candidate) => candidate === toAsciiLowerCase(first))
  if (verb === undefined) return unknownVerb(text, first)
  const args = ARGUMENT_PARSERS[COMMANDS[verb].argument](rest, verb, text)
  // The table ties each verb to its arguments, but the compiler cannot follow that through a lookup.
  return isInvalid(args) ? args : ({ verb, text, ...args } as Command)
}

function isInvalid(args: object): args is InvalidCommand {
  return 'verb' in args
}

const ARGUMENT_PARSERS: {
  readonly [T in ArgumentKind]: (
    words: readonly string[],
    verb: Verb,
    text: string,
  ) => ArgumentsByKind[T] | InvalidCommand
} = {
  none: (words, verb, text) => (words.length === 0 ? {} : tooManyArguments(text, verb, null)),
  stage: (words, verb, text) => {
    const stage = parseStageName(words, verb, text)
    if (stage === null) return missingStage(text, verb)
    return typeof stage === 'string' ? { stage } : stage
  },
  'optional stage': (words, verb, text) => {
    const stage = parseStageName(words, verb, text)
    return stage === null || typeof stage === 'string' ? { stage } : stage
  },
  'optional scope': (words, verb, text) => {
    const name = parseStageName(words, verb, text)
    return name === null || typeof name === 'string' ? { scope: holdScopeOf(name) } : name
  },
  'optional scope and end, reason': (words, _verb, text) => {
    const isRepository = words[0] !== undefined && toAsciiLowerCase(words[0]) === 'repository'
    const scope = isRepository ? 'repository' : null
    const held = parseEndAndReason(isRepository ? words.slice(1) : words, scope, text)
    return isInvalid(held) ? held : { scope: { kind: scope ?? 'issue' }, ...held }
  },
}

function parseStageName(words: readonly string[], verb: Verb, text: string): string | null | InvalidCommand {
  const [word, ...more] = words
  if (word === undefined) return null
  const stage = toAsciiLowerCase(word)
  if (stage === null || !isStageName(stage)) {
    return invalidStageName(text, verb, word)
  }
  return more.length === 0 ? stage : tooManyArguments(text, verb, stage)
}

function holdScopeOf(name: string | null): HoldScope {
  if (name === null) return { kind: 'issue' }
  return name === 'repository' ? { kind: 'repository' } : { kind: 'stage', stage: name }
}

function takesScope(verb: Verb): boolean {
  return COMMANDS[verb].argument.startsWith('optional scope')
}
