import { type ArgumentKind, COMMANDS, type RequiredPermission, VERBS, type Verb } from './commands.ts'

/** The syntax of a command: `/andon retry [STAGE]`. */
export function usageOf(verb: Verb): string {
  return `/andon ${verb}${ARGUMENT_USAGE[COMMANDS[verb].argument]}`
}

/** The commands that a sender with this permission may use, as Markdown for a reply. */
export function helpFor(permission: RequiredPermission): string {
  const allowed = VERBS.filter((verb) => permission === 'write' || COMMANDS[verb].permission === 'read')
  const note = permission === 'read' ? '\n\nThe other commands need write access to this repository.' : ''
  return `${commandTable(allowed)}\n\n${USAGE_NOTE}${note}`
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
  'optional scope and end, reason': ' [STAGE | repository] [until TIME | for DURATION] REASON',
}

const USAGE_NOTE =
  'A command starts a line of plain text in a new comment, at most three in one comment. Commands in quoted text, lists, code and edited comments are ignored.'
