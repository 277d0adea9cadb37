import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMANDS, may, VERBS } from '../../src/commands/commands.ts'
import { help, tableOf, usage } from '../../src/commands/help.ts'
import { parse } from '../../src/commands/parse-commands.ts'
import { STAGES, shown } from './shapes/shape.ts'

const PERMISSIONS = ['admin', 'maintain', 'write', 'triage', 'read', 'none', '', 'owner', 'ADMIN']

test('who may read may ask, and who may write may do everything else', () => {
  const allowed = Object.fromEntries(
    PERMISSIONS.map((permission) => [permission, VERBS.filter((verb) => may(permission, verb)).join(' ')]),
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
    usage(verb)
      .replace('[STAGE | repository]', 'code')
      .replace(/\[?STAGE\]?/, 'code')
      .replace('REASON', 'because'),
  )
  expect(typed.flatMap((line) => parse(line, STAGES).map(shown))).toEqual([
    'help',
    'status',
    'why',
    'start',
    'run code',
    'retry code',
    'cancel code',
    'approve',
    'skip code',
    'hold code: because',
    'resume code',
  ])
})

test('no word that is only meant as a command is one, or is meant as two', () => {
  const meant = VERBS.flatMap((verb): readonly string[] => COMMANDS[verb].meant)
  expect(meant.filter((word) => (VERBS as readonly string[]).includes(word))).toEqual([])
  expect(new Set(meant).size).toBe(meant.length)
})

test('help shows each person what they may use, and never fires when it is posted', () => {
  expect(help('read')).toMatchInlineSnapshot(`
    "| Type | What it does |
    |---|---|
    | \`/andon help\` | Lists the commands you may use. |
    | \`/andon status\` | Shows every stage of this issue: its light, its attempt, since when, and how we know. |
    | \`/andon why\` | Says what this issue is waiting for, for whom, and until when. |

    A command begins a line of plain text in a new comment, up to three in one comment. Quoted text, lists, code and edited comments do nothing.

    The other commands need write access to this repository."
  `)
  for (const verb of VERBS) expect(help('write')).toContain(usage(verb).replace('|', '\\|'))
  for (const who of ['read', 'write'] as const) expect(parse(help(who))).toEqual([])
})

test('the documentation is derived from the table', () => {
  const page = readFileSync('docs/commands.md', 'utf8')
  const tables = page.match(/(?:^\|.*\n)+/gm)?.map((table) => table.trim())
  expect(tables).toEqual([
    tableOf(VERBS.filter((verb) => COMMANDS[verb].needs === 'read')),
    tableOf(VERBS.filter((verb) => COMMANDS[verb].needs === 'write')),
  ])
})

test('every example of the documentation does what the page says', () => {
  const page = readFileSync('docs/commands.md', 'utf8')
  const examples = [...page.matchAll(/^```markdown\n([\s\S]*?)^```\n+^(.*)$/gm)]
  const told = examples.map(([, body = '', verdict = '']) => [
    verdict.replace(/:.*/, ''),
    parse(body, STAGES).map(shown),
  ])
  expect(told).toMatchInlineSnapshot(`
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
  for (const [verdict, found] of told) expect(found?.length === 0).toBe(verdict === 'Nothing')
})
