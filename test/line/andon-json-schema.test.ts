import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import { andonJsonSchema } from '../../src/line/andon-json-schema.ts'
import { andonYmlSchema } from '../../src/line/andon-yml-schema.ts'
import { parseAndonYml } from '../../src/line/parse-andon-yml.ts'
import { parseYaml } from '../../src/line/parse-yaml.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'

const isAccepted = new Ajv({ strict: false }).compile(JSON.parse(andonJsonSchema()))

test('the schema in the repository is the one that the source gives; `npm run docs` renews it', () => {
  expect(readFileSync('public/andon.schema.json', 'utf8')).toBe(andonJsonSchema())
})

test('every field of the file has its schema', () => {
  const { properties } = JSON.parse(andonJsonSchema())
  expect(Object.keys(properties)).toEqual(Object.keys(andonYmlSchema.shape))
})

test('durations are accepted within their bounds, however they are written', () => {
  const accepts = (timeout: string) => isAccepted({ stages: { plan: { timeout } } })
  const within = ['1m', '60s', '90s', '1h30m', '1h0m5s', '23h59m59s', '24h', '1440m', '86400s', '1m05s']
  const beyond = [
    '59s',
    '0m',
    '0h5m',
    '24h1s',
    '25h',
    '1441m',
    '86401s',
    '1h90m',
    '1m60s',
    '30',
    '30m1h',
    'm',
    '',
    '01h',
  ]
  expect(within.filter((text) => !accepts(text))).toEqual([])
  expect(beyond.filter(accepts)).toEqual([])
})

test('the schema and Andon agree on generated files', () => {
  const files = repetitions(1_000, 10_000)
  const chance = seededRandom(randomSeed())
  const counts = { accepted: 0, refused: 0 }
  for (let index = 0; index < files; index++) {
    const file = stringify(anyFile(chance), { aliasDuplicateObjects: false })
    const source = parseYaml(file)
    if ('problems' in source) throw new Error(`${file}\n${source.problems[0]?.message}`)
    const accepted = andonYmlSchema.safeParse(source.value).success
    expect(isAccepted(source.value), `file ${index} of seed ${randomSeed()}:\n${file}`).toBe(accepted)
    if ('line' in parseAndonYml(file)) expect(accepted, file).toBe(true)
    counts[accepted ? 'accepted' : 'refused'] += 1
  }
  recordMeasurements('schema-agrees', { faults: files, wrong: 0, ...counts })
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(files / 10)
})

/** Values that a field takes, and then some that it nearly takes. */
const VALUES: Readonly<Record<string, readonly [readonly unknown[], readonly unknown[]]>> = {
  workflow: [
    ['plan.yml', 'a.b_c-d.yaml', `${'a'.repeat(96)}.yml`],
    ['plan', '../a.yml', `${'a'.repeat(97)}.yml`, 'a.yml\n'],
  ],
  timeout: [
    ['1m', '90s', '1h30m', '24h', '1440m', '5h59m59s'],
    ['59s', '25h', '1h60m', '1 h', '1d', '01m', 30],
  ],
  limit: [
    ['60s', '120h', '7200m', '119h59m59s', '6h'],
    ['121h', '0h', '432001s', '120h1s', '-1h', 21_600],
  ],
  attempts: [
    [1, 10, 3, 2.0],
    [0, 11, 1.5, '3', -1],
  ],
  gate: [['approval'], ['approved', 'Approval', true]],
  observe: [
    [true, false],
    ['true', 1, 'yes'],
  ],
  pull_request: [[true], [false, 'true']],
  label: [
    ['andon', 'needs: agent', '🚦', 'x'.repeat(50), '🚦'.repeat(50)],
    ['', 'x'.repeat(51), '\u0007', 5],
  ],
  rework: [
    [0, 10, 2],
    [11, -1, 0.5, 'two'],
  ],
  running: [
    [1, 100],
    [0, 101, '4'],
  ],
  starts_per_day: [
    [1, 10_000],
    [0, 10_001, 1e300],
  ],
  failures: [
    [2, 20],
    [1, 21],
  ],
  within: [
    ['10s', '1m', '1h', '3600s', '60m'],
    ['9s', '61m', '1h1s'],
  ],
  before_pull_request: [
    ['neutral', 'off'],
    ['on', false, 'Neutral'],
  ],
  comments: [
    ['per-stage', 'one', 'off'],
    ['none', true],
  ],
}
const FIELDS_OF: Readonly<Record<string, readonly string[]>> = {
  stage: ['workflow', 'timeout', 'limit', 'attempts', 'gate', 'observe', 'pull_request'],
  start: ['label'],
  limits: ['running', 'starts_per_day'],
  breaker: ['failures', 'within'],
  checks: ['before_pull_request'],
}
const JUNK = [null, true, 0, 7, -1, 1.5, '', 'off', 'command', 'text', [], {}, ['a'], { a: 1 }]
const NAMES = ['plan', 'code', 'test', 'review', 'Bad Name', 'until', '9', 'x'.repeat(30)]
const BOTS = ['dependabot', 'renovate[bot]', 'A-b', 'a'.repeat(39)]
const NEARLY_BOTS = ['-a', 'a--b', 'a_b', 'a'.repeat(40), '[bot]', 5]

function anyFile(chance: SeededRandom): unknown {
  if (chance.chance(0.02)) return chance.pick(JUNK)
  const file: Record<string, unknown> = {}
  // So that half of the files are whole, each value is nearly always one that its field takes.
  const mistakes = chance.pick([0, 0.02, 0.1])
  const known = Object.keys(andonYmlSchema.shape)
  for (const name of known) if (chance.chance(0.6)) file[name] = anyField(name, chance, mistakes)
  if (chance.chance(mistakes)) file[chance.pick(['stage', 'Stages', 'x'])] = chance.pick(JUNK)
  return file
}

function anyField(name: string, chance: SeededRandom, mistakes: number): unknown {
  if (chance.chance(mistakes)) return chance.pick(JUNK)
  if (name === 'start' && chance.chance(0.3)) return 'command'
  if (name === 'breaker' && chance.chance(0.3)) return 'off'
  if (name === 'stages') {
    const names = chance.shuffle(NAMES).slice(0, chance.integer(5))
    return Object.fromEntries(names.map((stage) => [stage, anyBlock('stage', chance, mistakes)]))
  }
  if (name === 'bots') {
    const length = chance.chance(mistakes) ? 21 : chance.integer(4)
    return Array.from({ length }, () => chance.pick<unknown>(chance.chance(mistakes) ? NEARLY_BOTS : BOTS))
  }
  return name in FIELDS_OF ? anyBlock(name, chance, mistakes) : anyValue(name, chance, mistakes)
}

function anyBlock(block: string, chance: SeededRandom, mistakes: number): unknown {
  if (chance.chance(mistakes)) return chance.pick(JUNK)
  const fields = (FIELDS_OF[block] ?? []).filter(() => chance.chance(0.4))
  if (chance.chance(mistakes)) fields.push(chance.pick(['timout', 'Label', 'on']))
  return Object.fromEntries(fields.map((field) => [field, anyValue(field, chance, mistakes)]))
}

function anyValue(field: string, chance: SeededRandom, mistakes: number): unknown {
  const [taken, nearly] = VALUES[field] ?? [JUNK, JUNK]
  if (!chance.chance(mistakes)) return chance.pick(taken)
  return chance.chance(0.7) ? chance.pick(nearly) : chance.pick(JUNK)
}
