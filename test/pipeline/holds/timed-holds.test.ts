// Holds with an end: which of them stands, in any order in which holds, releases and ends are learnt.
import { expect, test } from 'vitest'
import { activeHold, latestHoldOrRelease, withoutEndedHold } from '../../../src/pipeline/holds/holds.ts'
import type { HoldOrRelease } from '../../../src/pipeline/model/hold.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'

const LATE = minutesAfterNine(600)

function word(id: number, reason: string | null, since: number, until?: number): HoldOrRelease {
  const at = minutesAfterNine(since)
  const evidence = { kind: 'command', id: String(id), at } as const
  const common = { place: { kind: 'issue' }, by: 'ada', reason, since: at, evidence } as const
  return until === undefined ? common : { ...common, until: minutesAfterNine(until) }
}

const WORDS = [
  word(1, 'first', 1, 60),
  word(2, 'longer', 2, 120),
  word(3, null, 3),
  word(4, 'after the release', 4, 90),
  word(5, 'for good', 5),
  word(6, null, 6),
  word(7, 'short', 7, 30),
]

function permutations<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length === 0) return [[]]
  return all.flatMap((one, index) => permutations(all.toSpliced(index, 1)).map((others) => [one, ...others]))
}

test.each([
  [
    'one that lasts longer outlives a shorter one',
    [1, 2],
    [
      [50, 'longer'],
      [119, 'longer'],
      [120, null],
    ],
  ],
  [
    'a release ends those before it, not those after it',
    [1, 2, 3, 4],
    [
      [10, 'after the release'],
      [95, null],
    ],
  ],
  ['one without an end stays', [1, 2, 5], [[600, 'for good']]],
  [
    'the end of one changes nothing about a newer one',
    [4, 6, 7, 5, 1],
    [
      [10, 'short'],
      [30, null],
    ],
  ],
  [
    'nothing comes back after a release',
    [1, 2, 5, 6],
    [
      [10, null],
      [600, null],
    ],
  ],
] as const)('%s, in any order', (_, ids, expected) => {
  for (const order of permutations(WORDS.filter((_, index) => (ids as readonly number[]).includes(index + 1)))) {
    for (const [minute, reason] of expected) {
      const now = minutesAfterNine(minute)
      // The clock may come by between any two of them.
      for (let ended = 0; ended <= order.length; ended += 1) {
        const at = (index: number, stored: HoldOrRelease | null) =>
          index < ended ? stored : withoutEndedHold(stored, now)
        const stored = order.reduce<HoldOrRelease | null>(
          (latest, added, index) => at(index, latestHoldOrRelease(latest, added)),
          null,
        )
        expect(activeHold(withoutEndedHold(stored, now))?.reason ?? null).toBe(reason)
      }
    }
  }
  expect(withoutEndedHold(null, LATE)).toBeNull()
})
