import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import {
  blockBudgetUntil,
  countWrite,
  isPublicationsTurn,
  reserveSlot,
  UNSPENT_BUDGET,
  type WriteBudget,
  type WriteKind,
} from '../../src/outbox/write-budget.ts'

const START = Date.parse('2026-11-21T14:00:00.000Z')
const at = (ms: number) => new Date(START + ms).toISOString()

test('the first write is granted at once, and the next a second later', () => {
  const first = reserveSlot(UNSPENT_BUDGET, 'change', at(0))
  expect(first.granted).toBe(true)
  const { budget } = first as { budget: WriteBudget }
  expect(reserveSlot(budget, 'change', at(999))).toMatchObject({ granted: false })
  const denied = reserveSlot(budget, 'create', at(1)) as { until: string }
  expect(Date.parse(denied.until) - START).toBeGreaterThanOrEqual(1_000)
  expect(reserveSlot(budget, 'change', denied.until).granted).toBe(true)
})

test('the 81st creation waits until the first has surely been at GitHub for a minute, an edit does not', () => {
  const creations = Array.from({ length: 80 }, (_, index) => at(index * 100))
  const budget = { ...UNSPENT_BUDGET, creations }
  expect(reserveSlot(budget, 'create', at(30_000))).toEqual({ granted: false, until: at(70_001) })
  expect(reserveSlot(budget, 'change', at(30_000)).granted).toBe(true)
  expect(reserveSlot(budget, 'create', at(70_000)).granted).toBe(false)
  expect(reserveSlot(budget, 'create', at(70_001)).granted).toBe(true)
})

test('the 501st creation waits until the first has surely been there for an hour', () => {
  const creations = Array.from({ length: 500 }, (_, index) => at(index * 5_000))
  const budget = { ...UNSPENT_BUDGET, creations }
  expect(reserveSlot(budget, 'create', at(3_000_000))).toEqual({ granted: false, until: at(3_610_001) })
  const granted = reserveSlot(budget, 'create', at(3_610_001)) as { budget: WriteBudget }
  expect(granted.budget.creations).toHaveLength(500)
})

test('publications leave two hundred creations within a quarter of an hour to what people wait for', () => {
  let budget = UNSPENT_BUDGET
  let published = 0
  for (let ms = 0; ms < 20 * 60_000; ms += 1_050) {
    const reservation = reserveSlot(budget, 'create', at(ms), { leaving: 0 })
    if (!reservation.granted) continue
    published += 1
    budget = reservation.budget
  }
  let granted = 0
  for (let ms = 20 * 60_000; ms < 35 * 60_000; ms += 1_050) {
    const reservation = reserveSlot(budget, 'create', at(ms))
    if (!reservation.granted) continue
    granted += 1
    budget = reservation.budget
  }
  expect([published, granted]).toEqual([300, 200])
  expect(reserveSlot(budget, 'create', at(36 * 60_000), { leaving: 0 }).granted).toBe(false)
  expect(reserveSlot(budget, 'change', at(36 * 60_000), { leaving: 0 }).granted).toBe(true)
})

test('publications leave room to what waits already, beside these two hundred', () => {
  const creations = Array.from({ length: 199 }, (_, index) => at(index * 1_050))
  const grantedLeaving = (leaving: number) =>
    reserveSlot({ ...UNSPENT_BUDGET, creations }, 'create', at(300_000), { leaving }).granted
  expect([100, 101, 300, 1_000].map(grantedLeaving)).toEqual([true, false, false, false])
})

test('a wait that GitHub asks for blocks every write, and the longest counts', () => {
  const blocked = blockBudgetUntil(blockBudgetUntil(UNSPENT_BUDGET, at(60_000)), at(30_000))
  expect(reserveSlot(blocked, 'change', at(59_999))).toEqual({ granted: false, until: at(60_000) })
  expect(reserveSlot(blocked, 'create', at(60_000)).granted).toBe(true)
})

test('after three writes that are no publications the next slot is one’s, and stays so until one is written', () => {
  const turns = Array.from({ length: 5 }, (_, writes) => {
    return isPublicationsTurn({ ...UNSPENT_BUDGET, writesSincePublication: writes })
  })
  expect(turns).toEqual([false, false, false, true, true])
  const once = countWrite(UNSPENT_BUDGET, false)
  expect([once, countWrite(once, true)].map((budget) => budget.writesSincePublication)).toEqual([1, 0])
})

test('seeded traffic of three hours never passes a limit, wastes none, and starves nobody', () => {
  const SEED = 42
  const chance = seededRandom(SEED)
  // Twenty pipelines in four processes want to write again after a while, as the outbox queues them: the one that was
  // served longest ago comes first, and one that was denied keeps its place.
  const writers = Array.from({ length: 20 }, (_, id) => ({
    id,
    servedAt: -id,
    wantsAt: 0,
    after: 0,
    next: pickWrite(),
  }))
  const writes: { ms: number; write: WriteKind }[] = []
  const blocks: { from: number; until: number }[] = []
  let budget = UNSPENT_BUDGET
  let longestWait = 0
  for (let ms = 0; ms < 3 * 3_600_000; ms += 50 + chance.integer(200)) {
    if (chance.next() < 0.0002) {
      blocks.push({ from: ms, until: ms + 60_000 })
      budget = blockBudgetUntil(budget, at(ms + 60_000))
    }
    const waiting = writers.filter(({ after }) => after <= ms).sort((a, b) => a.servedAt - b.servedAt)
    for (const writer of waiting) {
      const reservation = reserveSlot(budget, writer.next, at(ms))
      if (!reservation.granted) {
        writer.after = Date.parse(reservation.until) - START
        continue
      }
      budget = reservation.budget
      writes.push({ ms, write: writer.next })
      longestWait = Math.max(longestWait, ms - writer.wantsAt)
      writer.servedAt = ms
      writer.wantsAt = ms + chance.integer(20_000)
      writer.after = writer.wantsAt
      writer.next = pickWrite()
    }
  }

  function pickWrite(): WriteKind {
    return chance.next() < 0.3 ? 'create' : 'change'
  }

  const creations = writes.filter(({ write }) => write === 'create').map(({ ms }) => ms)
  const gaps = writes.slice(1).map(({ ms }, index) => ms - (writes[index]?.ms ?? 0))
  const figures = {
    seed: SEED,
    writes: writes.length,
    creations: creations.length,
    smallestGapMs: Math.min(...gaps),
    mostInAMinute: mostWithin(creations, 60_000),
    mostInAnHour: mostWithin(creations, 3_600_000),
    inSilence: writes.filter(({ ms }) => blocks.some(({ from, until }) => ms >= from && ms < until)).length,
    longestWaitMinutes: Math.round(longestWait / 60_000),
  }
  console.log('budget:', figures)
  expect(figures.smallestGapMs).toBeGreaterThanOrEqual(1_000)
  expect(figures.mostInAMinute).toBeLessThanOrEqual(80)
  expect(figures.mostInAnHour).toBe(500)
  expect(figures.inSilence).toBe(0)
  expect(figures.longestWaitMinutes).toBeLessThan(60)
  expect(new Set(writers.map(({ servedAt }) => servedAt > 2 * 3_600_000))).toEqual(new Set([true]))
})

/** The highest number of times in any window of that length, both ends included. */
function mostWithin(times: readonly number[], ms: number): number {
  let from = 0
  let most = 0
  for (const [to, moment] of times.entries()) {
    while (moment - (times[from] ?? 0) > ms) from += 1
    most = Math.max(most, to - from + 1)
  }
  return most
}
