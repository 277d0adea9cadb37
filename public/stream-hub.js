// What all tabs of a browser share: one stream that carries what each of them looks at. Each tab says which scope it
// shows and in which version, again and again; the hub answers with messages, and with how the connection is.
import { createNotifier } from './notifier.js'
import { createConnection } from './stream-connection.js'

// As many as the server carries in one stream, in an address that proxies still take.
const MAX_SCOPES = 32
const MAX_URL_LENGTH = 6_000
const GATHER_MS = 25
/** A tab that leaves so many messages unread is frozen or overwhelmed: it catches up later, with one snapshot. */
const MAX_UNREAD = 32
/** Longer than a hidden tab may sleep between two words. */
const FORGET_AFTER_MS = 150_000
const STATUS_EVERY_MS = 1_000
const ANSWER_WITHIN_MS = 3_000

export function createStreamHub({ viewer, stallMs }) {
  const tabs = new Map()
  const scopes = new Map()
  const waiting = []
  let carried = []
  let speaksOf = null
  let gathering = null
  let statusAt = 0

  const connection = createConnection({
    stallMs,
    urlOf: chooseUrl,
    onOpen() {
      speaksOf = carried.length === 1 ? carried[0] : null
    },
    onMessage: receiveMessage,
    onHeard() {
      if (Date.now() - statusAt >= Math.min(STATUS_EVERY_MS, stallMs / 5)) tellAll()
    },
    onChange: tellAll,
    onRefused() {
      for (const tab of tabs.values()) tab.post({ kind: 'refused' })
    },
  })

  // Those looked at last come first: what does not fit is what nobody has looked at for longest.
  function chooseUrl() {
    const wanted = [...scopes.entries()].sort(([, a], [, b]) => b.wantedAt - a.wantedAt).slice(0, MAX_SCOPES)
    const parts = [`/events?viewer=${encodeURIComponent(viewer)}`]
    carried = []
    let length = parts[0].length
    for (const [query, scope] of wanted) {
      const own = tabsOf(query)
      const version = own.every((tab) => tab.version === own[0].version) ? (own[0]?.version ?? '') : ''
      const part = `&scope=${encodeURIComponent(`${query}#${version}`)}`
      if (length + part.length > MAX_URL_LENGTH) break
      length += part.length
      parts.push(part)
      carried.push(query)
      Object.assign(scope, { version, isServed: false, isWholeNext: false })
    }
    return carried.length === 0 ? null : parts.join('')
  }

  const tabsOf = (query) => [...tabs.values()].filter((tab) => tab.query === query)

  function receiveMessage({ event, id, data }) {
    if (event === 'scope') {
      speaksOf = carried[Number(data)] ?? null
      return
    }
    const scope = scopes.get(speaksOf)
    if (scope === undefined) return
    if (event === 'snapshot') {
      scope.isServed = true
      scope.isWholeNext = JSON.parse(data).unchanged !== true
    }
    const isWhole = event === undefined && scope.isWholeNext
    if (event === undefined) {
      scope.isWholeNext = false
      scope.version = id ?? null
    }
    for (const tab of tabsOf(speaksOf)) deliver(tab, { kind: 'message', event, data, version: id }, isWhole)
    if (event === 'snapshot') for (const tab of tabsOf(speaksOf)) tellStatus(tab)
  }

  // A change is only right on top of what came before it: a tab that missed one waits for everything.
  function deliver(tab, message, isWhole) {
    if (message.event === undefined) {
      if (isWhole) tab.isBehind = false
      if (tab.sent - tab.read >= MAX_UNREAD) tab.isBehind = true
      if (tab.isBehind) return
      tab.version = message.version
    }
    tab.sent += 1
    tab.post({ ...message, number: tab.sent })
  }

  function statusOf(tab) {
    const nextTryAt = connection.nextTryAt()
    if (nextTryAt !== null) return { state: 'waiting', nextTryAt }
    if (gathering === null && carried.length > 0 && !carried.includes(tab.query)) return { state: 'resting', nextTryAt }
    const isLive = scopes.get(tab.query)?.isServed && connection.isOpen()
    return { state: isLive ? 'live' : 'connecting', nextTryAt }
  }

  function tellStatus(tab) {
    tab.post({ kind: 'status', ...statusOf(tab) })
  }

  function tellAll() {
    statusAt = Date.now()
    for (const tab of tabs.values()) tellStatus(tab)
  }

  // Tabs often come together, when a browser starts or the network is back.
  function connectSoon() {
    gathering ??= setTimeout(() => {
      gathering = null
      connection.open()
    }, GATHER_MS)
  }

  function hear(key, post, { query, version, read, isVisible, isNotifier = false }) {
    const now = Date.now()
    const known = tabs.get(key)
    const isNew = known === undefined || known.query !== query
    const tab = isNew ? { query, version, sent: read, read, isBehind: false } : known
    if (!isNotifier) for (const answer of waiting.splice(0)) answer(true)
    tabs.set(key, Object.assign(tab, { post, read, isVisible, isNotifier, heardAt: now }))
    const scope = scopes.get(query) ?? { version: null, wantedAt: 0, isServed: false, isWholeNext: true }
    if (isVisible || scope.wantedAt === 0) scope.wantedAt = now
    scopes.set(query, scope)
    const isCaughtUp = tab.sent === read
    if (isCaughtUp) tab.version = version
    const isMissing = !carried.includes(query) && (isNew || isVisible)
    const isDifferent = scope.isServed && isCaughtUp && (tab.isBehind || version !== scope.version)
    if (isDifferent) tab.isBehind = true
    if (isMissing || isDifferent) connectSoon()
    if (isNew) tellStatus(tab)
  }

  /** Whether a page answers now. */
  function isPageThere() {
    for (const { post } of pages()) post({ kind: 'ask' })
    return new Promise((resolve) => {
      waiting.push(resolve)
      setTimeout(() => resolve(false), ANSWER_WITHIN_MS)
    })
  }

  // One tab speaks for all: one that is seen, else the one that spoke last.
  function announce(note) {
    const latest = pages().sort((a, b) => b.heardAt - a.heardAt)
    const seen = latest.find(({ isVisible }) => isVisible)
    if (seen) seen.post({ kind: 'notify', how: 'toast', ...note })
    else latest[0]?.post({ kind: 'notify', how: 'native', ...note })
  }

  function forget(key) {
    tabs.delete(key)
    if (pages().length === 0) close()
  }

  const pages = () => [...tabs.values()].filter(({ isNotifier }) => !isNotifier)

  // The stream of a browser without pages carries nothing, and nothing is seen that nobody could be told of. Scopes that
  // nobody shows otherwise go with the next connection.
  function close() {
    notifier.pause()
    scopes.clear()
    carried = []
    connection.close()
  }

  setInterval(() => {
    const now = Date.now()
    for (const [key, tab] of tabs) if (now - tab.heardAt > FORGET_AFTER_MS) forget(key)
    let isShorter = false
    for (const query of [...scopes.keys()]) {
      if (tabsOf(query).length > 0) continue
      scopes.delete(query)
      isShorter ||= carried.includes(query)
    }
    if (isShorter) connectSoon()
  }, 60_000)

  /** Takes one word of a tab. `post` answers it. */
  function receive(key, post, word) {
    if (word.kind === 'show') hear(key, post, word)
    if (word.kind === 'bye') forget(key)
    if (word.kind === 'wake') connection.wake(word)
    if (word.wishes) notifier.want(word.wishes)
  }

  const notifier = createNotifier({ viewer, receive, announce, isPageThere })
  return { receive }
}
