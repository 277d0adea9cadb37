// GitHub's answers are checked before they are believed. An answer that was cut off, or that a proxy in between made up,
// arrives with status 200 or 404 as text, as nothing or with the wrong types: it counts as a failed call, and the question
// is asked again. A missing field never means "there is none" or "no": only GitHub's own 404 does.
import { UntranslatablePayload } from '../translate/untranslatable.ts'
import { GitHubFailure, type RequestIntent } from './failure.ts'

/** An object whose fields are not yet known. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Translates an answer; an unreadable one is a retryable GitHubFailure. */
export function readAnswer<T>(translate: () => T): T {
  try {
    return translate()
  } catch (error) {
    if (error instanceof UntranslatablePayload) throw unreadable(error.message)
    throw error
  }
}

/** GitHub answers a read with 200; a proxy that has changed an answer says 203. Redirects never get here. */
export function expectGitHubStatus(status: number, intent: RequestIntent): void {
  if (status === 200 || (intent !== 'read' && status !== 203)) return
  throw new GitHubFailure(intent === 'create' ? 'unconfirmed' : 'retryable', `the status ${status} is no answer`)
}

/** The value, which every genuine answer has. */
export function expectPresent<T>(value: T | null, name: string): T {
  if (value === null) throw unreadable(`${name} is missing`)
  return value
}

export function expectObject(value: unknown, name: string): JsonObject {
  return expectPresent(asObject(value), name)
}

/** The value as a list that holds only objects. */
export function expectObjects(value: unknown, name: string): readonly JsonObject[] {
  if (!Array.isArray(value)) throw unreadable(`${name} is not a list`)
  return value.map((item) => expectObject(item, `an item of ${name}`))
}

/** The id of what was just created. Without one we cannot know whether it was. */
export function expectCreatedId(body: unknown): number {
  const id = asNumber(asObject(body)?.id)
  if (id === null) throw new GitHubFailure('unconfirmed', 'GitHub answered a creation without an id')
  return id
}

/** GitHub answers a change with what was changed. */
export function expectChangedId(body: unknown, id: number): void {
  if (asNumber(asObject(body)?.id) !== id) throw unreadable('a change was answered without its id')
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

export function unreadable(why: string): GitHubFailure {
  return new GitHubFailure('retryable', `GitHub’s answer cannot be read: ${why}`)
}
