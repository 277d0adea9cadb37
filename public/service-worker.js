// What this browser hears while no page of the board is open. It knows no page and no build: a message has all it needs.
const WORDS = {
  started: 'started',
  finished: 'is done',
  failed: 'failed',
  review: 'is in review',
  'needs-you': 'needs you',
}
/** A page that is seen says so at once, or is not one that tells. */
const ANSWER_WITHIN_MS = 400

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('push', (event) => event.waitUntil(receive(event.data)))
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data?.url ?? '/'))
})

async function receive(data) {
  const note = noteOf(data)
  if (await isToldByPage(note)) return
  const { title, body, tag, url } = note
  // One with the tag of another takes its place without a sound: a page in the background may have told of it already.
  await self.registration.showNotification(title, { body, tag, icon: '/favicon.ico', data: { url } })
}

function noteOf(data) {
  let message = null
  try {
    message = data.json()
  } catch {
    // A message must be shown, whatever it is.
  }
  const { kind, repository, number, title, stage } = message ?? {}
  if (!Object.hasOwn(WORDS, kind ?? '') || !/^[\w.-]+\/[\w.-]+$/.test(repository) || !Number.isInteger(number))
    return { kind: 'unknown', title: 'Andon', body: 'Something has changed on the board.', tag: 'andon', url: '/' }
  return {
    kind,
    title: `${repository} #${number} ${WORDS[kind]}`,
    body: stage ? `${stage}: ${title}` : String(title),
    tag: `andon ${repository} #${number}`,
    url: `/${repository}/issues/${number}`,
  }
}

/** A page that somebody sees tells by itself of what its stream carries, and of the rest if it is asked to. */
async function isToldByPage(note) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const seen = pages.filter(({ visibilityState }) => visibilityState === 'visible')
  const page = seen.find(({ focused }) => focused) ?? seen[0]
  if (!page) return false
  const { port1, port2 } = new MessageChannel()
  return await new Promise((resolve) => {
    port1.onmessage = () => resolve(true)
    setTimeout(() => resolve(false), ANSWER_WITHIN_MS)
    page.postMessage({ kind: 'pushed', note }, [port2])
  })
}

async function open(url) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find((each) => new URL(each.url).pathname === url)
  await (page ? page.focus() : self.clients.openWindow(url))
}
