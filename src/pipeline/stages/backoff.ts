import type { Instant } from '../model/time.ts'

// How long a stage rests before it is tried again.
const FIRST_MS = 30_000
const MAX_MS = 15 * 60_000

/**
 * When the next attempt may begin after that many failures in a row: `min(30 s · 2ⁿ, 15 min)`, less up to a quarter so
 * that what failed together does not come back together. The same key always rests equally long.
 */
export function retryAfter(failedAt: Instant, failures: number, key: string): Instant {
  const full = Math.min(FIRST_MS * 2 ** (failures - 1), MAX_MS)
  const rest = full * (1 - jitterOf(key) / 4)
  // Whole seconds, so that the words and the moment are the same.
  return new Date(Math.ceil((Date.parse(failedAt) + rest) / 1000) * 1000).toISOString()
}

/** A number in [0, 1) that depends on the text alone (FNV-1a). */
function jitterOf(text: string): number {
  let hash = 0x811c9dc5
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash / 2 ** 32
}
