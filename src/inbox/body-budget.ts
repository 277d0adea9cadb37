// How much memory the bodies of deliveries may take while they arrive and are applied. Large bodies have a budget of their
// own, so that a few of them cannot keep out the many small ones. Whoever sends slowly cannot keep the others out
// either: where there is no room, the body that has been unfinished for longest goes.

/** A body that takes room from its first byte until its delivery has been answered. */
export type BudgetedBody = {
  /** Takes room for more bytes, perhaps by turning other bodies away, or this one. */
  grow(bytes: number): void
  /** It has arrived: from here on it is not turned away. */
  finish(): void
  release(): void
}

export type BodyBudget = {
  /** `turnAway` is called at most once, before the body is finished. */
  admit(announcedBytes: number, turnAway: () => void): BudgetedBody
}

export type BudgetSizes = {
  /** A body above this is large. */
  readonly largeFrom: number
  readonly mostSmallBytes: number
  readonly mostLargeBytes: number
}

type Entry = { bytes: number; isLarge: boolean; isFinished: boolean; readonly turnAway: () => void }

export function openBodyBudget({ largeFrom, mostSmallBytes, mostLargeBytes }: BudgetSizes): BodyBudget {
  /** In the order of their arrival. */
  const entries = new Set<Entry>()
  const used = { small: 0, large: 0 }

  function add(entry: Entry, bytes: number): void {
    used[entry.isLarge ? 'large' : 'small'] += bytes
    entry.bytes += bytes
  }

  function release(entry: Entry): void {
    if (entries.delete(entry)) add(entry, -entry.bytes)
  }

  function hasRoom(isLarge: boolean): boolean {
    return isLarge ? used.large <= mostLargeBytes : used.small <= mostSmallBytes
  }

  function grow(entry: Entry, bytes: number): void {
    if (!entries.has(entry)) return
    if (!entry.isLarge && entry.bytes + bytes > largeFrom) {
      const former = entry.bytes
      add(entry, -former)
      entry.isLarge = true
      add(entry, former)
    }
    add(entry, bytes)
    while (entries.has(entry) && !hasRoom(entry.isLarge)) {
      const oldest = [...entries].find(({ isFinished, isLarge }) => !isFinished && isLarge === entry.isLarge) ?? entry
      release(oldest)
      oldest.turnAway()
    }
  }

  return {
    admit(announcedBytes, turnAway) {
      const entry: Entry = { bytes: 0, isLarge: announcedBytes > largeFrom, isFinished: false, turnAway }
      entries.add(entry)
      return {
        grow: (bytes) => grow(entry, bytes),
        finish() {
          entry.isFinished = true
        },
        release: () => release(entry),
      }
    },
  }
}
