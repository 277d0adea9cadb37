// The server's clock, as far as this browser knows it: ages must not depend on a laptop that is five minutes off.
const root = document.documentElement
const clock = document.getElementById('clock')

let offset = Date.parse(root.dataset.asOf) - Date.now()
/** Until when the page is known to be right. */
let currentAt = Date.parse(root.dataset.asOf)

export const serverNow = () => Date.now() + offset

/** What is shown was right just now, at `asOf` by the server's clock if it said so. */
export function markCurrent(asOf) {
  if (asOf) offset = Date.parse(asOf) - Date.now()
  currentAt = serverNow()
}

/** What is shown was read then, and nothing newer can be. */
export function markReadAt(asOf) {
  currentAt = Date.parse(asOf)
}

/** Since when the page may be wrong, to the minute. */
export function staleSince() {
  const since = new Date(currentAt).toISOString()
  const isToday = since.slice(0, 10) === new Date(serverNow()).toISOString().slice(0, 10)
  return `${isToday ? since.slice(11, 16) : since.slice(0, 16).replace('T', ' ')} UTC`
}

export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text
}

function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} m`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} m` : `${hours} h`
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`
}

const timeOf = (ms) => `${new Date(ms).toISOString().slice(11, 19)} UTC`

/** Ages and the clock go on; on a stale page the clock says of when it is. */
export function tick() {
  const now = serverNow()
  for (const time of document.querySelectorAll('time[data-age]')) setText(time, age(now - Date.parse(time.dateTime)))
  if (root.dataset.live === 'stale') setText(clock, `as of ${timeOf(currentAt)}`)
  else if (root.dataset.live !== 'still') setText(clock, timeOf(now))
}
