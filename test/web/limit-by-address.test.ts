// Who shares a limit, and that counting stays within bounds, whatever addresses are invented.
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { TooManyRequests } from '../../src/web/http-errors.ts'
import { limitByAddress } from '../../src/web/limit-by-address.ts'
import type { HonoEnv } from '../../src/web/site.ts'
import { manualClock } from '../support/manual-clock.ts'

const HTTPS = 'https://andon.example.com'

function openLimited(o: { baseUrl?: string; most?: number; mostAddresses?: number } = {}) {
  const clock = manualClock('2026-11-20T08:00:00.000Z')
  const app = new Hono<HonoEnv>()
  app.use(limitByAddress({ baseUrl: HTTPS, most: 1, now: clock.now, ...o }))
  app.get('/', (context) => context.text('welcome'))
  app.onError((error, context) =>
    context.text(String(error instanceof TooManyRequests && error.retryAfterSeconds), 429),
  )
  return {
    clock,
    /** 200, or for how many seconds there is no other. */
    async try(forwarded: string | null, remoteAddress = '10.0.0.1'): Promise<number> {
      const headers = forwarded === null ? undefined : { 'x-forwarded-for': forwarded }
      const answer = await app.request('/', { headers: headers ?? {} }, { incoming: { socket: { remoteAddress } } })
      return answer.status === 200 ? 200 : Number(await answer.text())
    },
  }
}

test('each address has its own minute', async () => {
  const limited = openLimited({ most: 2 })
  const ada = () => limited.try('192.0.2.1')
  expect([await ada(), await ada(), await ada()]).toEqual([200, 200, 60])
  expect(await limited.try('192.0.2.2')).toBe(200)
  limited.clock.advance(59)
  expect(await ada()).toBe(1)
  limited.clock.advance(1)
  expect(await ada()).toBe(200)
})

test('behind https the last of x-forwarded-for counts, which the proxy wrote: what stands before it is invented', async () => {
  const limited = openLimited()
  expect(await limited.try('203.0.113.1, 192.0.2.1')).toBe(200)
  expect(await limited.try('203.0.113.2,192.0.2.1')).toBe(60)
  expect(await limited.try(null)).toBe(200)
  expect(await limited.try('')).toBe(60)
})

test('without https nobody is behind a proxy, and the header is invented', async () => {
  const limited = openLimited({ baseUrl: 'http://localhost:3000' })
  expect(await limited.try('192.0.2.1')).toBe(200)
  expect(await limited.try('192.0.2.2')).toBe(60)
  expect(await limited.try('192.0.2.2', '10.0.0.2')).toBe(200)
})

test.each([
  ['2001:db8::1', '2001:db8:0:0:ffff::', 60],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', 60],
  ['2001:db8::1', '2001:db8:0:1::1', 200],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', 200],
  ['::1', '::2', 60],
])('of %s and %s the second is answered %d: one household has a whole /64', async (first, second, answer) => {
  const limited = openLimited()
  expect(await limited.try(first)).toBe(200)
  expect(await limited.try(second)).toBe(answer)
})

test('the oldest addresses are forgotten first, so that invented ones take no more memory', async () => {
  const limited = openLimited({ mostAddresses: 3 })
  for (const address of ['a', 'b', 'c']) expect(await limited.try(address)).toBe(200)
  expect(await limited.try('d')).toBe(200)
  expect([await limited.try('a'), await limited.try('d')]).toEqual([200, 60])
})
