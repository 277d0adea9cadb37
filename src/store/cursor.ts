/** The position of a row in an order of the board. */
export type Cursor = {
  readonly group: string
  readonly rank: number
  readonly position: number
  readonly id: number
}

/** The text is no cursor of ours. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}

export function encodeCursor({ group, rank, position, id }: Cursor): string {
  return Buffer.from(JSON.stringify([group, rank, position, id])).toString('base64url')
}

/** Reads what `encodeCursor` wrote; throws InvalidCursor. */
export function decodeCursor(text: string): Cursor {
  const [group, rank, position, id] = decodeParts(text)
  if (!isName(group) || !isSmall(rank) || !Number.isFinite(position) || !Number.isSafeInteger(id))
    throw new InvalidCursor()
  return { group, rank, position: Number(position), id: Number(id) }
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

/** Empty, or a repository's: nothing that a database refuses. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w./-]{0,201}$/.test(value)
}
