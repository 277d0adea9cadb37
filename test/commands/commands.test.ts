import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMANDS, mayUseCommand, VERBS } from '../../src/commands/commands.ts'
import { commandTable, helpFor, usageOf } from '../../src/commands/help.ts'
import { parseCommands } from '../../src/commands/parse-commands.ts'
import { STAGES, summarizeCommand } from './shapes/shape.ts'

const PERMISSIONS = ['admin', 'maintain', 'write', 'triage', 'read', 'none', '', 'owner', 'ADMIN']

test('read permission allows questions, and write permission everything else', () => {
  const allowed = Object.fromEntries(
    PERMISSIONS.map((permission) => [permission, VERBS.filter((verb) => mayUseCommand(permission, verb)).join(' ')]),
  )
  expect(allowed).toMatchInlineSnapshot(`
    {
      "": "",
      "ADMIN": "",
      "admin": "help status why start run retry cancel approve skip hold resume",
      "maintain": "help status why start run retry cancel approve skip hold resume",
      "none": "",
      "owner": "",
      "read": "help status why",
      "triage": "help status why",
      "write": "help status why start run retry cancel approve skip hold resume",
    }
  `)
})

test('every command is parsed as its usage says', () => {
  const typed = VERBS.map((verb) =>
    usageOf(verb)
      .replace('[STAGE | repository]', 'code')
      .replace(/\[?STAGE\]?/, 'code')
      .replace('[until TIME | for DURATION]', 'for 2h')
      .replace('REASON', 'because'),
  )
  expect(typed.flatMap((line) => parseCommands(line, STAGES).map(summarizeCommand))).toEqual([
    'help',
    'status',
    'why',
    'start',
    'run code',
    'retry code',
    'cancel code',
    'approve',
    'skip code',
    'hold code until 2026-11-27T11:00: because',
    'resume code',
  ])
})

test('no synonym is a command itself, or belongs to two commands', () => {
  const synonyms = VERBS.flatMap((verb): readonly string[] => COMMANDS[verb].synonyms)
  expect(synonyms.filter((word) => (VERBS as readonly string[]).includes(word))).toEqual([])
  expect(new Set(synonyms).size).toBe(synonyms.length)
})

test('help shows each sender the commands they may use, and never fires when it is posted', () => {
  expect(helpFor('read')).toMatchInlineSnapshot(`
    "| Type | What it does |
    |---|---|
    | \`/andon help\` | Lists the commands you may use. |
    | \`/andon status\` | Shows every stage of this issue: its status, its attempt, since when, and how we know. |
    | \`/andon why\` | Says what or whom this issue is waiting for, and until when. |

    A command starts a line of plain text in a new comment, at most three in one comment. Commands in quoted text, lists, code and edited comments are ignored.

    The other commands need write access to this repository."
  `)
  for (const verb of VERBS) expect(helpFor('write')).toContain(usageOf(verb).replaceAll('|', '\\|'))
  for (const who of ['read', 'write'] as const) expect(parseCommands(helpFor(who))).toEqual([])
})

test('the documentation is derived from the table', () => {
  const page = readFileSync('docs/reference/commands.md', 'utf8')
  const tables = page.match(/(?:^\|.*\n)+/gm)?.map((table) => table.trim())
  expect(tables).toEqual([
    commandTable(VERBS.filter((verb) => COMMANDS[verb].permission === 'read')),
    commandTable(VERBS.filter((verb) => COMMANDS[verb].permission === 'write')),
  ])
})

test('every example of the documentation does what the page says', () => {
  const page = readFileSync('docs/reference/commands.md', 'utf8')
  const examples = [...page.matchAll(/^```markdown\n([\s\S]*?)^```\n+^(.*)$/gm)]
  const received = examples.map(([, body = '', verdict = '']) => [
    verdict.replace(/:.*/, ''),
    parseCommands(body, STAGES).map(summarizeCommand),
  ])
  expect(received).toMatchInlineSnapshot(`
    [
      [
        "Fires",
        [
          "retry code",
        ],
      ],
      [
        "Fires",
        [
          "retry",
        ],
      ],
      [
        "Nothing",
        [],
      ],
      [
        "Nothing",
        [],
      ],
      [
        "Nothing",
        [],
      ],
      [
        "Nothing",
        [],
      ],
      [
        "Nothing",
        [],
      ],
      [
        "Answered",
        [
          "?",
        ],
      ],
    ]
  `)
  for (const [verdict, found] of received) expect(found?.length === 0).toBe(verdict === 'Nothing')
})
