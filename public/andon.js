// The server renders the page and keeps it current by a stream. What is left for the browser: ages that tick, a status that
// tells the truth, and a title that counts what needs you.
import { followStream } from './live.js'
import { tick } from './page-clock.js'

function showNeedsYou() {
  const badge = document.querySelector('[data-needs-you]')
  const title = document.title.replace(/^\(\d+\) /, '')
  const wanted = badge && badge.dataset.needsYou !== '0' ? `(${badge.dataset.needsYou}) ${title}` : title
  if (document.title !== wanted) document.title = wanted
}

function refresh() {
  tick()
  showNeedsYou()
}

setInterval(refresh, 1000)
new MutationObserver(refresh).observe(document.body, { childList: true, subtree: true, attributes: true })
refresh()

const stream = document.getElementById('stream')
if (stream) followStream(stream)
