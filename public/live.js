// Keeps the page current, and says so only while it is true.

import { readWishes, showNotifyButton } from './notify-button.js'
import { markCurrent, markReadAt, setText, staleSince, tick } from './page-clock.js'
import { answerPushes } from './push.js'
import { cancelReload, isAnyAnswer, isPageOf, reloadWhen } from './reload.js'
import { openStreamTab } from './stream-tab.js'
import { swapIn } from './swap.js'
import { notify } from './toasts.js'

/** A page that says nothing for longer is forgotten; hidden ones speak once a minute at most. */
const SPEAK_EVERY_MS = 20_000

/** Follows the stream that the element names. */
export function followStream(stream) {
  const root = document.documentElement
  const status = document.getElementById('connection-status')
  const retry = document.getElementById('retry')
  const { query, viewer, worker } = stream.dataset
  const stallMs = Number(stream.dataset.stallMs)

  let version = stream.dataset.version
  let read = 0
  let heardAt = Date.now()
  let spokeAt = Date.now()
  let nextTryAt = null
  /** While the server cannot read its database, an open stream keeps nothing current. */
  let isDatabaseAway = false
  let work = Promise.resolve()
  let say = null

  function connect() {
    say = openStreamTab({ worker, viewer, stallMs, onMessage: hear })
    speak()
  }

  function show(state) {
    root.dataset.live = state
    setText(status, { connecting: 'connecting', live: '● live', stale: `stale since ${staleSince()}` }[state])
    retry.hidden = state !== 'stale' || nextTryAt === null
    if (!retry.hidden) {
      const seconds = Math.max(0, Math.ceil((nextTryAt - Date.now()) / 1000))
      setText(retry.querySelector('span'), seconds === 0 ? 'trying' : `next try in ${seconds} s`)
    }
    tick()
  }

  function showLive(asOf) {
    heardAt = Date.now()
    if (isDatabaseAway) return
    markCurrent(asOf)
    show('live')
  }

  function speak() {
    spokeAt = Date.now()
    say({ kind: 'show', query, version, read, isVisible: !document.hidden, wishes: readWishes() })
  }

  function hear(message) {
    if (message.kind === 'message') work = work.then(() => take(message)).catch(giveUp)
    if (message.kind === 'ask') speak()
    if (message.kind === 'refused') reloadWhen(isAnyAnswer)
    if (message.kind === 'status') hearStatus(message)
    if (message.kind === 'notify') notify(message)
  }

  function hearStatus(message) {
    nextTryAt = message.nextTryAt
    if (message.state === 'live') showLive()
    else if (message.state !== 'connecting') show('stale')
    else if (root.dataset.live === 'still') show('connecting')
  }

  // The page is no longer what the server believes it is.
  function giveUp(error) {
    console.error(error)
    void reloadWhen(isAnyAnswer)
  }

  async function take({ event, data, number, version: next }) {
    if (event === undefined) {
      await swapIn(stream, data)
      version = next
    } else takeEvent(event, data)
    read = number
    speak()
  }

  function takeEvent(event, data) {
    if (event === 'gone') {
      void reloadWhen(isAnyAnswer)
      return
    }
    const { asOf, build } = JSON.parse(data)
    isDatabaseAway = event === 'away'
    if (isDatabaseAway) {
      heardAt = Date.now()
      markReadAt(asOf)
      show('stale')
      return
    }
    showLive(asOf)
    if (build === root.dataset.build) cancelReload()
    else void reloadWhen(isPageOf(build))
  }

  function wake(isNetworkNew) {
    speak()
    say({ kind: 'wake', isNetworkNew })
  }

  connect()
  show('connecting')
  showNotifyButton(document.getElementById('notify'), { query, viewer }, speak)
  answerPushes(
    () => root.dataset.live === 'live',
    (note) => notify({ how: 'toast', ...note }),
  )
  retry.querySelector('button').addEventListener('click', () => wake(true))
  addEventListener('online', () => wake(true))
  addEventListener('pagehide', () => say({ kind: 'bye' }))
  addEventListener('pageshow', ({ persisted }) => persisted && wake(false))
  document.addEventListener('visibilitychange', () => (document.hidden ? speak() : wake(false)))
  // The hub is in another thread or tab, and may be gone without a word.
  let askedAnewAt = 0
  setInterval(
    () => {
      const now = Date.now()
      if (now - spokeAt > SPEAK_EVERY_MS) speak()
      if (now - heardAt <= stallMs) return
      if (nextTryAt !== null && nextTryAt < now) nextTryAt = null
      show('stale')
      if (now - Math.max(heardAt, askedAnewAt) <= 3 * stallMs) return
      askedAnewAt = now
      connect()
    },
    Math.min(1_000, stallMs / 5),
  )
}
