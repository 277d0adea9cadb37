import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_COMMANDS, parseCommands } from '../../src/commands/parse-commands.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { STAGES, summarizeCommand } from './shapes/shape.ts'
import { COMMAND_LINES, type GeneratedComment, generateComment } from './support/generated-comments.ts'

const DOCUMENTS = repetitions(800, 10_000)
const SOUPS = repetitions(400, 5_000)
const SEED = randomSeed(20_261_121)

test('no command in thousands of generated comments fires falsely, and none is missed', () => {
  let fires = 0
  let silent = 0
  let quiet = 0
  const wrong: object[] = []
  for (let index = 0; index < DOCUMENTS; index++) {
    const document = generateComment(SEED + index)
    fires += document.fires.length
    silent += document.inertCount
    if (document.fires.length === 0) quiet += 1
    const found = parseCommands(document.text, STAGES).map(summarizeCommand)
    const wanted = expectedOf(document)
    if (found.join('\n') !== wanted.join('\n')) wrong.push({ seed: SEED + index, text: document.text, wanted, found })
  }
  recordMeasurements('documents', {
    faults: DOCUMENTS,
    wrong: wrong.length,
    'commands planted to fire': fires,
    'planted to be silent': silent,
    'comments all silent': quiet,
  })
  expect(wrong.slice(0, 3)).toEqual([])
  expect(fires).toBeGreaterThan(DOCUMENTS)
  expect(silent).toBeGreaterThan(DOCUMENTS)
}, 180_000)

test('no comment makes the parser throw, and every command that fires starts a line', () => {
  const fragment = fc.oneof(
    fc.constantFrom(...COMMAND_LINES, ...MARKUP),
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.string({ maxLength: 8 }),
  )
  const comment = fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join(''))
  let fired = 0
  fc.assert(
    fc.property(comment, (body) => {
      const found = parseCommands(body, STAGES)
      expect(found.length).toBeLessThanOrEqual(MAX_COMMANDS + 1)
      const starts = body
        .toWellFormed()
        .split(/\r\n|\r|\n/)
        .map((line) => line.trim())
      for (const { text } of found)
        expect(starts.some((line) => text.endsWith('…') || line.startsWith(text))).toBe(true)
      fired += found.length
    }),
    { numRuns: SOUPS, seed: SEED },
  )
  recordMeasurements('documents', { faults: SOUPS, wrong: 0, 'commands and mistakes read': fired })
  expect(fired).toBeGreaterThan(0)
}, 180_000)

/** What each planted command means by itself. */
const ALONE = new Map(
  COMMAND_LINES.map((plant) => [plant as string, parseCommands(plant, STAGES).map(summarizeCommand).join()]),
)

function expectedOf(document: GeneratedComment): readonly string[] {
  const fires = document.fires.map((line) => ALONE.get(line) ?? '')
  return fires.length > MAX_COMMANDS ? [...fires.slice(0, MAX_COMMANDS), '?'] : fires
}

const MARKUP = [
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  ' ',
  '    ',
  '\t',
  '`',
  '```',
  '~~~',
  '> ',
  '- ',
  '1. ',
  '# ',
  '<!--',
  '-->',
  '<details>',
  '</details>',
  '<pre>',
  '[',
  '](',
  ')',
  '|',
  '|-|',
  '*',
  '_',
  '~',
  '$$',
  '\\',
  '&#47;',
  '[^1]: ',
  '---',
  '===',
  '\u200b',
  '\ufeff',
  '\u0000',
  '\ud800',
  'On 3 wrote:',
]
