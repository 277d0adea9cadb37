// What GitHub sends is believed only as far as it was looked at. An answer that was cut off arrives as text or nothing.
import { GitHubFailure } from './failure.ts'

/** An object whose fields are not yet known. */
export type JsonObject = Readonly<Record<string, unknown>>

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** A list of objects; whatever else was in it is left out. */
export function asObjects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(asObject).filter((item) => item !== null) : []
}

export function asString(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** What an answer must have to be one. */
export function expectPresent<T>(value: T | null, name: string): T {
  if (value === null) throw new GitHubFailure('retryable', `GitHub left out ${name}`)
  return value
}

/** The id of what was just created. Without one nobody knows whether it was. */
export function expectCreatedId(body: unknown): number {
  const id = asNumber(asObject(body)?.id)
  if (id === null) throw new GitHubFailure('unconfirmed', 'GitHub answered a creation without an id')
  return id
}

/** Octokit hands a broken body on as text: better to ask again than to read "nothing there" into it. */
export function expectObjects(body: unknown): readonly JsonObject[] {
  if (!Array.isArray(body)) throw new GitHubFailure('retryable', 'GitHub answered a list that cannot be read')
  return asObjects(body)
}
