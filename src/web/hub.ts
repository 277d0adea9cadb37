// One per process. It hears that something changed, never what: every watch reads for itself, so that a page can only
// ever show what the database says.
import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { openWatch, type Watch } from './feed.ts'
import { Away } from './http-errors.ts'
import type { Reader } from './reader.ts'
import { boardTelling, htmlTelling, issueTelling, type Place } from './stream-formats.ts'
import { openClient } from './viewer.ts'
import type { Views } from './views.ts'

export type Format = 'html' | 'json'

export type Hub = {
  /** Streams a place to a response; rejects before anything is written when it cannot be read. */
  join(place: Place, format: Format, response: ServerResponse): Promise<void>
  size(): number
  /** Ends every stream and stops hearing. */
  close(): Promise<void>
}

// Many changes in a burst are one reading, and a flood of them costs four readings a second.
const GATHER_MS = 40
const APART_MS = 250
const LISTEN_AGAIN_MS = 2_000

export function openHub(o: {
  reader: Reader
  views: Views
  build: string
  log: Logger
  headers: Readonly<Record<string, string>>
  pingEveryMs: number
}): Hub {
  const places = new Map<string, { readonly watch: Watch; users: number }>()
  let closed = false
  let gathering: NodeJS.Timeout | null = null
  let readAt = -APART_MS
  let unlisten: (() => Promise<void>) | null = null
  let listenAgain: NodeJS.Timeout | null = null

  function heard(): void {
    if (closed) return
    const wait = Math.max(GATHER_MS, readAt + APART_MS - performance.now())
    gathering ??= setTimeout(() => {
      gathering = null
      readAt = performance.now()
      for (const { watch } of places.values()) void watch.refresh()
    }, wait)
  }

  async function listen(): Promise<void> {
    try {
      const stop = await o.reader.listen(heard, heard)
      if (closed) await stop()
      else unlisten = stop
    } catch (error) {
      o.log.warn({ err: error }, 'cannot listen for changes yet')
      if (!closed) listenAgain = setTimeout(() => void listen(), LISTEN_AGAIN_MS)
    }
  }

  // A place is watched while anybody looks at it, or is about to.
  function enter(place: Place, format: Format): { watch: Watch; exit(): void } {
    const key = JSON.stringify([format, place.repository, place.issue])
    const known = places.get(key) ?? { watch: openPlace({ ...o, place }, format), users: 0 }
    places.set(key, known)
    known.users += 1
    return {
      watch: known.watch,
      exit() {
        known.users -= 1
        if (known.users > 0) return
        known.watch.close()
        places.delete(key)
      },
    }
  }

  const listening = listen()
  const beat = setInterval(() => {
    for (const { watch } of places.values()) void watch.beat()
  }, o.pingEveryMs)

  return {
    async join(place, format, response) {
      if (closed) throw new Away('this process is stopping')
      const { watch, exit } = enter(place, format)
      const over = Promise.withResolvers<void>()
      try {
        const client = await watch.join(() => openClient(response, o.headers, over.resolve))
        void over.promise.then(() => watch.leave(client)).then(exit)
        if (closed) client.end()
      } catch (error) {
        exit()
        throw error
      }
    },
    size: () => [...places.values()].reduce((sum, { watch }) => sum + watch.size(), 0),
    async close() {
      closed = true
      clearInterval(beat)
      clearTimeout(gathering ?? undefined)
      clearTimeout(listenAgain ?? undefined)
      for (const { watch } of places.values()) watch.close()
      await listening
      await unlisten?.().catch(() => undefined)
    },
  }
}

function openPlace(
  o: { reader: Reader; views: Views; build: string; log: Logger; place: Place },
  format: Format,
): Watch {
  if (format === 'html') return openWatch(htmlTelling(o), o)
  return o.place.issue === null ? openWatch(boardTelling(o), o) : openWatch(issueTelling(o), o)
}
