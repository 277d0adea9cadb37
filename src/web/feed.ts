// Everybody who looks at one place in one format. The place is read anew when something changed, on every beat and when
// somebody joins; what differs from the last reading is sent. A beat claims life only after a reading that succeeded:
// while the database is away the watch says since when, and reads again until it is back.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { HttpError, ServiceUnavailable } from './http-errors.ts'
import { encodeSseMessage, type Viewer } from './viewer.ts'

/** How a place is read and told, in one format. */
export type StreamFormat<T extends { readonly asOf: Instant }> = {
  read(): Promise<T>
  /** Messages that bring anybody up to date. */
  snapshot(reading: T): string
  /** Messages that lead from one reading to the next; empty when nothing changed. */
  diff(before: T, after: T): string
}

export type Feed = {
  /** Reads anew, then lets the viewer in with a snapshot; rejects when the place cannot be read. */
  join(open: () => Viewer): Promise<Viewer>
  leave(viewer: Viewer): void
  /** Reads anew and sends what changed. One reading at a time: calls during one share the next. Never rejects. */
  refresh(): Promise<void>
  ping(): Promise<void>
  viewerCount(): number
  close(): void
}

const READ_RETRY_MS = 1_000

export function openFeed<T extends { readonly asOf: Instant }>(
  format: StreamFormat<T>,
  { build, log }: { build: string; log: Logger },
): Feed {
  const viewers = new Set<Viewer>()
  let last: T | null = null
  let isUnavailable = false
  let closed = false
  let reading: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  let retryTimer: NodeJS.Timeout | null = null

  function broadcast(messages: string): void {
    if (messages === '' || viewers.size === 0) return
    const bytes = Buffer.from(messages)
    for (const viewer of viewers) viewer.send(bytes)
  }

  async function readNow(): Promise<void> {
    try {
      const before = last
      const fresh = await format.read()
      last = fresh
      if (before === null || isUnavailable) broadcast(format.snapshot(fresh))
      else broadcast(format.diff(before, fresh))
      isUnavailable = false
    } catch (error) {
      if (error instanceof HttpError) endGone()
      else markUnavailable()
      if (!(error instanceof HttpError || error instanceof ServiceUnavailable))
        log.error({ err: error }, 'a stream could not be drawn')
      throw error
    }
  }

  // The place itself is no more: whoever looks at it is told so by its page.
  function endGone(): void {
    broadcast(encodeSseMessage('gone', '{}'))
    for (const viewer of viewers) viewer.end()
    viewers.clear()
  }

  function markUnavailable(): void {
    if (!isUnavailable) broadcastUnavailable()
    isUnavailable = true
    if (closed || viewers.size === 0) return
    clearTimeout(retryTimer ?? undefined)
    retryTimer = setTimeout(() => void refresh(), READ_RETRY_MS)
  }

  function broadcastUnavailable(): void {
    if (last !== null) broadcast(encodeSseMessage('away', JSON.stringify({ build, asOf: last.asOf })))
  }

  function readQueued(): Promise<void> {
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

  const refresh = () => readQueued().catch(() => undefined)

  return {
    async join(open) {
      await readQueued()
      const viewer = open()
      viewers.add(viewer)
      if (last !== null) viewer.send(Buffer.from(format.snapshot(last)))
      return viewer
    },
    leave(viewer) {
      viewers.delete(viewer)
    },
    refresh,
    async ping() {
      await refresh()
      if (isUnavailable) broadcastUnavailable()
      else if (last !== null) broadcast(encodeSseMessage('ping', JSON.stringify({ build, asOf: last.asOf })))
    },
    viewerCount: () => viewers.size,
    close() {
      closed = true
      clearTimeout(retryTimer ?? undefined)
      for (const viewer of viewers) viewer.end()
      viewers.clear()
    },
  }
}
