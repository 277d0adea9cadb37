// The server renders the page and htmx keeps it current. What is left for the browser: ages that tick, a status that tells
// the truth, a watchdog over a silent stream, rows that move gently, and a reload when the server announces a new build.
;(() => {
  const root = document.documentElement
  const connectionStatus = document.getElementById('connection-status')
  const clock = document.getElementById('clock')
  const stream = document.getElementById('stream')
  const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)')

  // The server's clock, as far as this browser knows it: ages must not depend on a laptop that is five minutes off.
  let clockOffset = Date.parse(root.dataset.asOf) - Date.now()
  let lastMessageAt = Date.now()
  let currentAt = Date.parse(root.dataset.asOf)
  const serverNow = () => Date.now() + clockOffset

  function age(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000))
    if (seconds < 60) return `${seconds} s`
    const minutes = Math.floor(seconds / 60)
    if (minutes < 60) return `${minutes} m`
    const hours = Math.floor(minutes / 60)
    if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} m` : `${hours} h`
    return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`
  }

  function setText(element, text) {
    if (element && element.textContent !== text) element.textContent = text
  }

  function tick() {
    const now = serverNow()
    for (const time of document.querySelectorAll('time[data-age]')) setText(time, age(now - Date.parse(time.dateTime)))
    if (root.dataset.live !== 'still') setText(clock, `${new Date(now).toISOString().slice(11, 19)} UTC`)
    const badge = document.querySelector('[data-needs-you]')
    const title = document.title.replace(/^\(\d+\) /, '')
    const wanted = badge && badge.dataset.needsYou !== '0' ? `(${badge.dataset.needsYou}) ${title}` : title
    if (document.title !== wanted) document.title = wanted
  }

  function showConnection(state) {
    root.dataset.live = state
    const since = new Date(currentAt).toISOString()
    const today = since.slice(0, 10) === new Date(serverNow()).toISOString().slice(0, 10)
    const words = {
      connecting: 'connecting',
      live: '● live',
      stale: `stale since ${today ? since.slice(11, 16) : since.slice(0, 16).replace('T', ' ')} UTC`,
    }
    setText(connectionStatus, words[state])
  }

  function markLive(asOf) {
    lastMessageAt = Date.now()
    if (asOf) clockOffset = Date.parse(asOf) - lastMessageAt
    currentAt = serverNow()
    showConnection('live')
  }

  function markStale() {
    if (root.dataset.live !== 'connecting' || Date.now() - lastMessageAt > 5000) showConnection('stale')
  }

  // At most once per build in half a minute: behind two servers of different builds, a page must not reload for ever.
  function reloadOnNewBuild(build) {
    if (!build || build === root.dataset.build) return
    const last = JSON.parse(sessionStorage.getItem('andon:reload') ?? '{}')
    if (last.build === build && Date.now() - last.at < 30_000) return
    sessionStorage.setItem('andon:reload', JSON.stringify({ build, at: Date.now() }))
    location.reload()
  }

  setInterval(tick, 1000)
  new MutationObserver(tick).observe(document.body, { childList: true, subtree: true, attributes: true })
  tick()
  if (!stream) return

  showConnection('connecting')
  stream.addEventListener('snapshot', ({ detail }) => {
    const { build, asOf } = JSON.parse(detail.data)
    markLive(asOf)
    reloadOnNewBuild(build)
  })
  stream.addEventListener('ping', ({ detail }) => markLive(JSON.parse(detail.data).asOf))
  // The stream is alive but its server cannot read the database: the page is as old as the last reading.
  stream.addEventListener('away', ({ detail }) => {
    lastMessageAt = Date.now()
    currentAt = Date.parse(JSON.parse(detail.data).asOf)
    showConnection('stale')
  })
  stream.addEventListener('gone', () => location.reload())
  // Signed out meanwhile: the page itself says so.
  document.addEventListener('htmx:sse:error', ({ detail }) => {
    if (detail.status === 401) location.reload()
  })
  stream.addEventListener('htmx:sse:after:message', ({ detail }) => {
    if (!detail.message.event) markLive()
  })
  stream.addEventListener('htmx:sse:before:connection', ({ detail }) => {
    if (detail.connection.attempt > 0) markStale()
  })
  for (const errorEvent of ['htmx:sse:error', 'htmx:sse:close', 'htmx:error', 'htmx:response:error']) {
    document.addEventListener(errorEvent, markStale)
  }

  // A frozen server keeps its sockets open: the silence is detected here, and htmx reconnects with its backoff.
  setInterval(() => {
    if (Date.now() - lastMessageAt < Number(stream.dataset.stallSeconds) * 1000) return
    markStale()
    lastMessageAt = Date.now()
    stream._htmx?.sse?.reader?.cancel()
  }, 1000)

  // Rows that move glide into place once, new ones fade in, and the keyboard's focus stays on its row.
  let previousTops = new Map()
  let focusedRowId = null
  document.addEventListener('htmx:before:swap', () => {
    previousTops = new Map(
      [...document.querySelectorAll('tr.pipeline-row')].map((row) => [row.id, row.getBoundingClientRect().top]),
    )
    focusedRowId = document.activeElement?.closest('tr.pipeline-row')?.id ?? null
  })
  document.addEventListener('htmx:after:swap', () => {
    const row = focusedRowId && document.getElementById(focusedRowId)
    if (row && !row.contains(document.activeElement)) row.querySelector('a').focus({ preventScroll: true })
    if (!reducedMotion.matches && previousTops.size > 0)
      for (const row of document.querySelectorAll('tr.pipeline-row')) animateRow(row)
  })

  function animateRow(row) {
    const from = previousTops.get(row.id)
    const moved = from === undefined ? 0 : from - row.getBoundingClientRect().top
    if (from === undefined) row.animate([{ opacity: 0 }, { opacity: 1 }], 400)
    if (moved === 0) return
    const keyframes = [{ transform: `translateY(${moved}px)` }, { transform: 'none' }]
    row.animate(keyframes, { duration: 400, easing: 'ease-out' })
  }
})()
