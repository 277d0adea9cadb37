// One per process. It learns where something changed, never what: the feeds that may show it read the database themselves,
// so that a page can only show what the database says.
import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { keepListening } from '../store/keep-listening.ts'
import { type ChangeNotice, decodeChangeNotice } from '../store/notify.ts'
import { type Feed, GONE, openFeed } from './feed.ts'
import { healthFormat } from './health-page.ts'
import { HttpError, ServiceUnavailable } from './http-errors.ts'
import type { Onlooker } from './onlooker.ts'
import type { Reader } from './reader.ts'
import { boardJsonFormat, htmlFormat, issueJsonFormat } from './stream-formats.ts'
import { BEAT } from './stream-message.ts'
import { gatherChanges, type Watched } from './unread-changes.ts'
import type { ViewScope } from './view-scope.ts'
import { openStreamConnection, type StreamConnection } from './viewer.ts'
import type { Views } from './views.ts'

export type StreamFormatName = 'html' | 'json'

/** A scope that a stream is to carry; null if there is none of that name. The version is what its viewer shows already. */
export type WantedScope = {
  readonly scope: ViewScope | null
  readonly format: StreamFormatName
  readonly version: string | null
}

export type StreamRequest = {
  readonly wanted: readonly WantedScope[]
  readonly onlooker: Onlooker
  readonly isCompressed: boolean
  /** Whether the stream says which scope each message is about, and outlives the end of any of them. */
  readonly carriesSeveral: boolean
}

export type Hub = {
  /** Streams scopes to a response; rejects before writing anything if they cannot be read. */
  join(request: StreamRequest, response: ServerResponse): Promise<void>
  streamCount(): number
  /** Ends every stream and stops listening. */
  close(): Promise<void>
}

// A burst of changes costs one read, and a flood of them ten reads a second, or as many as take a quarter of the time.
const DEBOUNCE_MS = 40
const MIN_READ_INTERVAL_MS = 100
const MAX_READ_INTERVAL_MS = 2_000
const REST_PER_READ = 4

export function openHub(o: {
  /** Only listened to: each stream reads through its onlooker's reader. */
  reader: Pick<Reader, 'listen'>
  views: Views
  build: string
  log: Logger
  headers: Readonly<Record<string, string>>
  pingEveryMs: number
  beatEveryMs: number
  now?: () => Instant
  /** How long a delivery took until what it changed was written to every browser that shows it. */
  latency?: (ms: number) => void
}): Hub {
  const now = o.now ?? (() => new Date().toISOString())
  const feeds = new Map<string, OpenFeed>()
  const connections = new Set<StreamConnection>()
  let closed = false
  let debounce: NodeJS.Timeout | null = null
  let interval = MIN_READ_INTERVAL_MS
  let lastReadAt = -MIN_READ_INTERVAL_MS
  let unread = gatherChanges()

  function noteChange(notice: ChangeNotice): void {
    if (closed) return
    unread.add(notice)
    const wait = Math.max(DEBOUNCE_MS, lastReadAt + interval - performance.now())
    debounce ??= setTimeout(async () => {
      debounce = null
      lastReadAt = performance.now()
      const changes = unread
      unread = gatherChanges()
      const woken = [...feeds.values()].filter(({ watched }) => changes.canShowOn(watched()))
      const sent = await Promise.all(woken.map(({ feed }) => feed.refresh()))
      const since = changes.since()
      if (since !== null && sent.includes(true)) o.latency?.(Math.max(0, Date.parse(now()) - Date.parse(since)))
      const spentMs = performance.now() - lastReadAt
      interval = Math.min(MAX_READ_INTERVAL_MS, Math.max(MIN_READ_INTERVAL_MS, spentMs * REST_PER_READ))
    }, wait)
  }

  // A feed stays open while it has viewers, or one is about to join.
  function acquire(scope: ViewScope, format: StreamFormatName, onlooker: Onlooker): AcquiredFeed {
    const key = JSON.stringify([format, scope, onlooker.key])
    const entry = feeds.get(key) ?? openScopeFeed({ ...o, onlooker, scope }, format)
    feeds.set(key, entry)
    entry.references += 1
    let released = false
    return {
      feed: entry.feed,
      release() {
        if (released) return
        released = true
        entry.references -= 1
        if (entry.references > 0) return
        entry.feed.close()
        feeds.delete(key)
      },
    }
  }

  const noteAny = () => noteChange({ since: null, touched: 'everything' })
  const listening = keepListening({
    listen: () => o.reader.listen((payload) => noteChange(decodeChangeNotice(payload)), noteAny),
    changed: noteAny,
    log: o.log,
  })
  const pingTimer = setInterval(() => {
    for (const { feed } of feeds.values()) void feed.ping()
  }, o.pingEveryMs)

  const beatTimer = setInterval(() => {
    for (const connection of connections) connection.send(BEAT)
  }, o.beatEveryMs)

  function connect(request: StreamRequest, response: ServerResponse, ready: readonly (AcquiredFeed | null)[]): void {
    const { isCompressed, carriesSeveral, wanted } = request
    const disconnected = Promise.withResolvers<void>()
    const connection = openStreamConnection(response, {
      headers: o.headers,
      isCompressed,
      carriesSeveral,
      onClose: disconnected.resolve,
    })
    connections.add(connection)
    const carried = ready.map((acquired, position) => ({ acquired, viewer: connection.viewerOf(position) }))
    void disconnected.promise.then(() => {
      connections.delete(connection)
      for (const { acquired, viewer } of carried) {
        acquired?.feed.leave(viewer)
        acquired?.release()
      }
    })
    carried.forEach(({ acquired, viewer }, position) => {
      if (acquired === null) viewer.send(GONE)
      else acquired.feed.join(viewer, wanted[position]?.version ?? null)
    })
  }

  return {
    async join(request, response) {
      if (closed) throw new ServiceUnavailable('this process is stopping')
      const acquired = request.wanted.map(({ scope, format }) => scope && acquire(scope, format, request.onlooker))
      try {
        const ready = await Promise.all(acquired.map((one) => one && readyOf(one, request)))
        if (closed) throw new ServiceUnavailable('this process is stopping')
        connect(request, response, ready)
      } catch (error) {
        for (const one of acquired) one?.release()
        throw error
      }
    },
    streamCount: () => connections.size,
    async close() {
      closed = true
      clearInterval(pingTimer)
      clearInterval(beatTimer)
      clearTimeout(debounce ?? undefined)
      for (const { feed } of feeds.values()) feed.close()
      for (const connection of connections) connection.end()
      await listening.close()
    },
  }
}

type AcquiredFeed = { readonly feed: Feed; release(): void }

/** The feed once it can be joined; null if its scope has ended, and the stream goes on without it. */
async function readyOf(acquired: AcquiredFeed, { carriesSeveral }: StreamRequest): Promise<AcquiredFeed | null> {
  try {
    await acquired.feed.ready()
    return acquired
  } catch (error) {
    if (!(carriesSeveral && error instanceof HttpError)) throw error
    acquired.release()
    return null
  }
}

type OpenFeed = { readonly feed: Feed; readonly watched: () => Watched; references: number }

function openScopeFeed(
  o: { onlooker: Onlooker; views: Views; build: string; log: Logger; scope: ViewScope },
  format: StreamFormatName,
): OpenFeed {
  const { onlooker, scope } = o
  let showsRefusal = false
  function noteRefusals<Page extends { readonly accessNotices: readonly object[] } | null>(page: Page): Page {
    showsRefusal = page !== null && page.accessNotices.length > 0
    return page
  }
  const reader: Reader = {
    ...onlooker.reader,
    loadBoard: (query) => onlooker.reader.loadBoard(query).then(noteRefusals),
    loadIssue: (repository, number) => onlooker.reader.loadIssue(repository, number).then(noteRefusals),
  }
  return {
    feed: openFeedOf({ ...o, reader }, format),
    watched: () => ({ scope, userId: onlooker.user?.id ?? null, showsRefusal }),
    references: 0,
  }
}

function openFeedOf(
  o: { onlooker: Onlooker; reader: Reader; views: Views; build: string; log: Logger; scope: ViewScope },
  format: StreamFormatName,
): Feed {
  if (o.scope.isHealth) return openFeed(healthFormat(o.views, o.onlooker), o)
  if (format === 'html') return openFeed(htmlFormat(o), o)
  return o.scope.issue === null ? openFeed(boardJsonFormat(o), o) : openFeed(issueJsonFormat(o), o)
}
