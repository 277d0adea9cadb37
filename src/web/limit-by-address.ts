// A limit on what strangers may try and what costs GitHub a request. Each process counts for itself, in bounded memory.
import type { MiddlewareHandler } from 'hono'
import type { Instant } from '../pipeline/model/time.ts'
import { TooManyRequests } from './http-errors.ts'
import type { HonoEnv, RequestContext } from './site.ts'

/** Lets an address send so many requests a minute. */
export function limitByAddress(o: {
  baseUrl: string
  now: () => Instant
  most?: number
  mostAddresses?: number
}): MiddlewareHandler<HonoEnv> {
  const { most = MOST_A_MINUTE, mostAddresses = MOST_ADDRESSES } = o
  const isBehindProxy = o.baseUrl.startsWith('https:')
  /** The oldest first. */
  const minutes = new Map<string, { count: number; readonly endsAtMs: number }>()

  return async (context, next) => {
    const nowMs = Date.parse(o.now())
    for (const [address, { endsAtMs }] of minutes) {
      // One that ends later than any that begins now was counted by a clock that was set back.
      const isOver = endsAtMs <= nowMs || endsAtMs > nowMs + MINUTE_MS
      if (!isOver && minutes.size < mostAddresses) break
      minutes.delete(address)
    }
    const address = networkOf(addressOf(context, isBehindProxy))
    const minute = minutes.get(address) ?? { count: 0, endsAtMs: nowMs + MINUTE_MS }
    minutes.set(address, minute)
    minute.count += 1
    if (minute.count > most) throw new TooManyRequests(Math.ceil((minute.endsAtMs - nowMs) / 1000))
    await next()
  }
}

/**
 * Who sends a request. Andon speaks no TLS: behind https there is a proxy, which writes the address that it sees as the
 * last of `x-forwarded-for`. What stands before it may be invented.
 */
function addressOf(context: RequestContext, isBehindProxy: boolean): string {
  const forwarded = isBehindProxy ? context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined
  return forwarded || (context.env.incoming.socket.remoteAddress ?? 'unknown')
}

/** One household has all addresses of an IPv6 /64. */
function networkOf(address: string): string {
  const text = address.slice(0, MAX_ADDRESS_LENGTH)
  if (!text.includes(':') || text.includes('.')) return text
  const [head = '', tail] = text.split('::')
  const groups = head.split(':').filter(Boolean)
  const after = tail?.split(':').filter(Boolean) ?? []
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length)
  return [...groups, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')
}

/** Signing in takes two requests; a team behind one address comes back after a release at once. */
const MOST_A_MINUTE = 60
const MOST_ADDRESSES = 10_000
const MINUTE_MS = 60_000
const MAX_ADDRESS_LENGTH = 64
