// Turns what zod found wrong into sentences that the file's author can act on.
import type { z } from 'zod'
import { didYouMean, nearest } from '../text/nearest.ts'
import { knownFieldsAt } from './andon-yml-schema.ts'
import { type AndonYmlProblem, type FieldPath, isYamlMapping, type YamlSource } from './parse-yaml.ts'

type ZodIssue = z.core.$ZodIssue

/** The problems behind one zod issue. */
export function toProblems(issue: ZodIssue, source: YamlSource): readonly AndonYmlProblem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key], source))
  const value = valueAt(source.value, path)
  if (issue.code === 'invalid_union') {
    const inner = isYamlMapping(value) ? (issue.errors.at(-1) ?? []) : []
    if (inner.length > 0) return inner.flatMap((one) => toProblems({ ...one, path: [...path, ...one.path] }, source))
  }
  return [problemAt(source, path, 'value', `${quoteField(path)} ${describeValue(value)}; it takes ${issue.message}.`)]
}

/** A problem at a field, with a message of its own. */
export function problemAt(
  source: YamlSource,
  path: FieldPath,
  what: 'value' | 'key',
  message: string,
): AndonYmlProblem {
  return { ...source.positionOf(path, what), field: dottedPath(path), message }
}

/** A field's path as people read it. */
export function quoteField(path: FieldPath): string {
  return path.length === 0 ? 'The file' : `\`${dottedPath(path)}\``
}

function unknownField(path: FieldPath, source: YamlSource): AndonYmlProblem {
  const parent = path.slice(0, -1)
  const fields = knownFieldsAt(parent)
  const list = fields.map((field) => `\`${field}\``).join(', ')
  const hint = didYouMean(nearest(sanitizeName(path.at(-1) ?? ''), fields), `the fields here are ${list}.`)
  return problemAt(source, path, 'key', `${quoteField(path)} is not a known field; ${hint}`)
}

function dottedPath(path: FieldPath): string {
  return path.map(sanitizeName).join('.')
}

/** A name as it was typed, without characters that could be markup. */
function sanitizeName(step: PropertyKey): string {
  const text = String(step).replace(/[^\w-]/g, '·')
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (value === null || value === '') return 'is empty'
  if (Array.isArray(value)) return 'is a list'
  if (typeof value === 'object') return 'has fields of its own'
  const text = String(value)
  return /^[\w.,:/+ -]{1,40}$/.test(text) ? `is \`${text}\`` : 'has an invalid value'
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = (current as Readonly<Record<PropertyKey, unknown>>)[step]
  }
  return current
}
