// From what zod found wrong to a sentence that its author can act on.
import type { z } from 'zod'
import { nearest } from '../text/nearest.ts'
import { knownFieldsAt } from './andon-yml-schema.ts'
import type { AndonYmlProblem, FieldPath, YamlSource } from './parse-yaml.ts'

type ZodIssue = z.core.$ZodIssue

/** The sentences for one thing that zod found. */
export function toProblems(issue: ZodIssue, source: YamlSource): readonly AndonYmlProblem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key], source))
  const value = valueAt(source.value, path)
  if (issue.code === 'invalid_union') {
    const inner = isMapping(value) ? (issue.errors.at(-1) ?? []) : []
    if (inner.length > 0) return inner.flatMap((one) => toProblems({ ...one, path: [...path, ...one.path] }, source))
  }
  return [problemAt(source, path, 'value', `${quoteField(path)} ${describeValue(value)}; it takes ${issue.message}.`)]
}

/** A mistake at a field, in a sentence of its own. */
export function problemAt(
  source: YamlSource,
  path: FieldPath,
  what: 'value' | 'key',
  message: string,
): AndonYmlProblem {
  return { ...source.positionOf(path, what), field: dottedPath(path), message }
}

/** A field by its path, as it is shown to people. */
export function quoteField(path: FieldPath): string {
  return path.length === 0 ? 'The file' : `\`${dottedPath(path)}\``
}

function unknownField(path: FieldPath, source: YamlSource): AndonYmlProblem {
  const around = path.slice(0, -1)
  const fields = knownFieldsAt(around)
  const [near] = nearest(sanitizeName(path.at(-1) ?? ''), fields)
  const known = fields.map((field) => `\`${field}\``).join(', ')
  const hint = near === undefined ? `known here are ${known}` : `did you mean \`${near}\`?`
  return problemAt(
    source,
    path,
    'key',
    `${quoteField(path)} is not a field that is read; ${hint}${near === undefined ? '.' : ''}`,
  )
}

function dottedPath(path: FieldPath): string {
  return path.map(sanitizeName).join('.')
}

/** A name that somebody typed, without what could be markup. */
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
  return /^[\w.,:/+ -]{1,40}$/.test(text) ? `is \`${text}\`` : 'is something else'
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Readonly<Record<PropertyKey, unknown>>)[step]
  }
  return found
}
