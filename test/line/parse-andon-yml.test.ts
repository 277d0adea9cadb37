import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { DEFAULTS, OBSERVE_ONLY_LINE } from '../../src/line/line.ts'
import { type ParsedLine, parseAndonYml, problemText } from '../../src/line/parse-andon-yml.ts'

const PAGE = readFileSync('docs/reference/configuration.md', 'utf8')
const SAMPLE = /^```yaml\n([\s\S]*?)^```$/m.exec(PAGE)?.[1] ?? ''
const SEED = 20_261_121
/** Files and their problems: a name after `==`, the file, and a sentence after each `→`. */
const MISTAKES_CORPUS = readFileSync('test/line/mistakes.txt', 'utf8')
  .split(/^== /m)
  .slice(1)
  .map((part) => {
    const [name = '', ...rest] = part.trimEnd().split('\n')
    const file = rest.filter((line) => !line.startsWith('→ ')).map((line) => `${line}\n`)
    const message = rest.filter((line) => line.startsWith('→ ')).map((line) => line.slice(2))
    return { name, file: file.join(''), message }
  })

test('the sample in the documentation is parsed to the line that it describes', () => {
  expect(parseAndonYml(SAMPLE)).toMatchInlineSnapshot(`
    {
      "line": {
        "bots": [
          "dependabot[bot]",
        ],
        "breaker": {
          "failures": 3,
          "withinSeconds": 60,
        },
        "checksBeforePullRequest": "neutral",
        "comments": "per-stage",
        "limits": {
          "running": 4,
          "startsPerDay": 50,
        },
        "rework": 2,
        "stages": [
          {
            "attempts": 3,
            "gate": "approval",
            "limitSeconds": 21600,
            "name": "plan",
            "observe": false,
            "timeoutSeconds": 1200,
            "workflow": "plan.yml",
          },
          {
            "attempts": 3,
            "gate": null,
            "limitSeconds": 21600,
            "name": "code",
            "observe": false,
            "timeoutSeconds": 1800,
            "workflow": "code.yml",
          },
          {
            "attempts": 3,
            "gate": null,
            "limitSeconds": 21600,
            "name": "test",
            "observe": true,
            "timeoutSeconds": 1800,
            "workflow": "test.yml",
          },
          {
            "attempts": 3,
            "gate": null,
            "limitSeconds": 21600,
            "name": "review",
            "observe": true,
            "timeoutSeconds": 1800,
            "workflow": null,
          },
        ],
        "startLabel": "andon",
      },
    }
  `)
})

test('the smallest file gets every default', () => {
  const parsed = lineOf('stages: { plan: { workflow: plan.yml } }')
  const { timeoutSeconds, limitSeconds, attempts, gate, ...rest } = DEFAULTS
  expect(parsed).toEqual({
    ...rest,
    stages: [{ name: 'plan', workflow: 'plan.yml', observe: false, timeoutSeconds, limitSeconds, attempts, gate }],
  })
})

test('the line of a repository without a file has the defaults too, and starts nothing', () => {
  const written = lineOf(
    'stages: { plan: { workflow: plan.yml }, code: { workflow: code.yml }, test: { workflow: test.yml }, review: { pull_request: true } }',
  )
  expect({ ...written, stages: written.stages.map((stage) => ({ ...stage, observe: true })) }).toEqual(
    OBSERVE_ONLY_LINE,
  )
})

test('the order of the stages is the order of the file', () => {
  const names = ['zeta', 'a', 'm1', 'b-b', 'c', 'b']
  const file = `stages:\n${names.map((name) => `  ${name}: { workflow: ${name}.yaml }\n`).join('')}`
  expect(lineOf(file).stages.map((stage) => stage.name)).toEqual(names)
})

test.each([
  ['90s', 90],
  ['1m', 60],
  ['20m', 1_200],
  ['6h', 21_600],
  ['1h30m', 5_400],
  ['1h0m30s', 3_630],
  ['120m', 7_200],
])('a timeout of %s is %i seconds', (text, seconds) => {
  expect(lineOf(`stages: { a: { workflow: a.yml, timeout: ${text}, limit: 120h } }`).stages[0]?.timeoutSeconds).toBe(
    seconds,
  )
})

test('the default timeout is never longer than the limit', () => {
  expect(lineOf('stages: { a: { workflow: a.yml, limit: 10m } }').stages[0]).toMatchObject({
    timeoutSeconds: 600,
    limitSeconds: 600,
  })
})

test('a line may be started by command only, or by a label of any name', () => {
  const start = (how: string) => lineOf(`start: ${how}\nstages: { a: { workflow: a.yml } }`).startLabel
  expect(['command', '{}', '{ label: Ready for work }', '{ label: "🤖 go" }'].map(start)).toEqual([
    null,
    'andon',
    'Ready for work',
    '🤖 go',
  ])
})

test('bots are named as GitHub names their logins', () => {
  const bots = (list: string) => lineOf(`bots: ${list}\nstages: { a: { workflow: a.yml } }`).bots
  expect(bots('[]')).toEqual([])
  expect(bots('[Dependabot, "renovate[bot]", dependabot]')).toEqual(['dependabot[bot]', 'renovate[bot]'])
})

test.each(MISTAKES_CORPUS)('$name', ({ file, message }) => {
  expect(message.length).toBeGreaterThan(0)
  expect(problemsOf(parseAndonYml(file)).map(problemText)).toEqual(message)
})

test('the mistake in the documentation gets the message on the page', () => {
  const example = /^```text\n(.*)\n```$/m.exec(PAGE)?.[1]
  const file = SAMPLE.replace('timeout: 20m', 'timout: 20m').replace('plan.yml,  ', 'plan.yml,')
  expect(problemsOf(parseAndonYml(file)).map(problemText)).toEqual([example])
})

test('the documentation lists exactly the fields that are read', () => {
  for (const [, field = ''] of PAGE.matchAll(/^\| `([a-z_.]+)` \|/gm)) {
    const [outer = '', inner] = field.split('.')
    const inFile = `${inner ? `${outer}: { ${inner}: ~ }` : `${outer}: ~`}\nstages: { a: { workflow: a.yml } }`
    const inStage = `stages: { a: { ${field}: ~ } }`
    const unknown = (file: string) =>
      problemsOf(parseAndonYml(file)).some(({ message }) => message.includes('not a field'))
    expect(unknown(inFile) && unknown(inStage), field).toBe(false)
  }
})

test('every problem has a position in the file and names its field', () => {
  for (const { name, file } of MISTAKES_CORPUS) {
    for (const { fileLine, column, field, message } of problemsOf(parseAndonYml(file))) {
      const lines = file.split('\n')
      expect(fileLine, name).toBeLessThanOrEqual(Math.max(1, lines.length))
      expect(column, name).toBeLessThanOrEqual((lines[fileLine - 1] ?? '').length + 1)
      if (field !== '') expect(message, name).toContain(field)
      expect(message, name).toMatch(/^[A-Z`].*[.?]$/)
    }
  }
})

test('files too large, too deep or too clever are refused', () => {
  const message = (file: string) => problemsOf(parseAndonYml(file)).map(({ message }) => message)
  const bomb = [
    'a: &a [x, x]',
    ...Array.from({ length: 12 }, (_, n) => `b${n}: &b${n} [${`*${n === 0 ? 'a' : `b${n - 1}`}, `.repeat(9)}]`),
  ]
  expect(message(`# ${'x'.repeat(65_536)}`)).toEqual([
    'The file is larger than 64 KiB; a configuration needs far less.',
  ])
  expect(message(`# ${'é'.repeat(33_000)}`)).toEqual([
    'The file is larger than 64 KiB; a configuration needs far less.',
  ])
  expect(new Set(message(bomb.join('\n')))).toEqual(
    new Set(['Aliases (`*name`) are not supported here; write the value out.']),
  )
  expect(message('['.repeat(60_000)).length).toBeGreaterThan(0)
  expect(message(`a: ${'{b: '.repeat(15_000)}`).length).toBeGreaterThan(0)
  expect(message('x: 1\n'.repeat(10_000)).length).toBeLessThanOrEqual(20)
})

test('every file is a line or has problems, whatever it contains', () => {
  let lines = 0
  const whole = (file: string) => {
    const parsed = parseAndonYml(file)
    if ('line' in parsed) {
      lines += 1
      expect(JSON.parse(JSON.stringify(parsed.line))).toEqual(parsed.line)
      expect(parsed.line.stages.length).toBeGreaterThan(0)
    } else {
      expect(parsed.problems.length).toBeGreaterThan(0)
      for (const { fileLine, column } of parsed.problems) expect(fileLine > 0 && column > 0).toBe(true)
    }
  }
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), whole), { seed: SEED, numRuns: 2_000 })
  const segments = fc.constantFrom(
    ...'stages: |plan|workflow|: |, |{|}|[|]|\n|\n  |- |a.yml|true|20m|&a |*a|!!str |<<|__proto__|constructor|"|\'|#|~|? || ||%YAML 1.1\n|---\n|...\n|\t|\r\n|\u0000|\ud800|\ufeff|0|1e999|.nan|2001-01-01'.split(
      '|',
    ),
  )
  fc.assert(
    fc.property(
      fc.array(segments, { maxLength: 40 }).map((parts) => parts.join('')),
      whole,
    ),
    { seed: SEED, numRuns: 3_000 },
  )
  console.log(`5000 files of anything from seed ${SEED}: ${lines} lines, the rest mistaken, 0 thrown`)
})

test('a thousand mutations of the sample are lines, or have problems within the file', () => {
  const chance = seededRandom(SEED)
  let lines = 0
  for (let index = 0; index < 1_000; index++) {
    let file = SAMPLE
    for (let count = 1 + chance.integer(3); count > 0; count--)
      file = mutateFile(file, chance.integer(file.length), chance.integer(5), chance.integer(0x7f))
    const parsed = parseAndonYml(file)
    if ('line' in parsed) lines += 1
    else
      expect(
        parsed.problems.every(({ fileLine }) => fileLine <= file.split('\n').length),
        file,
      ).toBe(true)
  }
  console.log(
    `1000 mutations of the sample from seed ${SEED}: ${lines} still a line, ${1_000 - lines} mistaken, 0 thrown`,
  )
  expect(lines).toBeGreaterThan(0)
  expect(lines).toBeLessThan(1_000)
})

function mutateFile(file: string, at: number, how: number, code: number): string {
  const character = String.fromCharCode(code)
  if (how === 0) return file.slice(0, at) + file.slice(at + 1)
  if (how === 1) return file.slice(0, at) + character + file.slice(at)
  if (how === 2) return file.slice(0, at) + character + file.slice(at + 1)
  if (how === 3) return file.slice(0, at) + file.slice(at, at + 9) + file.slice(at)
  return file.slice(0, at) + file.slice(at + 9)
}

function lineOf(file: string) {
  const parsed = parseAndonYml(file)
  if ('line' in parsed) return parsed.line
  throw new Error(parsed.problems.map(problemText).join('\n'))
}

function problemsOf(parsed: ParsedLine) {
  return 'problems' in parsed ? parsed.problems : []
}
