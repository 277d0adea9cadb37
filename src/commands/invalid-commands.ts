// The replies to commands that could not be parsed: what is wrong, and what to type next.

import { nearest } from '../text/nearest.ts'
import { isStageName, toAsciiLowerCase } from './ascii.ts'
import { COMMANDS, type Command, type InvalidCommand, VERBS, type Verb } from './commands.ts'
import type { HoldEndWord } from './hold-end.ts'

/** Says what is wrong with a command, and what to type next. */
export function explainInvalidCommand({ why, suggestions, isGuess }: InvalidCommand): string {
  const choices = joinWithOr(suggestions.map((text) => `\`${text}\``))
  if (choices === '') return why
  return isGuess ? `${why} Did you mean ${choices}?` : `${why} Type ${choices}.`
}

function joinWithOr(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

export function unknownVerb(text: string, word: string): InvalidCommand {
  const typed = asciiPart(word)
  const near = [...VERBS.filter((verb) => synonymsOf(verb).includes(typed)), ...nearest(typed, VERBS)]
  const suggestions = [...new Set(near)].map((verb) => `/andon ${verb}${requiredArgument(verb)}`)
  return invalidCommand(
    text,
    `There is no command ${quoteIfPlain(word)}.`,
    suggestions.length > 0 ? suggestions : ['/andon help'],
    suggestions.length > 0,
  )
}

export function missingStage(text: string, verb: Verb): InvalidCommand {
  return invalidCommand(text, `\`/andon ${verb}\` needs the name of a stage.`, [`/andon ${verb} STAGE`])
}

export function invalidStageName(text: string, verb: Verb, word: string): InvalidCommand {
  const meant = asciiPart(word).replace(/[^a-z0-9-]/g, '')
  const why = `There is no stage ${quoteIfPlain(word)}.`
  if (!isStageName(meant)) return invalidCommand(text, why, [`/andon ${verb} STAGE`])
  return invalidCommand(text, why, [`/andon ${verb} ${meant}`], true)
}

export function unknownStage(
  command: Command,
  stage: string,
  stages: readonly string[],
  scopes: readonly string[],
): InvalidCommand {
  const near = nearest(stage, scopes)
  const names = stages.map((name) => `\`${name}\``).join(', ')
  const suggestions = (near.length > 0 ? near : scopes).map(
    (name) => `/andon ${command.verb} ${name}${command.verb === 'hold' ? ' REASON' : ''}`,
  )
  return invalidCommand(
    command.text,
    `There is no stage ${quoteIfPlain(stage)}; the stages here are ${names}.`,
    suggestions,
    near.length > 0,
  )
}

/** `words` are those of the command that were understood: the scope, and the end. */
export function missingReason(text: string, words: readonly string[]): InvalidCommand {
  const suggestion = ['/andon hold', ...words, 'REASON'].join(' ')
  return invalidCommand(text, 'A hold needs a reason, so that others know why nothing starts.', [suggestion])
}

export function invalidHoldEnd(text: string, word: HoldEndWord, scope: string | null): InvalidCommand {
  const hold = `/andon hold${scope === null ? '' : ` ${scope}`} ${word}`
  const [takes, examples] = HOLD_END_HELP[word]
  return invalidCommand(
    text,
    `After \`${word}\`, a hold takes ${takes}. A reason begins with another word.`,
    examples.map((example) => `${hold} ${example} REASON`),
  )
}

const HOLD_END_HELP = {
  until: ['a time in UTC, a date, or both', ['18:00', '2026-11-28', '2026-11-28 18:00']],
  for: ['minutes, hours or days, at most 366 days', ['30m', '2h', '3d']],
} as const satisfies Record<HoldEndWord, readonly [string, readonly string[]]>

export function tooManyArguments(text: string, verb: Verb, stage: string | null): InvalidCommand {
  const takes = stage === null ? 'no arguments' : 'at most one word'
  return invalidCommand(text, `\`/andon ${verb}\` takes ${takes}.`, [
    `/andon ${verb}${stage === null ? '' : ` ${stage}`}`,
  ])
}

export function tooManyCommands(text: string, count: number, max: number): InvalidCommand {
  return invalidCommand(
    text,
    `A comment may have ${max} commands, and this one has ${count}: the first ${max} were read, the others were ignored.`,
    [],
  )
}

export function tooComplex(text: string): InvalidCommand {
  return invalidCommand(
    text,
    'This comment is too long or too deeply nested for its commands to be read. Put the command in a comment of its own.',
    [],
  )
}

function invalidCommand(text: string, why: string, suggestions: readonly string[], isGuess = false): InvalidCommand {
  return { verb: null, text, why, suggestions, isGuess }
}

function synonymsOf(verb: Verb): readonly string[] {
  const { synonyms }: { readonly synonyms: readonly string[] } = COMMANDS[verb]
  return synonyms
}

/** The argument that a command requires. */
function requiredArgument(verb: Verb): string {
  const { argument } = COMMANDS[verb]
  return argument === 'stage' ? ' STAGE' : argument === 'optional scope and end, reason' ? ' REASON' : ''
}

/** A word without the characters that no command has: enough to guess what was meant. */
function asciiPart(word: string): string {
  return toAsciiLowerCase(word.replace(/[^\x21-\x7e]/g, '')) ?? ''
}

/** Repeats a typed word only if it is plain; otherwise says what is wrong with it. */
function quoteIfPlain(word: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,23}$/i.test(word)) return `\`${word}\``
  return toAsciiLowerCase(word) === null
    ? 'by that name: it contains characters that are not plain letters'
    : 'by that name'
}
