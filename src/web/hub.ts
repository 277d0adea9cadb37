// One per process. It learns that something changed, never what: every feed reads the database itself, so that a page
// can only show what the database says.
import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { keepListening } from '../store/keep-listening.ts'
import { type Feed, openFeed } from './feed.ts'
import { ServiceUnavailable } from './http-errors.ts'
import type { Onlooker } from './onlooker.ts'
import type { Reader } from './reader.ts'
import { boardJsonFormat, htmlFormat, issueJsonFormat } from './stream-formats.ts'
import type { ViewScope } from './view-scope.ts'
import { openViewer } from './viewer.ts'
import type { Views } from './views.ts'

export type StreamFormatName = 'html' | 'json'

export type Hub = {
  /** Streams a scope to a response; rejects before writing anything if the scope cannot be read. */
  join(scope: ViewScope, format: StreamFormatName, onlooker: Onlooker, response: ServerResponse): Promise<void>
  viewerCount(): number
  /** Ends every stream and stops listening. */
  close(): Promise<void>
}

// A burst of changes costs one read, and a flood of them four reads a second.
const DEBOUNCE_MS = 40
const MIN_READ_INTERVAL_MS = 250

export function openHub(o: {
  /** Only listened to: each stream reads through its onlooker's reader. */
  reader: Pick<Reader, 'listen'>
  views: Views
  build: string
  log: Logger
  headers: Readonly<Record<string, string>>
  pingEveryMs: number
}): Hub {
  const feeds = new Map<string, { readonly feed: Feed; references: number }>()
  let closed = false
  let debounce: NodeJS.Timeout | null = null
  let lastReadAt = -MIN_READ_INTERVAL_MS

  function scheduleRefresh(): void {
    if (closed) return
    const wait = Math.max(DEBOUNCE_MS, lastReadAt + MIN_READ_INTERVAL_MS - performance.now())
    debounce ??= setTimeout(() => {
      debounce = null
      lastReadAt = performance.now()
      for (const { feed } of feeds.values()) void feed.refresh()
    }, wait)
  }

  // A feed stays open while it has viewers, or one is about to join.
  function acquire(
    scope: ViewScope,
    format: StreamFormatName,
    { key: who, reader }: Onlooker,
  ): { feed: Feed; release(): void } {
    const key = JSON.stringify([format, scope, who])
    const entry = feeds.get(key) ?? { feed: openScopeFeed({ ...o, reader, scope }, format), references: 0 }
    feeds.set(key, entry)
    entry.references += 1
    return {
      feed: entry.feed,
      release() {
        entry.references -= 1
        if (entry.references > 0) return
        entry.feed.close()
        feeds.delete(key)
      },
    }
  }

  const listening = keepListening({
    listen: (changed) => o.reader.listen(changed, changed),
    changed: scheduleRefresh,
    log: o.log,
  })
  const pingTimer = setInterval(() => {
    for (const { feed } of feeds.values()) void feed.ping()
  }, o.pingEveryMs)

  return {
    async join(scope, format, onlooker, response) {
      if (closed) throw new ServiceUnavailable('this process is stopping')
      const { feed, release } = acquire(scope, format, onlooker)
      const disconnected = Promise.withResolvers<void>()
      try {
        const viewer = await feed.join(() => openViewer(response, o.headers, disconnected.resolve))
        void disconnected.promise.then(() => feed.leave(viewer)).then(release)
        if (closed) viewer.end()
      } catch (error) {
        release()
        throw error
      }
    },
    viewerCount: () => [...feeds.values()].reduce((sum, { feed }) => sum + feed.viewerCount(), 0),
    async close() {
      closed = true
      clearInterval(pingTimer)
      clearTimeout(debounce ?? undefined)
      for (const { feed } of feeds.values()) feed.close()
      await listening.close()
    },
  }
}

function openScopeFeed(
  o: { reader: Reader; views: Views; build: string; log: Logger; scope: ViewScope },
  format: StreamFormatName,
): Feed {
  if (format === 'html') return openFeed(htmlFormat(o), o)
  return o.scope.issue === null ? openFeed(boardJsonFormat(o), o) : openFeed(issueJsonFormat(o), o)
}
