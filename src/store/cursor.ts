import type { Instant } from '../pipeline/model/time.ts'

/** The position of a row in the order of the board. */
export type Cursor = {
  readonly rank: number
  readonly since: Instant
  readonly id: number
}

/** The text is no cursor of ours. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}

export function encodeCursor({ rank, since, id }: Cursor): string {
  return Buffer.from(JSON.stringify([rank, since, id])).toString('base64url')
}

/** Reads what `encodeCursor` wrote; throws InvalidCursor. */
export function decodeCursor(text: string): Cursor {
  const [rank, since, id] = decodeParts(text)
  if (!isSmall(rank) || !isInstant(since) || !Number.isSafeInteger(id)) throw new InvalidCursor()
  return { rank, since, id: Number(id) }
}

function decodeParts(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function isSmall(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(Number(value)) < 100
}

function isInstant(value: unknown): value is Instant {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  )
}
