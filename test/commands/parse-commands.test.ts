import { expect, test } from 'vitest'
import { explainInvalidCommand } from '../../src/commands/invalid-commands.ts'
import { MAX_REASON_LENGTH, parseCommands, resolveStage } from '../../src/commands/parse-commands.ts'
import { CODE } from './shapes/code.ts'
import { EMAIL } from './shapes/email.ts'
import { HIDDEN } from './shapes/hidden.ts'
import { MISTAKES } from './shapes/mistakes.ts'
import { PLAIN } from './shapes/plain.ts'
import { QUOTED } from './shapes/quoted.ts'
import { STAGES, summarizeCommand } from './shapes/shape.ts'
import { UNICODE } from './shapes/unicode.ts'

const SHAPES = { MESSAGES: PLAIN, QUOTED, CODE, HIDDEN, MAILED: EMAIL, LETTERS: UNICODE, MISTAKEN: MISTAKES }
const ALL = Object.values(SHAPES).flat()

for (const [kind, shapes] of Object.entries(SHAPES)) {
  test.each(shapes)(`${kind.toLowerCase()}: %s`, (_name, body, commands) => {
    expect(parseCommands(body, STAGES).map(summarizeCommand)).toEqual(commands)
  })
}

test('the corpus has at least 200 shapes, each with a name and a text of its own', () => {
  console.log(
    `corpus: ${ALL.length} shapes, ${ALL.filter(([, , commands]) => commands.length === 0).length} of them silent`,
  )
  expect(ALL.length).toBeGreaterThanOrEqual(200)
  expect(new Set(ALL.map(([name]) => name)).size).toBe(ALL.length)
  expect(new Set(ALL.map(([, body]) => body)).size).toBe(ALL.length)
})

test('every shape means the same with Windows line ends, and between other paragraphs', () => {
  for (const [name, body, commands] of ALL) {
    const windows = body.replace(/\r\n|\r|\n/g, '\r\n')
    expect(parseCommands(windows, STAGES).map(summarizeCommand), name).toEqual(commands)
    expect(parseCommands(`Good morning.\n\n${body}`, STAGES).map(summarizeCommand), name).toEqual(commands)
  }
})

test('no shape fires when it is quoted or fenced', () => {
  for (const [name, body] of ALL) {
    const quoted = body.replace(/^/gm, '> ').replace(/\r(?!\n)/g, '\r> ')
    expect(parseCommands(quoted, STAGES), name).toEqual([])
    expect(parseCommands(`~~~~~~~~\n${body}\n~~~~~~~~`, STAGES), name).toEqual([])
  }
})

test('a command that is parsed without the stages is resolved once they are known', () => {
  const later = (line: string) => parseCommands(line).map((command) => summarizeCommand(resolveStage(command, STAGES)))
  for (const [name, body, commands] of ALL) {
    expect(later(body), name).toEqual(commands)
  }
  expect(parseCommands('/andon run deploy').map(summarizeCommand)).toEqual(['run deploy'])
  expect(parseCommands('/andon hold code is broken').map(summarizeCommand)).toEqual(['hold issue: code is broken'])
})

test('resolving a command again changes nothing', () => {
  for (const line of ['/andon hold code code is broken', '/andon retry code', '/andon run deploy', '/andon foo']) {
    const [once] = parseCommands(line, STAGES)
    expect(once && resolveStage(once, STAGES)).toEqual(once)
  }
})

test('a long reason is cut, but never in the middle of a character', () => {
  const [command] = parseCommands(`/andon hold ${'🔥'.repeat(300)}`)
  expect(command?.verb).toBe('hold')
  const reason = command?.verb === 'hold' ? command.reason : ''
  expect(Array.from(reason)).toHaveLength(MAX_REASON_LENGTH)
  expect(reason.isWellFormed()).toBe(true)
  expect(reason.endsWith('🔥…')).toBe(true)
})

test('no command fires in a comment too long or too complex to parse, and the reply says so', () => {
  const tangles = [
    '>'.repeat(5_000),
    '- '.repeat(200),
    '- - x\n'.repeat(6_000),
    `${'> '.repeat(90)}${'x\n'.repeat(500)}`,
    'x <!-- '.repeat(2_000),
    'x\n\n'.repeat(50_000),
  ]
  for (const tangle of tangles) {
    const message = parseCommands(`${tangle}\n\n/andon retry`).map((found) =>
      found.verb === null ? explainInvalidCommand(found) : found,
    )
    expect(message).toEqual([
      'This comment is too long or too deeply nested for its commands to be read. Put the command in a comment of its own.',
    ])
  }
})

test('a long comment is parsed, and what follows the paragraph of its last command costs nothing', () => {
  for (const long of [
    '> words\n'.repeat(2_000),
    '- [ ] task\n'.repeat(1_000),
    '[x](y) *z* ~'.repeat(1_500),
    '> > > mail\n'.repeat(800),
    '```\n[12:01:33] <info> it goes on\n```\n'.repeat(600),
  ]) {
    expect(parseCommands(`${long}\n\n/andon retry`).map(summarizeCommand)).toEqual(['retry'])
  }
  for (const log of ['- - x\n', 'x <!-- ', '[x](y)\n', 'x\n\n']) {
    expect(parseCommands(`/andon retry\n\n${log.repeat(10_000)}`).map(summarizeCommand)).toEqual(['retry'])
  }
})

test('a command between delimiters that are too many to parse does not fire', () => {
  const marks = '[x](y)\n'.repeat(600)
  expect(parseCommands(`${marks}\n[one\n/andon retry\ntwo](three)`)).toEqual([])
  expect(parseCommands(`${marks}\nPlease:\n/andon retry`).map(summarizeCommand)).toEqual(['retry'])
  expect(parseCommands(`${'~x~ '.repeat(600)}\n\n~~one\n/andon retry\ntwo~~`)).toEqual([])
})

test('the reply to a mistake says what is wrong and what to type next', () => {
  const say = (line: string) =>
    parseCommands(line, STAGES).map((command) =>
      command.verb === null ? explainInvalidCommand(command) : summarizeCommand(command),
    )
  const received = [
    '/andon retyr',
    '/andon pause',
    '/andon hepl',
    '/andon dance',
    '/andon @octocat',
    '/andon retr\u0443',
    '/andon run',
    '/andon run deploy',
    '/andon retry cdoe',
    '/andon retry code.',
    '/andon retry #7',
    '/andon retry plan code',
    '/andon status now',
    '/andon hold',
    '/andon hold code',
    '/andon resume repositry',
  ].map((line) => `${line} → ${say(line)}`)
  expect(received).toMatchInlineSnapshot(`
    [
      "/andon retyr → There is no command \`retyr\`. Did you mean \`/andon retry\`?",
      "/andon pause → There is no command \`pause\`. Did you mean \`/andon hold REASON\`?",
      "/andon hepl → There is no command \`hepl\`. Did you mean \`/andon help\`?",
      "/andon dance → There is no command \`dance\`. Did you mean \`/andon cancel\`?",
      "/andon @octocat → There is no command by that name. Type \`/andon help\`.",
      "/andon retrу → There is no command by that name: it contains characters that are not plain letters. Did you mean \`/andon retry\`?",
      "/andon run → \`/andon run\` needs the name of a stage. Type \`/andon run STAGE\`.",
      "/andon run deploy → There is no stage \`deploy\`; the stages here are \`plan\`, \`code\`, \`test\`, \`review\`. Type \`/andon run plan\`, \`/andon run code\`, \`/andon run test\` or \`/andon run review\`.",
      "/andon retry cdoe → There is no stage \`cdoe\`; the stages here are \`plan\`, \`code\`, \`test\`, \`review\`. Did you mean \`/andon retry code\`?",
      "/andon retry code. → There is no stage by that name. Did you mean \`/andon retry code\`?",
      "/andon retry #7 → There is no stage by that name. Type \`/andon retry STAGE\`.",
      "/andon retry plan code → \`/andon retry\` takes at most one word. Type \`/andon retry plan\`.",
      "/andon status now → \`/andon status\` takes no arguments. Type \`/andon status\`.",
      "/andon hold → A hold needs a reason, so that others know why nothing starts. Type \`/andon hold REASON\`.",
      "/andon hold code → A hold needs a reason, so that others know why nothing starts. Type \`/andon hold code REASON\`.",
      "/andon resume repositry → There is no stage \`repositry\`; the stages here are \`plan\`, \`code\`, \`test\`, \`review\`. Did you mean \`/andon resume repository\`?",
    ]
  `)
  expect(say('/andon status\n'.repeat(5)).at(-1)).toMatchInlineSnapshot(
    `"A comment may have 3 commands, and this one has 5: the first 3 were read, the others were ignored."`,
  )
})

test('the reply to a mistake repeats only plain words of the comment', () => {
  const hostile = [
    '@octocat',
    '#7',
    '<img>',
    '[x](y)',
    '`x`',
    '|x|',
    '<!--x',
    'https://x.y',
    '\u202eyrter',
    '**x**',
    '![x](y)',
    '$x$',
    ':tada:',
  ]
  for (const word of hostile) {
    for (const line of [`/andon ${word}`, `/andon retry ${word}`, `/andon status ${word}`, `/andon resume ${word}`]) {
      for (const found of parseCommands(line, STAGES)) {
        const received = found.verb === null ? explainInvalidCommand(found) : ''
        expect(received, line).not.toContain(word)
        expect(received, line).not.toMatch(/[@#<>|[\]$*!]/)
      }
    }
  }
})
