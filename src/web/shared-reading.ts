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
