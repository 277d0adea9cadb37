import type { Command, InvalidCommand } from '../../../src/commands/commands.ts'
import { type HoldEnd, holdEndsAt } from '../../../src/commands/hold-end.ts'

/** What the comment is, its text, and the expected commands, each as `summarizeCommand` shows it. */
export type CommentCase = readonly [name: string, body: string, commands: readonly string[]]

export const STAGES = ['plan', 'code', 'test', 'review']

export function lines(...parts: readonly string[]): string {
  return parts.join('\n')
}

/** A command in short: `retry code`, `hold repository: because`, and `?` for a mistake. */
export function summarizeCommand(command: Command | InvalidCommand): string {
  if (command.verb === null) return '?'
  if ('reason' in command) return `hold ${scopeName(command.scope)}${endName(command.end)}: ${command.reason}`
  if ('scope' in command)
    return command.scope.kind === 'issue' ? command.verb : `${command.verb} ${scopeName(command.scope)}`
  if ('stage' in command && command.stage !== null) return `${command.verb} ${command.stage}`
  return command.verb
}

/** As of 2026-11-27 09:00 UTC. */
function endName(end: HoldEnd | undefined): string {
  return end === undefined ? '' : ` until ${holdEndsAt(end, '2026-11-27T09:00:00.000Z').slice(0, 16)}`
}

function scopeName(scope: Extract<Command, { verb: 'hold' }>['scope']): string {
  return scope.kind === 'stage' ? scope.stage : scope.kind
}
