// All viewers of one scope in one format. The scope is read again on every change that can show on it, on every ping and
// when a viewer joins; viewers get what differs from the last reading. A ping is sent only after a read that succeeded:
// while the database is unavailable, the feed says since when and reads again until it is back.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { AccessUnknown, SignInRequired } from '../sign-in/refusals.ts'
import { HttpError, ServiceUnavailable } from './http-errors.ts'
import { onceForEach } from './once-for-each.ts'
import { encodeSseMessage, type StreamMessage, streamMessageOf } from './stream-message.ts'
import type { Viewer } from './viewer.ts'

/** How a scope is read and encoded in one format. */
export type StreamFormat<T extends { readonly asOf: Instant }> = {
  read(): Promise<T>
  /** Equal for readings that show the same. */
  version(reading: T): string
  /** The message that brings any viewer up to date. */
  whole(reading: T): string
  /** The message that turns one reading into the next; empty if nothing changed. */
  diff(before: T, after: T): string
}

export type Feed = {
  /** Reads the scope, so that a viewer can join; rejects if the read fails. */
  ready(): Promise<void>
  /** Adds a viewer and sends a snapshot, without what is shown if the viewer has that version. */
  join(viewer: Viewer, version: string | null): void
  leave(viewer: Viewer): void
  /**
   * Reads the scope and sends what changed; resolves to whether anything was sent, and never rejects. One read at a time:
   * calls during a read share the next.
   */
  refresh(): Promise<boolean>
  ping(): Promise<void>
  close(): void
}

/** The last message of a scope that no longer exists, or is no longer theirs to see. */
export const GONE = streamMessageOf(encodeSseMessage('gone', '{}'))

const READ_RETRY_MS = 1_000

export function openFeed<T extends { readonly asOf: Instant }>(
  format: StreamFormat<T>,
  { build, log }: { build: string; log: Logger },
): Feed {
  const viewers = new Set<Viewer>()
  let last: T | null = null
  let isUnavailable = false
  let closed = false
  let reading: Promise<boolean> = Promise.resolve(false)
  let next: Promise<boolean> | null = null
  let retryTimer: NodeJS.Timeout | null = null
  /** Something may have changed since the last reading, which nobody saw. */
  let isOutdated = false

  /** Whether there was anything to send, and anyone to send it to. */
  function broadcast(text: string): boolean {
    if (text === '' || viewers.size === 0) return false
    const message = streamMessageOf(text)
    for (const viewer of viewers) viewer.send(message)
    return true
  }

  // Viewers join in crowds, when a server comes up: what they are sent is encoded once for each reading.
  const snapshotOf = onceForEach((reading: T): StreamMessage => {
    const event = encodeSseMessage('snapshot', JSON.stringify({ build, asOf: reading.asOf }))
    return streamMessageOf(event + format.whole(reading))
  })

  const unchangedOf = onceForEach(({ asOf }: T): StreamMessage => {
    return streamMessageOf(encodeSseMessage('snapshot', JSON.stringify({ build, asOf, unchanged: true })))
  })

  async function readNow(): Promise<boolean> {
    try {
      const before = last
      isOutdated = false
      const fresh = await format.read()
      last = fresh
      const isWhole = before === null || isUnavailable
      isUnavailable = false
      if (!isWhole) return broadcast(format.diff(before, fresh))
      for (const viewer of viewers) viewer.send(snapshotOf(fresh))
      return viewers.size > 0
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
    for (const viewer of viewers) {
      viewer.send(GONE)
      viewer.end()
    }
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
    if (last !== null) broadcast(encodeAway(last))
  }

  const encodeAway = ({ asOf }: T) => encodeSseMessage('away', JSON.stringify({ build, asOf }))

  function readQueued(): Promise<boolean> {
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

  // Without viewers nothing is read: whoever joins waits for a reading first.
  async function refresh(): Promise<boolean> {
    isOutdated = viewers.size === 0
    return !isOutdated && (await readQueued().catch(() => false))
  }

  return {
    async ready() {
      await readQueued()
    },
    join(viewer, version) {
      viewers.add(viewer)
      if (last === null) return
      const isCurrent = version !== null && version === format.version(last)
      viewer.send(isCurrent ? unchangedOf(last) : snapshotOf(last))
      if (isUnavailable) viewer.send(streamMessageOf(encodeAway(last)))
      // It changed after the reading that they waited for: the stream has other scopes, or they came late.
      if (isOutdated) void refresh()
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
