import { COMMANDS, type Needs, type Takes, VERBS, type Verb } from './commands.ts'

/** How a command is typed: `/andon hold [STAGE | repository] REASON`. */
export function usage(verb: Verb): string {
  return `/andon ${verb}${PLACES[COMMANDS[verb].takes]}`
}

/** The commands that somebody who may only read, or may write, can use: as Markdown, for a reply. */
export function help(who: Needs): string {
  const mine = VERBS.filter((verb) => who === 'write' || COMMANDS[verb].needs === 'read')
  const rest = who === 'read' ? '\n\nThe other commands need write access to this repository.' : ''
  return `${tableOf(mine)}\n\n${MANNER}${rest}`
}

/** The commands as a Markdown table. */
export function tableOf(verbs: readonly Verb[]): string {
  const rows = verbs.map((verb) => `| \`${usage(verb).replaceAll('|', '\\|')}\` | ${COMMANDS[verb].does} |`)
  return ['| Type | What it does |', '|---|---|', ...rows].join('\n')
}

const PLACES: Readonly<Record<Takes, string>> = {
  nothing: '',
  'a stage': ' STAGE',
  'perhaps a stage': ' [STAGE]',
  'perhaps a place': ' [STAGE | repository]',
  'perhaps a place, and a reason': ' [STAGE | repository] REASON',
}

const MANNER =
  'A command begins a line of plain text in a new comment, up to three in one comment. Quoted text, lists, code and edited comments do nothing.'
