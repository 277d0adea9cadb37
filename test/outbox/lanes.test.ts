// Lanes without GitHub: works that a test ends when it likes.
import { expect, test } from 'vitest'
import { type LaneKind, type LaneWork, openLanes } from '../../src/outbox/lanes.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'

function due(installationId: number, kind: LaneKind = 'write', o: Partial<LaneWork> = {}): LaneWork {
  return { installationId, kind, due: [], isUrgent: false, count: 1, ...o }
}

function openWorld() {
  const started: { readonly work: LaneWork; readonly end: PromiseWithResolvers<number> }[] = []
  const suspects = new Set<number>()
  const overQuota = new Set<number>()
  const world = { minute: 0, freed: 0, isStopping: false }
  const lanes = openLanes<string>({
    perform(work) {
      const end = Promise.withResolvers<number>()
      started.push({ work, end })
      return end.promise
    },
    isSuspect: (installationId) => suspects.has(installationId),
    mayRead: (installationId) => !overQuota.has(installationId),
    freed: () => {
      world.freed += 1
    },
    isStopping: () => world.isStopping,
    now: () => minutesAfterNine(world.minute),
  })
  return {
    ...lanes,
    world,
    started,
    suspects,
    overQuota,
    names: () => started.map(({ work }) => `${work.installationId} ${work.kind}`),
    async end(nth: number, done: number | Error = 1) {
      const { end } = started[nth] ?? {}
      if (done instanceof Error) end?.reject(done)
      else end?.resolve(done)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('an installation gets one lane to write, three to read and one for permissions, whatever is due', () => {
  const lanes = openWorld()
  lanes.offer([due(1), due(1, 'read', { count: 50 }), due(1, 'permission', { count: 9 })])
  lanes.offer([due(1), due(1, 'read', { count: 50 }), due(1, 'permission', { count: 9 })])
  expect(lanes.names().sort()).toEqual(['1 permission', '1 read', '1 read', '1 read', '1 write'])
})

test('an installation that has read much writes and asks for permissions, and reads again later', () => {
  const lanes = openWorld()
  lanes.overQuota.add(1)
  const all = [due(1), due(1, 'read', { count: 50 }), due(1, 'permission'), due(2, 'read')]
  lanes.offer(all)
  expect(lanes.names().sort()).toEqual(['1 permission', '1 write', '2 read'])
  lanes.overQuota.delete(1)
  lanes.offer(all)
  expect(lanes.names().filter((name) => name === '1 read')).toHaveLength(3)
})

test('sixteen lanes are never exceeded, and one that ends takes the next work at once', async () => {
  const lanes = openWorld()
  const ids = Array.from({ length: 20 }, (_, index) => index + 1)
  lanes.offer(ids.map((id) => due(id)))
  expect(lanes.started).toHaveLength(16)
  await lanes.end(0)
  expect(lanes.names().at(-1)).toBe('17 write')
  expect([lanes.started.length, lanes.world.freed]).toEqual([17, 0])
})

test('while one installation hangs, the others’ writes go out one after the other', async () => {
  const lanes = openWorld()
  lanes.offer([due(1), due(1, 'read', { count: 99 }), due(2), due(3)])
  for (let round = 0; round < 20; round += 1) {
    for (const [nth, { work }] of lanes.started.entries()) if (work.installationId !== 1) await lanes.end(nth)
    lanes.offer([due(1), due(1, 'read', { count: 99 }), due(2), due(3)])
  }
  const writes = (id: number) => lanes.names().filter((name) => name === `${id} write`).length
  expect([writes(1), writes(2), writes(3)]).toEqual([1, 21, 21])
})

test('the installation that was served longest ago comes first, and urgent work before all others', async () => {
  const lanes = openWorld()
  lanes.offer(Array.from({ length: 16 }, (_, index) => due(index + 1)))
  lanes.offer([due(3), due(2), due(1), due(99), due(2, 'permission', { isUrgent: true })])
  for (let nth = 0; nth < 5; nth += 1) await lanes.end(nth)
  expect(lanes.names().slice(16)).toEqual(['2 permission', '99 write', '1 write', '3 write', '2 write'])
})

test('one that has not answered lately gets one lane, until it answers', async () => {
  const lanes = openWorld()
  lanes.suspects.add(1)
  lanes.offer([due(1, 'read', { count: 3 }), due(1), due(2, 'read', { count: 2 })])
  expect(lanes.names()).toEqual(['1 read', '2 read', '2 read'])
  lanes.suspects.clear()
  await lanes.end(0)
  expect(lanes.names().slice(3).sort()).toEqual(['1 read', '1 read', '1 write'])
})

test('a lane that fails harms no other, and its error is kept for the loop', async () => {
  const lanes = openWorld()
  lanes.offer([due(1), due(2)])
  await lanes.end(0, new Error('the database is away'))
  expect(lanes.takeErrors()).toEqual([new Error('the database is away')])
  expect(lanes.takeErrors()).toEqual([])
  await lanes.end(1)
  expect(lanes.world.freed).toBe(1)
  await lanes.idle()
})

test('what is in progress is known by its beginning, and after `stopping` nothing more is started', async () => {
  const lanes = openWorld()
  expect(lanes.inFlightSince()).toBeNull()
  lanes.offer([due(1), due(1, 'read', { count: 9 })])
  lanes.world.minute = 5
  lanes.offer([due(2)])
  expect(lanes.inFlightSince()).toBe(minutesAfterNine(0))
  lanes.world.isStopping = true
  const idle = lanes.idle()
  for (let nth = 0; nth < 5; nth += 1) await lanes.end(nth)
  await idle
  expect([lanes.started.length, lanes.inFlightSince(), lanes.world.freed]).toEqual([5, null, 0])
})
