import type { IdentityMap } from './identity-map.ts'

/** One kind of lookup in the database, many keys at a time, each at most once per group. */
export type Lookup<Key, Found> = {
  /** Undefined until the key is loaded. */
  readonly find: (key: Key) => Found | undefined
  readonly load: (keys: readonly Key[]) => Promise<void>
}

/** Finds rows in the group's identity map, once they are loaded. */
export function lookupRows<Key, Row, Found>(
  rows: IdentityMap<Row>,
  fetch: (keys: readonly Key[]) => Promise<readonly Row[]>,
  find: (key: Key) => Found,
): Lookup<Key, Found> {
  const read = new Set<string>()
  return {
    find: (key) => (read.has(JSON.stringify(key)) ? find(key) : undefined),
    async load(keys) {
      const unread = unreadOf(keys, read)
      if (unread.size === 0) return
      rows.load(await fetch([...unread.values()]))
      for (const name of unread.keys()) read.add(name)
    },
  }
}

/** Caches each answer by its key. */
export function lookupAnswers<Key, Found>(
  fetch: (key: Key) => Promise<Found>,
): Lookup<Key, Found> & { put(key: Key, found: Found): void } {
  const answers = new Map<string, Found>()
  return {
    find: (key) => answers.get(JSON.stringify(key)),
    async load(keys) {
      for (const [name, key] of unreadOf(keys, answers)) answers.set(name, await fetch(key))
    },
    put: (key, found) => answers.set(JSON.stringify(key), found),
  }
}

function unreadOf<Key>(keys: readonly Key[], read: { has(name: string): boolean }): ReadonlyMap<string, Key> {
  return new Map(keys.map((key) => [JSON.stringify(key), key] as const).filter(([name]) => !read.has(name)))
}
