// The fold of a breaker: the order in which attempts are looked at changes nothing.
import { expect, test } from 'vitest'
import { breakerAfter, CLOSED_BREAKER, withAdmitted } from '../../../src/pipeline/stages/breaker.ts'
import { minutesAfterNine } from '../../support/pipeline-fixtures.ts'

const CONFIG = { failures: 3, withinSeconds: 60 }
const NOW = minutesAfterNine(20)

/** An attempt of each issue, how many minutes after nine it ended, and whether it failed. */
function observe(issueNumber: number, minute: number, isFailed: boolean) {
  const startedAt = minutesAfterNine(minute - 0.5)
  const key = `${issueNumber}/plan/1-x`
  const trial = { key, issueNumber, startedAt, at: minutesAfterNine(minute), isFailed }
  return { workflow: 'plan.yml', key, isLive: false, isSent: true, startedAt, isFailing: isFailed, trial }
}

test.each([
  [
    'three failures near each other trip it',
    [
      [1, 1, true],
      [2, 2, true],
      [3, 3, true],
    ],
    [1, 2, 3],
  ],
  [
    'a success between them does not',
    [
      [1, 1, true],
      [2, 2, true],
      [9, 2.5, false],
      [3, 3, true],
    ],
    null,
  ],
  [
    'failures too far apart do not',
    [
      [1, 1, true],
      [2, 5, true],
      [3, 9, true],
    ],
    null,
  ],
  [
    'one that started afterwards and works lets go',
    [
      [1, 1, true],
      [2, 2, true],
      [3, 3, true],
      [4, 8, false],
    ],
    null,
  ],
  [
    'one that had started before does not',
    [
      [1, 1, true],
      [2, 2, true],
      [3, 3, true],
      [4, 3.25, false],
    ],
    [1, 2, 3],
  ],
] as const)('%s, in any order', (_, trials, expected) => {
  const observed = trials.map(([issue, minute, isFailed]) => observe(issue, minute, isFailed))
  const admitted = observed.reduce(
    (b, { key, trial }) => withAdmitted(b, key, trial.issueNumber, false),
    CLOSED_BREAKER,
  )
  for (const order of permutations(observed)) {
    const breaker = order.reduce((before, one) => breakerAfter(before, [one], CONFIG, NOW), admitted)
    expect(breaker.trip?.issues ?? null).toEqual(expected)
  }
})

function permutations<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length === 0) return [[]]
  return all.flatMap((one, index) => permutations(all.toSpliced(index, 1)).map((others) => [one, ...others]))
}
