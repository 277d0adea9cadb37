/** Repeatable randomness: the same seed always gives the same choices. */
export type SeededRandom = {
  /** A number in [0, 1). */
  next(): number
  /** True in about that share of calls. */
  chance(share: number): boolean
  /** A whole number from 0 to below `bound`. */
  integer(bound: number): number
  pick<T>(list: readonly T[]): T
  shuffle<T>(list: readonly T[]): T[]
}

/** Mulberry32: small, fast and the same everywhere. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (bound: number) => Math.floor(next() * bound)
  return {
    next,
    chance: (share) => share >= 1 || next() < share,
    integer,
    pick(list) {
      if (list.length === 0) throw new Error('nothing to pick from')
      return list[integer(list.length)]!
    },
    shuffle(list) {
      const shuffled = [...list]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = integer(last + 1)
        ;[shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!]
      }
      return shuffled
    },
  }
}
