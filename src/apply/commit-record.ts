// What the last commits came to. Nothing says better what the next delivery will get, for as long as it is fresh. What was long in
// coming is not: the next delivery may meet something else.

export type CommitRecord = {
  /** Null: it succeeded. */
  note(problem: string | null, commit: { readonly beganAt: number; readonly hasDelivery: boolean }): void
  /** Why the last one failed; null once one has succeeded, or enough were rehearsed. */
  problem(): string | null
  /** What a rehearsed delivery came to. */
  noteRehearsal(problem: string | null): void
  /** Whether one has failed, and neither was a delivery committed since, nor could enough of them be rehearsed. */
  isUncertain(): boolean
  /** What the last one came to; undefined when that is no longer fresh. */
  fresh(): string | null | undefined
  /** Calls `listener` with what each comes to from now on, and whether it is fresh, until the returned function is called. */
  onEach(listener: CommitListener): () => void
}

type CommitListener = (problem: string | null, isFresh: boolean) => void

const FRESH_MS = 500
/** In a row. Each leaves some 100 KB behind until a vacuum: in a silent night they must end. */
const ENOUGH_REHEARSALS = 20

export function openCommitRecord(): CommitRecord {
  let problem: string | null = null
  let isUncertain = false
  let rehearsed = 0
  let fresh: { readonly problem: string | null; readonly until: number } | null = null
  const listeners = new Set<CommitListener>()
  return {
    note(found, { beganAt, hasDelivery }) {
      problem = found
      // What writes less than a delivery may fit where none does.
      if (found === null && isUncertain && !hasDelivery) return
      isUncertain = found !== null
      rehearsed = 0
      fresh = { problem, until: beganAt + FRESH_MS }
      const isFresh = performance.now() < fresh.until
      for (const listener of listeners) listener(found, isFresh)
    },
    noteRehearsal(found) {
      rehearsed = found === null ? rehearsed + 1 : 0
      if (rehearsed < ENOUGH_REHEARSALS) return
      isUncertain = false
      problem = null
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
