// Lets this browser hear of the same things while none of its pages is open: the board's server is given an address at which
// the browser's maker takes messages for it, and it renews that once a day.

/** What the server was last told, and when. */
const KNOWN = 'andon:push'
/** It was ended elsewhere, by signing out or at /account: only a press begins it again. */
const ENDED = 'ended'

/** Brings the subscription in line with what is wished for; resolves to whether the browser hears while no page is open. */
export async function keepPush({ viewer, wishes, isPressed }) {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return false
  try {
    const isWanted = Object.values(wishes).some(Boolean) && Notification.permission === 'granted'
    return isWanted ? await subscribe({ viewer, wishes, isPressed }) : await unsubscribe()
  } catch (error) {
    // The maker's service or our server is out of reach: the next page tries again.
    console.info('no notifications while no page is open:', error)
    return false
  }
}

async function subscribe({ viewer, wishes, isPressed }) {
  if (localStorage.getItem(KNOWN) === ENDED && !isPressed) return false
  const registration = await navigator.serviceWorker.register('/service-worker.js')
  const known = JSON.stringify({ viewer, wishes, day: new Date().toDateString() })
  let subscription = await registration.pushManager.getSubscription()
  if (subscription && localStorage.getItem(KNOWN) === known) return true
  const { publicKey, formToken: token } = await askServer()
  const key = bytesOf(publicKey)
  // Made for another key, it is worth nothing.
  if (subscription && !isSame(subscription.options.applicationServerKey, key)) {
    await subscription.unsubscribe()
    subscription = null
  }
  const isOld = subscription !== null
  await navigator.serviceWorker.ready
  subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  const { endpoint, keys } = subscription.toJSON()
  const renew = isOld && !isPressed ? 'yes' : 'no'
  const status = await post('/account/push', { token, endpoint, ...keys, renew, wishes: JSON.stringify(wishes) })
  if (status === 410) await subscription.unsubscribe()
  if (status === 410 || status === 204) localStorage.setItem(KNOWN, status === 204 ? known : ENDED)
  return status === 204
}

async function unsubscribe() {
  const registration = await navigator.serviceWorker.getRegistration()
  const subscription = await registration?.pushManager.getSubscription()
  if (!subscription) return false
  localStorage.removeItem(KNOWN)
  const { formToken: token } = await askServer()
  await post('/account/push/end', { token, endpoint: subscription.endpoint })
  await subscription.unsubscribe()
  return false
}

async function askServer() {
  const answer = await fetch('/account/push', { cache: 'no-store' })
  if (!answer.ok) throw new Error(`/account/push answered ${answer.status}`)
  return await answer.json()
}

async function post(path, fields) {
  const { status } = await fetch(path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  return status
}

function bytesOf(text) {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/')
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
}

function isSame(buffer, bytes) {
  const own = new Uint8Array(buffer ?? [])
  return own.length === bytes.length && own.every((byte, index) => byte === bytes[index])
}

/** Answers the service worker for a page that is seen: what its stream does not tell of is told here. */
export function answerPushes(isLive, tell) {
  navigator.serviceWorker?.addEventListener('message', ({ data, ports: [port] }) => {
    if (data?.kind !== 'pushed') return
    if (data.note.kind === 'needs-you' || !isLive()) tell(data.note)
    port.postMessage('told')
  })
}
