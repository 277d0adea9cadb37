import { isStage, lowered } from './ascii.ts'
import { spokenLines } from './command-lines.ts'
import {
  type Arguments,
  COMMANDS,
  type Command,
  type Mistake,
  type Place,
  type Takes,
  VERBS,
  type Verb,
} from './commands.ts'
import {
  noSuchStage,
  notAStage,
  reasonMissing,
  stageMissing,
  tooMany,
  tooMuch,
  tooTangled,
  unknownVerb,
} from './invalid-commands.ts'

/** How many commands one comment may carry. */
export const MOST_COMMANDS = 3
/** How much of a reason is kept, in code points. */
export const LONGEST_REASON = 200
const LONGEST_TEXT = 240

/**
 * The commands of a comment, in its order. Without `stages` the names of stages are taken as they stand, and `onLine`
 * decides about them later.
 */
export function parse(body: string, stages?: readonly string[]): readonly (Command | Mistake)[] {
  const spoken = spokenLines(body)
  if (spoken.is === 'unread') return [tooTangled(cut(spoken.line.trim(), LONGEST_TEXT))]
  const { lines } = spoken
  const parsed = lines.slice(0, MOST_COMMANDS).map((line) => parseLine(line))
  const known = stages === undefined ? parsed : parsed.map((command) => onLine(command, stages))
  const left = lines[MOST_COMMANDS]
  return left === undefined ? known : [...known, tooMany(cut(left.trim(), LONGEST_TEXT), lines.length, MOST_COMMANDS)]
}

/** Holds a command against the stages of its line: one that names another stage is a mistake. */
export function onLine(command: Command | Mistake, stages: readonly string[]): Command | Mistake {
  if (command.verb === null) return command
  if (command.verb === 'hold' && command.place.kind === 'issue') return holdOfStage(command, stages)
  const stage = stageOf(command)
  if (stage === null || stages.includes(stage)) return command
  return noSuchStage(command, stage, stages, takesPlace(command.verb) ? [...stages, 'repository'] : stages)
}

// The stage stands in the reason's place until the stages are known.
function holdOfStage(command: Extract<Command, { verb: 'hold' }>, stages: readonly string[]): Command | Mistake {
  const [first = '', ...rest] = command.reason.split(' ')
  const stage = lowered(first)
  if (stage === null || !stages.includes(stage)) return command
  if (rest.length === 0) return reasonMissing(command.text, stage)
  return { ...command, place: { kind: 'stage', stage }, reason: rest.join(' ') }
}

function stageOf(command: Command): string | null {
  if ('stage' in command) return command.stage
  if ('place' in command && command.place.kind === 'stage') return command.place.stage
  return null
}

function parseLine(line: string): Command | Mistake {
  const text = cut(line.trim(), LONGEST_TEXT)
  const [, first, ...rest] = line
    .replace(/<!--.*?(?:-->|$)/g, ' ')
    .trim()
    .split(/[ \t]+/)
  if (first === undefined) return { verb: 'help', text }
  const verb = VERBS.find((candidate) => candidate === lowered(first))
  if (verb === undefined) return unknownVerb(text, first)
  const read = READERS[COMMANDS[verb].takes](rest, verb, text)
  // The table ties each verb to what it takes, which the compiler cannot follow through a look-up.
  return isMistake(read) ? read : ({ verb, text, ...read } as Command)
}

function isMistake(read: object): read is Mistake {
  return 'verb' in read
}

const READERS: {
  readonly [T in Takes]: (words: readonly string[], verb: Verb, text: string) => Arguments[T] | Mistake
} = {
  nothing: (words, verb, text) => (words.length === 0 ? {} : tooMuch(text, verb, null)),
  'a stage': (words, verb, text) => {
    const stage = oneStage(words, verb, text)
    if (stage === null) return stageMissing(text, verb)
    return typeof stage === 'string' ? { stage } : stage
  },
  'perhaps a stage': (words, verb, text) => {
    const stage = oneStage(words, verb, text)
    return stage === null || typeof stage === 'string' ? { stage } : stage
  },
  'perhaps a place': (words, verb, text) => {
    const name = oneStage(words, verb, text)
    return name === null || typeof name === 'string' ? { place: placeOf(name) } : name
  },
  'perhaps a place, and a reason': (words, _verb, text) => {
    const repository = words[0] !== undefined && lowered(words[0]) === 'repository'
    const reason = cut((repository ? words.slice(1) : words).join(' '), LONGEST_REASON)
    if (reason === '') return reasonMissing(text, repository ? 'repository' : null)
    return { place: repository ? { kind: 'repository' } : { kind: 'issue' }, reason }
  },
}

function oneStage(words: readonly string[], verb: Verb, text: string): string | null | Mistake {
  const [word, ...more] = words
  if (word === undefined) return null
  const stage = lowered(word)
  if (stage === null || !isStage(stage)) {
    return notAStage(text, verb, word)
  }
  return more.length === 0 ? stage : tooMuch(text, verb, stage)
}

function placeOf(name: string | null): Place {
  if (name === null) return { kind: 'issue' }
  return name === 'repository' ? { kind: 'repository' } : { kind: 'stage', stage: name }
}

function takesPlace(verb: Verb): boolean {
  return COMMANDS[verb].takes.startsWith('perhaps a place')
}

function cut(text: string, most: number): string {
  const points = Array.from(text.toWellFormed())
  if (points.length <= most) return points.join('')
  return `${points
    .slice(0, most - 1)
    .join('')
    .trimEnd()}…`
}
