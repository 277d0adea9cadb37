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

/** Reads what the key names; whoever asks for the same while it is being read shares the next reading. */
export type ShareNext<T> = (key: string, read: () => Promise<T>) => Promise<T>

/**
 * However many ask at once, two readings answer them: the one that runs, and one that begins after they asked, so that
 * nobody is shown less than was committed before.
 */
export function shareNextReadings<T>(): ShareNext<T> {
  const running = new Map<string, Promise<T>>()
  const queued = new Map<string, Promise<T>>()
  return (key, read) => {
    const begin = () => {
      queued.delete(key)
      const reading = read().finally(() => running.delete(key))
      running.set(key, reading)
      return reading
    }
    const current = running.get(key)
    if (current === undefined) return begin()
    const next = queued.get(key) ?? current.then(begin, begin)
    queued.set(key, next)
    return next
  }
}
