// What GitHub answers is believed only as far as it can be read. An answer that was cut off, or comes from something in
// between, arrives with status 200 as text, as nothing or with the wrong types: that is no answer, and it is asked for
// again. Nothing is ever read into what is missing: not "there is none", not "no".
import { UntranslatablePayload } from '../translate/untranslatable.ts'
import { GitHubFailure } from './failure.ts'

/** An object whose fields are not yet known. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Translates an answer. */
export function readAnswer<T>(translate: () => T): T {
  try {
    return translate()
  } catch (error) {
    if (error instanceof UntranslatablePayload) throw noAnswer(error.message)
    throw error
  }
}

/** What an answer must have to be one. */
export function expectPresent<T>(value: T | null, name: string): T {
  if (value === null) throw noAnswer(`${name} is missing`)
  return value
}

export function expectObject(value: unknown, name: string): JsonObject {
  return expectPresent(asObject(value), name)
}

/** A list of objects, and of nothing else. */
export function expectObjects(value: unknown, name: string): readonly JsonObject[] {
  if (!Array.isArray(value)) throw noAnswer(`${name} is no list`)
  return value.map((item) => expectObject(item, `an item of ${name}`))
}

/** The id of what was just created. Without one nobody knows whether it was. */
export function expectCreatedId(body: unknown): number {
  const id = asNumber(asObject(body)?.id)
  if (id === null) throw new GitHubFailure('unconfirmed', 'GitHub answered a creation without an id')
  return id
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

export function asString(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function noAnswer(why: string): GitHubFailure {
  return new GitHubFailure('retryable', `GitHub’s answer cannot be read: ${why}`)
}
