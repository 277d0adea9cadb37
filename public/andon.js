// The server renders the page and keeps it current by a stream. What is left for the browser: ages that tick, a status that
// tells the truth, and a title and an icon that count what needs you.
import './escape.js'
import { followStream } from './live.js'
import { tick } from './page-clock.js'

function showNeedsYou() {
  const badge = document.querySelector('[data-needs-you]')
  const title = document.title.replace(/^\(\d+\) /, '')
  const count = Number(badge?.dataset.needsYou ?? 0)
  const wanted = count > 0 ? `(${count}) ${title}` : title
  if (document.title !== wanted) document.title = wanted
  const icon = document.querySelector('link[rel=icon]')
  const href = icon.href.replace(/icon(-\d+)?\.svg$/, count > 0 ? `icon-${Math.min(count, 99)}.svg` : 'icon.svg')
  if (icon.href !== href) icon.href = href
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
