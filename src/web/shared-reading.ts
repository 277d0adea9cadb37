/**
 * One reading for all who ask while it runs, and for `everyMs` after it began: however many ask, the database is read
 * once. A failure is shared too.
 */
export function shareReading<T>(read: () => Promise<T>, everyMs: number): () => Promise<T> {
  let latest: { readonly reading: Promise<T>; readonly beganAt: number } | null = null
  let isRunning = false
  return () => {
    if (latest !== null && (isRunning || performance.now() - latest.beganAt < everyMs)) return latest.reading
    isRunning = true
    const reading = read().finally(() => {
      isRunning = false
    })
    latest = { reading, beganAt: performance.now() }
    return reading
  }
}

/** Reads what the key names, as the same thing always; whoever asks for the same before that begins shares it. */
export type ShareNext = <T>(key: string, read: () => Promise<T>) => Promise<T>

type Waiting = { readonly reading: Promise<unknown>; begin(): void }

/**
 * At most so many readings at once, and one of each key: a crowd leaves connections to others. However many ask at once,
 * two readings of a key answer them: the one that runs, and one that begins after they asked, so that nobody is shown less
 * than was committed before. Who has waited longest comes first.
 */
export function shareNextReadings(atOnce = Number.POSITIVE_INFINITY): ShareNext {
  const running = new Set<string>()
  const waiting = new Map<string, Waiting>()

  function beginNext(): void {
    for (const [key, { begin }] of waiting) {
      if (running.size >= atOnce) return
      if (running.has(key)) continue
      waiting.delete(key)
      running.add(key)
      begin()
    }
  }

  return <T>(key: string, read: () => Promise<T>) => {
    const known = waiting.get(key)
    // A key names one thing, so its readings are of one kind.
    if (known !== undefined) return known.reading as Promise<T>
    const { promise, resolve } = Promise.withResolvers<T>()
    const end = () => {
      running.delete(key)
      beginNext()
    }
    waiting.set(key, { reading: promise, begin: () => resolve(read().finally(end)) })
    // All whom one change wakes ask in this moment.
    setImmediate(beginNext)
    return promise
  }
}
