// All viewers of one scope in one format. The scope is read again on every change, on every ping and when a viewer joins;
// viewers get what differs from the last reading. A ping is sent only after a read that succeeded: while the database is
// unavailable, the feed says since when and reads again until it is back.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { AccessUnknown, SignInRequired } from '../sign-in/refusals.ts'
import { HttpError, ServiceUnavailable } from './http-errors.ts'
import { encodeSseMessage, type Viewer } from './viewer.ts'

/** How a scope is read and encoded in one format. */
export type StreamFormat<T extends { readonly asOf: Instant }> = {
  read(): Promise<T>
  /** Messages that bring any viewer up to date. */
  snapshot(reading: T): string
  /** Messages that turn one reading into the next; empty if nothing changed. */
  diff(before: T, after: T): string
}

export type Feed = {
  /** Reads the scope, then adds the viewer and sends a snapshot; rejects if the read fails. */
  join(open: () => Viewer): Promise<Viewer>
  leave(viewer: Viewer): void
  /** Reads the scope and sends what changed; never rejects. One read at a time: calls during a read share the next. */
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
      if (isOver(error)) endGone()
      else markUnavailable()
      if (!(isOver(error) || error instanceof ServiceUnavailable))
        log.error({ err: error }, 'a stream could not be rendered')
      throw error
    }
  }

  // The scope no longer exists, or is no longer theirs to see: its page, loaded again, says so.
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

function isOver(error: unknown): boolean {
  return error instanceof HttpError || error instanceof SignInRequired || error instanceof AccessUnknown
}
