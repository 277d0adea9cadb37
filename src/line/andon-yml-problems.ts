// From what zod found wrong to a sentence that its author can act on.
import type { z } from 'zod'
import { nearest } from '../text/nearest.ts'
import { fieldsAt } from './andon-yml-schema.ts'
import type { Mistake, Path, Read } from './parse-yaml.ts'

type Issue = z.core.$ZodIssue

/** The sentences for one thing that zod found. */
export function mistakesOf(issue: Issue, read: Read): readonly Mistake[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key], read))
  const value = valueAt(read.value, path)
  if (issue.code === 'invalid_union') {
    const inner = isBlock(value) ? (issue.errors.at(-1) ?? []) : []
    if (inner.length > 0) return inner.flatMap((one) => mistakesOf({ ...one, path: [...path, ...one.path] }, read))
  }
  return [mistakeAt(read, path, 'value', `${named(path)} ${isValue(value)}; it takes ${issue.message}.`)]
}

/** A mistake at a field, in a sentence of its own. */
export function mistakeAt(read: Read, path: Path, what: 'value' | 'key', message: string): Mistake {
  return { ...read.place(path, what), field: fieldOf(path), message }
}

/** A field by its path, as it is shown to people. */
export function named(path: Path): string {
  return path.length === 0 ? 'The file' : `\`${fieldOf(path)}\``
}

function unknownField(path: Path, read: Read): Mistake {
  const around = path.slice(0, -1)
  const fields = fieldsAt(around)
  const [near] = nearest(plain(path.at(-1) ?? ''), fields)
  const known = fields.map((field) => `\`${field}\``).join(', ')
  const hint = near === undefined ? `known here are ${known}` : `did you mean \`${near}\`?`
  return mistakeAt(
    read,
    path,
    'key',
    `${named(path)} is not a field that is read; ${hint}${near === undefined ? '.' : ''}`,
  )
}

function fieldOf(path: Path): string {
  return path.map(plain).join('.')
}

/** A name that somebody typed, without what could be markup. */
function plain(step: PropertyKey): string {
  const text = String(step).replace(/[^\w-]/g, '·')
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`
}

function isValue(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (value === null || value === '') return 'is empty'
  if (Array.isArray(value)) return 'is a list'
  if (typeof value === 'object') return 'has fields of its own'
  const text = String(value)
  return /^[\w.,:/+ -]{1,40}$/.test(text) ? `is \`${text}\`` : 'is something else'
}

function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Readonly<Record<PropertyKey, unknown>>)[step]
  }
  return found
}
