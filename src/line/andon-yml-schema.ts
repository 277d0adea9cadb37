// The schema of `.github/andon.yml`. Each `error` says what its field takes, and ends the sentence that people read:
// "`rework` is `lots`; it takes a whole number from 0 to 10."
import { z } from 'zod'
import { durationPattern } from './duration-pattern.ts'

/** The form of a stage's name, and the names of that form that are reserved. */
export const STAGE_NAME = /^[a-z][a-z0-9-]{0,19}$/
export const RESERVED_NAMES: readonly string[] = ['repository', 'until', 'for']

const stageSchema = optionalFields('workflow: plan.yml', {
  workflow: textMatching(/^\w[\w.-]{0,95}\.ya?ml$/, 'the name of a file in `.github/workflows/`, such as `plan.yml`'),
  timeout: duration('1m', '24h'),
  limit: duration('1m', '120h'),
  attempts: wholeNumber(1, 10),
  gate: z.literal('approval', { error: '`approval`' }),
  observe: z.boolean({ error: '`true` or `false`' }),
  pull_request: z.literal(true, { error: '`true`' }),
})

const startSchema = optionalFields('label: andon', {
  label: textMatching(/^[^\p{Cc}]{1,50}$/u, 'the name of a label, of at most 50 characters'),
})

const limitsSchema = optionalFields('running: 4', {
  running: wholeNumber(1, 100),
  starts_per_day: wholeNumber(1, 10_000),
})

const breakerSchema = optionalFields('failures: 3', {
  failures: wholeNumber(2, 20),
  within: duration('10s', '1h'),
})

const checksSchema = optionalFields('before_pull_request: neutral', { before_pull_request: oneOf(['neutral', 'off']) })

export const andonYmlSchema = optionalFields('stages:', {
  start: z.union([z.literal('command'), startSchema], { error: '`{ label: andon }`, or `command`' }),
  stages: z.record(z.string(), stageSchema, { error: 'the stages of the line by name, in their order' }),
  rework: wholeNumber(0, 10),
  limits: limitsSchema,
  breaker: z.union([z.literal('off'), breakerSchema], { error: '`{ failures: 3, within: 1m }`, or `off`' }),
  checks: checksSchema,
  comments: oneOf(['per-stage', 'one', 'off']),
  bots: z
    .array(
      textMatching(/^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:\[bot\])?$/, 'the login of a bot, such as `dependabot`'),
      {
        error: 'a list of logins, such as `[dependabot]`',
      },
    )
    .max(20, { error: 'a list of at most 20 logins' }),
})

export type AndonYml = z.infer<typeof andonYmlSchema>
export type AndonYmlStage = z.infer<typeof stageSchema>

/** The fields allowed at a path; empty where any name is allowed. */
export function knownFieldsAt(path: readonly PropertyKey[]): readonly string[] {
  const [first, second] = path
  if (first === undefined) return Object.keys(andonYmlSchema.shape)
  if (first === 'stages') return second === undefined ? [] : Object.keys(stageSchema.shape)
  const blocks: Readonly<Record<string, z.ZodObject>> = {
    start: startSchema,
    limits: limitsSchema,
    breaker: breakerSchema,
    checks: checksSchema,
  }
  return Object.keys(blocks[String(first)]?.shape ?? {})
}

/** An object whose fields are all optional, and that allows no others. */
function optionalFields<Shape extends z.core.$ZodShape>(example: string, shape: Shape) {
  return z.strictObject(shape, { error: `fields, such as \`${example}\`` }).partial()
}

function textMatching(rule: RegExp, takes: string) {
  return z.string({ error: takes }).regex(rule, { error: takes })
}

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  const quoted = words.map((word) => `\`${word}\``)
  return z.enum(words, { error: `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}` })
}

function wholeNumber(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

/** A duration such as `1h30m`, as seconds. */
function duration(min: string, max: string) {
  const error = `a duration from \`${min}\` to \`${max}\`, such as \`90s\`, \`20m\` or \`1h30m\``
  return textMatching(durationPattern(parseDuration(min), parseDuration(max)), error).transform(parseDuration)
}

function parseDuration(text: string): number {
  const [, hours, minutes, seconds] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? []
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
}
