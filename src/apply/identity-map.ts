/** One table's rows within a group: read at most once, changed in memory, written back together. */
export type IdentityMap<Row> = {
  get(key: string): Row | null
  /** The row as the database has it; null when it was not read. */
  stored(key: string): Row | null
  /** Adds rows read from the database; a row that the group already has stays as it is. */
  load(rows: readonly Row[]): void
  put(row: Row): void
  filter(isWanted: (row: Row) => boolean): readonly Row[]
  /** The rows to write, sorted by key, so that every process locks them in one order. */
  changed(): readonly Row[]
}

export function createIdentityMap<Row>(keyOf: (row: Row) => string): IdentityMap<Row> {
  const rows = new Map<string, Row>()
  const stored = new Map<string, Row>()
  const changed = new Set<string>()
  return {
    get: (key) => rows.get(key) ?? null,
    stored: (key) => stored.get(key) ?? null,
    load(read) {
      for (const row of read) {
        const key = keyOf(row)
        if (rows.has(key)) continue
        rows.set(key, row)
        stored.set(key, row)
      }
    },
    put(row) {
      rows.set(keyOf(row), row)
      changed.add(keyOf(row))
    },
    filter: (isWanted) => [...rows.values()].filter(isWanted),
    changed: () => [...changed].sort().flatMap((key) => rows.get(key) ?? []),
  }
}
