import { type ArgumentKind, COMMANDS, type RequiredPermission, VERBS, type Verb } from './commands.ts'

/** How a command is typed: `/andon hold [STAGE | repository] REASON`. */
export function usageOf(verb: Verb): string {
  return `/andon ${verb}${ARGUMENT_USAGE[COMMANDS[verb].argument]}`
}

/** The commands that somebody who may only read, or may write, can use: as Markdown, for a reply. */
export function helpFor(permission: RequiredPermission): string {
  const mine = VERBS.filter((verb) => permission === 'write' || COMMANDS[verb].permission === 'read')
  const rest = permission === 'read' ? '\n\nThe other commands need write access to this repository.' : ''
  return `${commandTable(mine)}\n\n${USAGE_NOTE}${rest}`
}

/** The commands as a Markdown table. */
export function commandTable(verbs: readonly Verb[]): string {
  const rows = verbs.map((verb) => `| \`${usageOf(verb).replaceAll('|', '\\|')}\` | ${COMMANDS[verb].description} |`)
  return ['| Type | What it does |', '|---|---|', ...rows].join('\n')
}

const ARGUMENT_USAGE: Readonly<Record<ArgumentKind, string>> = {
  none: '',
  stage: ' STAGE',
  'optional stage': ' [STAGE]',
  'optional scope': ' [STAGE | repository]',
  'optional scope, reason': ' [STAGE | repository] REASON',
}

const USAGE_NOTE =
  'A command begins a line of plain text in a new comment, up to three in one comment. Quoted text, lists, code and edited comments do nothing.'
