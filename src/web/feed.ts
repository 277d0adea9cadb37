// Everybody who looks at one place in one format. The place is read anew when something changed, on every beat and when
// somebody joins; what differs from the last reading is sent. A beat claims life only after a reading that succeeded:
// while the database is away the watch says since when, and reads again until it is back.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { Away, Refusal } from './http-errors.ts'
import { type Client, encode } from './viewer.ts'

/** How a place is read and told, in one format. */
export type Telling<T extends { readonly asOf: Instant }> = {
  read(): Promise<T>
  /** Messages that bring anybody up to date. */
  snapshot(reading: T): string
  /** Messages that lead from one reading to the next; empty when nothing changed. */
  changes(before: T, after: T): string
}

export type Watch = {
  /** Reads anew, then lets the client in with a snapshot; rejects when the place cannot be read. */
  join(open: () => Client): Promise<Client>
  leave(client: Client): void
  /** Reads anew and sends what changed. One reading at a time: calls during one share the next. Never rejects. */
  refresh(): Promise<void>
  beat(): Promise<void>
  size(): number
  close(): void
}

const READ_AGAIN_MS = 1_000

export function openWatch<T extends { readonly asOf: Instant }>(
  telling: Telling<T>,
  { build, log }: { build: string; log: Logger },
): Watch {
  const clients = new Set<Client>()
  let last: T | null = null
  let away = false
  let closed = false
  let reading: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  let again: NodeJS.Timeout | null = null

  function broadcast(messages: string): void {
    if (messages === '' || clients.size === 0) return
    const bytes = Buffer.from(messages)
    for (const client of clients) client.send(bytes)
  }

  async function readNow(): Promise<void> {
    try {
      const before = last
      const fresh = await telling.read()
      last = fresh
      if (before === null || away) broadcast(telling.snapshot(fresh))
      else broadcast(telling.changes(before, fresh))
      away = false
    } catch (error) {
      if (error instanceof Refusal) sayGone()
      else sayAway()
      if (!(error instanceof Refusal || error instanceof Away)) log.error({ err: error }, 'a stream could not be drawn')
      throw error
    }
  }

  // The place itself is no more: whoever looks at it is told so by its page.
  function sayGone(): void {
    broadcast(encode('gone', '{}'))
    for (const client of clients) client.end()
    clients.clear()
  }

  function sayAway(): void {
    if (!away) tellAway()
    away = true
    if (closed || clients.size === 0) return
    clearTimeout(again ?? undefined)
    again = setTimeout(() => void refresh(), READ_AGAIN_MS)
  }

  function tellAway(): void {
    if (last !== null) broadcast(encode('away', JSON.stringify({ build, asOf: last.asOf })))
  }

  function reread(): Promise<void> {
    if (next !== null) return next
    next = reading
      .catch(() => undefined)
      .then(() => {
        next = null
        reading = readNow()
        return reading
      })
    return next
  }

  const refresh = () => reread().catch(() => undefined)

  return {
    async join(open) {
      await reread()
      const client = open()
      clients.add(client)
      if (last !== null) client.send(Buffer.from(telling.snapshot(last)))
      return client
    },
    leave(client) {
      clients.delete(client)
    },
    refresh,
    async beat() {
      await refresh()
      if (away) tellAway()
      else if (last !== null) broadcast(encode('ping', JSON.stringify({ build, asOf: last.asOf })))
    },
    size: () => clients.size,
    close() {
      closed = true
      clearTimeout(again ?? undefined)
      for (const client of clients) client.end()
      clients.clear()
    },
  }
}
