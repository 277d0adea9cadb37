// What the forms of the board ask for, as commands: the same values that a comment is parsed into.
import { cut } from '../text/cut.ts'
import { storable } from '../text/storable.ts'
import type { Command, HoldScope } from './commands.ts'
import { HOLD_END_WORDS, type HoldEnd, parseHoldEnd } from './hold-end.ts'
import { MAX_REASON_LENGTH } from './parse-commands.ts'

/** The fields of a form, as a browser sent them. */
export type FormFields = Readonly<Record<string, string>>

/** A command, and the stage whose control it was; null where the whole issue or repository is meant. */
export type PressedCommand = { readonly command: Command; readonly stage: string | null }

/** A form that a person filled in wrongly, in one sentence. */
export type FormMistake = { readonly mistake: string }

/** A control of an issue's page, whose line has these stages. */
export function parseIssueControl(fields: FormFields, stages: readonly string[]): PressedCommand | FormMistake {
  const [verb, stage = null, ...more] = (fields.control ?? '').split(' ')
  if (more.length > 0 || (stage !== null && !stages.includes(stage))) return NO_SUCH_CONTROL
  if (verb === 'hold' && stage === null)
    return fields.scope === 'repository' ? NO_SUCH_CONTROL : parseHold(fields, stages)
  if (verb === 'resume') return resume(stage === null ? { kind: 'issue' } : { kind: 'stage', stage })
  if (stage === null) return NO_SUCH_CONTROL
  switch (verb) {
    case 'approve':
      return { stage, command: { verb, text: '/andon approve' } }
    case 'retry':
    case 'cancel':
    case 'skip':
      return { stage, command: { verb, stage, text: `/andon ${verb} ${stage}` } }
    default:
      return NO_SUCH_CONTROL
  }
}

/** The cord of a repository's board. */
export function parseRepositoryControl({ control, ...fields }: FormFields): PressedCommand | FormMistake {
  if (control === 'resume') return resume({ kind: 'repository' })
  return control === 'hold' ? parseHold({ ...fields, scope: 'repository' }, []) : NO_SUCH_CONTROL
}

/** The reason and the end in the form of a cord. */
export function parseHoldFields(fields: FormFields): { readonly reason: string; readonly end?: HoldEnd } | FormMistake {
  const reason = cut(wordsIn(storable(fields.reason ?? '')).join(' '), MAX_REASON_LENGTH)
  if (reason === '') return { mistake: 'A hold needs a reason: everyone who waits will read it.' }
  const words = wordsIn(fields.end ?? '')
  if (words.length === 0) return { reason }
  const [end] = HOLD_END_WORDS.flatMap((word) => {
    const parsed = parseHoldEnd(word, words[0]?.toLowerCase() === word ? words.slice(1) : words)
    return parsed === null || parsed.rest.length > 0 ? [] : [parsed.end]
  })
  return end === undefined ? BAD_END : { reason, end }
}

function parseHold(fields: FormFields, stages: readonly string[]): PressedCommand | FormMistake {
  const { scope: name = 'issue' } = fields
  const scope = scopeOf(name, stages)
  if (scope === null) return NO_SUCH_CONTROL
  const held = parseHoldFields(fields)
  if ('mistake' in held) return held
  const end = (fields.end ?? '').trim().replace(/^(until|for)\s+/i, '')
  const words = ['/andon hold', name === 'issue' ? '' : name, held.end?.kind ?? '', end, held.reason]
  const text = wordsIn(words.join(' ')).join(' ')
  return { stage: scope.kind === 'stage' ? scope.stage : null, command: { verb: 'hold', scope, ...held, text } }
}

function scopeOf(name: string, stages: readonly string[]): HoldScope | null {
  if (name === 'issue' || name === 'repository') return { kind: name }
  return stages.includes(name) ? { kind: 'stage', stage: name } : null
}

function resume(scope: HoldScope): PressedCommand {
  const stage = scope.kind === 'stage' ? scope.stage : null
  const name = stage ?? (scope.kind === 'repository' ? 'repository' : '')
  return { stage, command: { verb: 'resume', scope, text: `/andon resume ${name}`.trim() } }
}

function wordsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

const NO_SUCH_CONTROL: FormMistake = { mistake: 'There is no such control: open the page again.' }
const BAD_END: FormMistake = {
  mistake:
    'A hold ends at a time in UTC, like 18:00 or 2026-11-28 18:00, or after a duration, like 2h: give one, or none.',
}
