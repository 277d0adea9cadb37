// What the last commits came to. Nothing says better what the next delivery will get, for as long as it is fresh. What was long in
// coming is not: the next delivery may meet something else.

export type CommitRecord = {
  /** Null: it succeeded. */
  note(problem: string | null, commit: { readonly beganAt: number; readonly hasDelivery: boolean }): void
  /** Why the last one failed; null once one has succeeded. */
  problem(): string | null
  /** Whether one has failed, and no delivery was committed since. */
  isUncertain(): boolean
  /** What the last one came to; undefined when that is no longer fresh. */
  fresh(): string | null | undefined
  /** Calls `listener` with what each comes to from now on, and whether it is fresh, until the returned function is called. */
  onEach(listener: CommitListener): () => void
}

type CommitListener = (problem: string | null, isFresh: boolean) => void

const FRESH_MS = 500

export function openCommitRecord(): CommitRecord {
  let problem: string | null = null
  let isUncertain = false
  let fresh: { readonly problem: string | null; readonly until: number } | null = null
  const listeners = new Set<CommitListener>()
  return {
    note(found, { beganAt, hasDelivery }) {
      problem = found
      // What writes less than a delivery may fit where none does.
      if (found === null && isUncertain && !hasDelivery) return
      isUncertain = found !== null
      fresh = { problem, until: beganAt + FRESH_MS }
      const isFresh = performance.now() < fresh.until
      for (const listener of listeners) listener(found, isFresh)
    },
    problem: () => problem,
    isUncertain: () => isUncertain,
    fresh: () => (fresh !== null && performance.now() < fresh.until ? fresh.problem : undefined),
    onEach(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
