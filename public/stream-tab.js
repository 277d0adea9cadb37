// The end of the shared stream in one tab. The hub is in a shared worker; where there is none (Chrome on Android), in the
// tab that holds a lock, and reached through a channel; and where there are no locks either (plain HTTP), in each tab.
import { createStreamHub } from './stream-hub.js'

/** `onMessage` gets what the hub says; the result sends it a word. */
export function openStreamTab({ worker, viewer, stallMs, onMessage }) {
  const name = JSON.stringify({ viewer, stallMs })
  if ('SharedWorker' in window) return openInWorker(worker, name, onMessage)
  if (navigator.locks && 'BroadcastChannel' in window) return openByLeader(name, onMessage)
  return openAlone(name, onMessage)
}

function openInWorker(url, name, onMessage) {
  const { port } = new SharedWorker(url, { type: 'module', name })
  port.onmessage = ({ data }) => onMessage(data)
  return (word) => port.postMessage(word)
}

function openAlone(name, onMessage) {
  const hub = createStreamHub(JSON.parse(name))
  const post = (message) => queueMicrotask(() => onMessage(message))
  return (word) => hub.receive('alone', post, word)
}

function openByLeader(name, onMessage) {
  const self = crypto.randomUUID()
  const channel = new BroadcastChannel(`andon stream ${name}`)
  let hub = null
  const postTo = (key) => (message) => channel.postMessage({ to: key, message })
  const postHere = (message) => queueMicrotask(() => onMessage(message))

  channel.onmessage = ({ data: { to, from, message } }) => {
    if (to === 'leader') hub?.receive(from, postTo(from), message)
    if (to === self || to === 'all') onMessage(message)
  }
  // A tab that is closed or crashes lets go of the lock, and another becomes the leader.
  void navigator.locks.request(`andon stream ${name}`, () => {
    hub = createStreamHub(JSON.parse(name))
    // What the tabs said to the one that led before is not known here.
    postHere({ kind: 'ask' })
    postTo('all')({ kind: 'ask' })
    return new Promise(() => undefined)
  })
  return (word) => {
    if (hub === null) channel.postMessage({ to: 'leader', from: self, message: word })
    else hub.receive(self, postHere, word)
  }
}
