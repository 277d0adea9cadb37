// What is said to somebody whose command could not be read: what is the matter, and what to type next.

import { nearest } from '../text/nearest.ts'
import { isStage, lowered } from './ascii.ts'
import { COMMANDS, type Command, type Mistake, VERBS, type Verb } from './commands.ts'

/** The mistake in words, and what to type next. */
export function sentence({ why, next, guessed }: Mistake): string {
  const choices = listed(next.map((text) => `\`${text}\``))
  if (choices === '') return why
  return guessed ? `${why} Did you mean ${choices}?` : `${why} Type ${choices}.`
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

export function unknownVerb(text: string, word: string): Mistake {
  const typed = plainPart(word)
  const near = [...VERBS.filter((verb) => meantBy(verb).includes(typed)), ...nearest(typed, VERBS)]
  const next = [...new Set(near)].map((verb) => `/andon ${verb}${wanted(verb)}`)
  return mistake(
    text,
    `There is no command ${quoted(word)}.`,
    next.length > 0 ? next : ['/andon help'],
    next.length > 0,
  )
}

export function stageMissing(text: string, verb: Verb): Mistake {
  return mistake(text, `\`/andon ${verb}\` needs the name of a stage.`, [`/andon ${verb} STAGE`])
}

export function notAStage(text: string, verb: Verb, word: string): Mistake {
  const meant = plainPart(word).replace(/[^a-z0-9-]/g, '')
  const why = `There is no stage ${quoted(word)}.`
  if (!isStage(meant)) return mistake(text, why, [`/andon ${verb} STAGE`])
  return mistake(text, why, [`/andon ${verb} ${meant}`], true)
}

export function noSuchStage(
  command: Command,
  stage: string,
  stages: readonly string[],
  places: readonly string[],
): Mistake {
  const near = nearest(stage, places)
  const names = stages.map((name) => `\`${name}\``).join(', ')
  const next = (near.length > 0 ? near : places).map(
    (name) => `/andon ${command.verb} ${name}${command.verb === 'hold' ? ' REASON' : ''}`,
  )
  return mistake(command.text, `This line has no stage ${quoted(stage)}; it has ${names}.`, next, near.length > 0)
}

export function reasonMissing(text: string, place: string | null): Mistake {
  const next = place === null ? '/andon hold REASON' : `/andon hold ${place} REASON`
  return mistake(text, 'A hold needs a reason, for those who find the line standing still.', [next])
}

export function tooMuch(text: string, verb: Verb, stage: string | null): Mistake {
  const takes = stage === null ? 'nothing' : 'one word at most'
  return mistake(text, `\`/andon ${verb}\` takes ${takes}.`, [`/andon ${verb}${stage === null ? '' : ` ${stage}`}`])
}

export function tooMany(text: string, count: number, most: number): Mistake {
  return mistake(
    text,
    `A comment may carry ${most} commands, and this one has ${count}: the first ${most} were read, the others were not.`,
    [],
  )
}

export function tooTangled(text: string): Mistake {
  return mistake(
    text,
    'This comment is too long or too deeply nested for its commands to be read. Put the command into a comment of its own.',
    [],
  )
}

function mistake(text: string, why: string, next: readonly string[], guessed = false): Mistake {
  return { verb: null, text, why, next, guessed }
}

function meantBy(verb: Verb): readonly string[] {
  const rule: { readonly meant: readonly string[] } = COMMANDS[verb]
  return rule.meant
}

/** What a command cannot do without. */
function wanted(verb: Verb): string {
  const { takes } = COMMANDS[verb]
  return takes === 'a stage' ? ' STAGE' : takes === 'perhaps a place, and a reason' ? ' REASON' : ''
}

/** What is left of a word without the characters that cannot belong there: enough to guess what it was meant to be. */
function plainPart(word: string): string {
  return lowered(word.replace(/[^\x21-\x7e]/g, '')) ?? ''
}

/** A stranger's word, shown only if it is plain; else what is the matter with it. */
function quoted(word: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,23}$/i.test(word)) return `\`${word}\``
  return lowered(word) === null ? 'by that name: it has characters in it that are not plain letters' : 'by that name'
}
