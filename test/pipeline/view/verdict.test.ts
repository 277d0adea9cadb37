// The verdict over every combination of counts that a board can have.
import { expect, test } from 'vitest'
import { type LineCounts, type LineVerdict, verdictOf } from '../../../src/pipeline/view/verdict.ts'

/** How many pipelines of each kind, and whether a file is mistaken. */
type Kinds = Readonly<Record<(typeof KINDS)[number], number>>
const KINDS = ['moving', 'waiting', 'review', 'failed', 'held', 'stalled', 'stale', 'unknown', 'mistaken'] as const

function* everyBoard(): Generator<Kinds> {
  for (let code = 0; code < 3 ** KINDS.length; code++) {
    yield Object.fromEntries(KINDS.map((kind, place) => [kind, Math.floor(code / 3 ** place) % 3])) as Kinds
  }
}

function countsOf(kinds: Kinds): LineCounts {
  const { moving, waiting, review, failed, held, stalled, stale, unknown, mistaken } = kinds
  const needy = review + failed + held + stalled + stale + unknown
  return { moving, failed, held, stalled, stale, unknown, open: moving + waiting + needy, needsYou: needy + mistaken }
}

/** What must hold of each verdict, said without the rules that make it. */
const MEANS: Readonly<Record<LineVerdict, (kinds: Kinds, counts: LineCounts) => boolean>> = {
  running: ({ moving }, { needsYou }) => moving > 0 && needsYou === 0,
  'waiting-for-you': ({ failed, held, stalled, stale, moving }, { needsYou }) =>
    needsYou > 0 && (moving > 0 || failed + held + stalled + stale === 0),
  'standing-still': ({ moving }, { open }) => moving === 0 && open > 0,
  'nothing-to-do': (_, { open, needsYou }) => open === 0 && needsYou === 0,
  'cannot-know': ({ moving, unknown }) => moving === 0 && unknown > 0,
}

test('every board has the one verdict that is true of it', () => {
  const seen: Partial<Record<LineVerdict, number>> = {}
  for (const kinds of everyBoard()) {
    const counts = countsOf(kinds)
    const verdict = verdictOf(counts, false)
    expect(MEANS[verdict](kinds, counts), `${verdict} of ${JSON.stringify(kinds)}`).toBe(true)
    // Who needs somebody is never told that all is well.
    if (counts.needsYou > 0) expect(['running', 'nothing-to-do']).not.toContain(verdict)
    expect(verdictOf(counts, true)).toBe('cannot-know')
    seen[verdict] = (seen[verdict] ?? 0) + 1
  }
  console.log(`${3 ** KINDS.length} boards`, seen)
  expect(Object.keys(seen).toSorted()).toEqual(Object.keys(MEANS).toSorted())
})

test.each<[Partial<Kinds>, LineVerdict]>([
  [{}, 'nothing-to-do'],
  [{ moving: 2 }, 'running'],
  [{ moving: 2, waiting: 1 }, 'running'],
  [{ waiting: 2 }, 'standing-still'],
  [{ review: 1 }, 'waiting-for-you'],
  [{ review: 1, moving: 1 }, 'waiting-for-you'],
  [{ mistaken: 1 }, 'waiting-for-you'],
  [{ failed: 1 }, 'standing-still'],
  [{ failed: 1, moving: 1 }, 'waiting-for-you'],
  [{ held: 3 }, 'standing-still'],
  [{ stalled: 1, review: 1 }, 'standing-still'],
  [{ unknown: 1 }, 'cannot-know'],
  [{ unknown: 1, review: 1 }, 'cannot-know'],
  [{ unknown: 1, moving: 1 }, 'waiting-for-you'],
])('a board with %o is %s', (some, verdict) => {
  const none = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Kinds
  expect(verdictOf(countsOf({ ...none, ...some }), false)).toBe(verdict)
})
