// However many ask for the health, the readiness and the metrics, the database is read once a second, and who asks is
// answered within a second whatever hangs.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { healthz, openProbeReadings, readyz } from '../../src/web/probes.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const hub = { streamCount: () => 0 } as unknown as Parameters<typeof healthz>[0]['hub']

function openReadings(read: () => Promise<never> | Promise<null>) {
  let count = 0
  const counted = () => {
    count++
    return read()
  }
  const reader = { loadBoard: counted, whyNotReady: counted } as unknown as Parameters<
    typeof openProbeReadings
  >[0]['reader']
  const readings = openProbeReadings({ reader, health: async () => ({}), everyMs: 1_000 })
  return { readings, count: () => count }
}

test('a thousand probes at once are one reading, and so are all within a second', async () => {
  const { readings, count } = openReadings(async () => null)
  await Promise.all(Array.from({ length: 1_000 }, () => readyz(readings)))
  await vi.advanceTimersByTimeAsync(990)
  expect(await readyz(readings)).toEqual({ ready: true, reason: null })
  expect(count()).toBe(1)
  await vi.advanceTimersByTimeAsync(20)
  await readyz(readings)
  expect(count()).toBe(2)
})

test('while deliveries come, the door answers, and nothing is read', async () => {
  const reader = { whyNotReady: () => Promise.reject(new Error('the connection is dead')) }
  const answers: (string | null)[] = [null, 'deliveries cannot be stored (no room)']
  const readings = openProbeReadings({
    reader: reader as unknown as Parameters<typeof openProbeReadings>[0]['reader'],
    health: async () => ({}),
    door: { whyClosed: async () => answers.shift() ?? null },
    everyMs: 1_000,
  })
  expect(await readyz(readings)).toEqual({ ready: true, reason: null })
  expect(await readyz(readings)).toEqual({ ready: false, reason: 'deliveries cannot be stored (no room)' })
})

test('probes that wait for a reading that hangs start no other, and are answered within a second', async () => {
  const { readings, count } = openReadings(() => new Promise(() => undefined))
  for (let second = 1; second <= 5; second++) {
    const health = healthz({ readings, hub, build: 'test' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await health).toMatchObject({
      status: 'degraded',
      degraded: ['the database cannot be read'],
    })
  }
  expect(count()).toBe(1)
})
