// One connection to the event stream: opened, read, watched, and opened again when it ends or falls silent. It knows no
// page: it runs in a worker that all tabs of the browser share, or in the tab that leads the others.
import { createParser } from './eventsource-parser.js'

const FIRST_DELAY_MS = 500
const MAX_DELAY_MS = 5_000
const CONNECT_TIMEOUT_MS = 10_000

/**
 * `urlOf` names what to connect to, or null for nothing. `onRefused` is told of a refusal that trying again will not
 * change. A server that is silent for `stallMs` has stalled: its sockets stay open, so nothing else would say so.
 */
export function createConnection({ urlOf, stallMs, onOpen, onMessage, onHeard, onChange, onRefused }) {
  let current = null
  let attempt = 0
  let retryTimer = null
  let nextTryAt = null

  function open() {
    clearTimeout(retryTimer)
    nextTryAt = null
    current?.abort.abort()
    current = null
    const url = urlOf()
    if (url === null) return
    current = { abort: new AbortController(), isOpen: false, heardAt: Date.now() }
    void follow(current, url)
    onChange()
  }

  async function follow(mine, url) {
    const timeout = setTimeout(() => mine.abort.abort(), CONNECT_TIMEOUT_MS)
    try {
      await read(mine, await fetch(url, { signal: mine.abort.signal, cache: 'no-store', redirect: 'manual' }), timeout)
    } catch {
      // Cut, refused or aborted: what follows is the same.
    }
    clearTimeout(timeout)
    mine.abort.abort()
    if (mine !== current) return
    current = null
    retryLater()
  }

  async function read(mine, response, timeout) {
    if (mine !== current) return
    if ([401, 403, 404, 409].includes(response.status)) onRefused()
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (!(response.ok && isStream)) return
    clearTimeout(timeout)
    mine.isOpen = true
    onOpen()
    const parser = createParser({
      onEvent(message) {
        attempt = 0
        onMessage(message)
      },
    })
    const decoder = new TextDecoder()
    const reader = response.body.getReader()
    while (mine === current) {
      const { done, value } = await reader.read()
      if (done || mine !== current) return
      mine.heardAt = Date.now()
      parser.feed(decoder.decode(value, { stream: true }))
      onHeard()
    }
  }

  // With jitter, so that the readers of a server that comes back do not all come at once.
  function retryLater() {
    const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + Math.random() / 2)
    attempt += 1
    nextTryAt = Date.now() + delay
    retryTimer = setTimeout(open, delay)
    onChange()
  }

  const silentMs = () => (current === null ? 0 : Date.now() - current.heardAt)

  // After a sleep the clock has gone on, and so the silence is found here too.
  setInterval(
    () => {
      if (current?.isOpen && silentMs() > stallMs) open()
    },
    Math.min(1_000, stallMs / 5),
  )

  return {
    /** Connects anew, to what `urlOf` says now. */
    open,
    /** Something speaks for trying at once: a person, a network that is back, a page that is looked at again. */
    wake({ isNetworkNew }) {
      attempt = 0
      if (current === null ? nextTryAt !== null : isNetworkNew || silentMs() > stallMs / 2) open()
    },
    close() {
      clearTimeout(retryTimer)
      nextTryAt = null
      current?.abort.abort()
      current = null
    },
    isOpen: () => current?.isOpen === true && silentMs() <= stallMs,
    nextTryAt: () => nextTryAt,
  }
}
