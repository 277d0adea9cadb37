import type { Command, Mistake } from '../../../src/commands/commands.ts'

/** What the comment is, its text, and what must come of it, each command as `shown`. */
export type Shape = readonly [name: string, body: string, commands: readonly string[]]

export const STAGES = ['plan', 'code', 'test', 'review']

export function lines(...parts: readonly string[]): string {
  return parts.join('\n')
}

/** A command in short: `retry code`, `hold repository: because`, and `?` for a mistake. */
export function shown(command: Command | Mistake): string {
  if (command.verb === null) return '?'
  if ('reason' in command) return `hold ${placeName(command.place)}: ${command.reason}`
  if ('place' in command)
    return command.place.kind === 'issue' ? command.verb : `${command.verb} ${placeName(command.place)}`
  if ('stage' in command && command.stage !== null) return `${command.verb} ${command.stage}`
  return command.verb
}

function placeName(place: Extract<Command, { verb: 'hold' }>['place']): string {
  return place.kind === 'stage' ? place.stage : place.kind
}
