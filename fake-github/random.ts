// Seeded chance, so that a misfortune can be told again from its seed.

export type Random = {
  /** A number in [0, 1). */
  next(): number
  /** True in about that share of calls. */
  chance(share: number): boolean
  /** A whole number from 0 to below `bound`. */
  integer(bound: number): number
  pick<T>(list: readonly T[]): T
}

/** Mulberry32: small, fast and the same everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    chance: (share) => share >= 1 || next() < share,
    integer: (bound) => Math.floor(next() * bound),
    pick: (list) => list[Math.floor(next() * list.length)]!,
  }
}
