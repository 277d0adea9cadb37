// What the stream sends goes into the page through htmx, which changes only what differs. Rows that come or
// move fade in; the keyboard's focus stays on its row, and what somebody has unfolded stays unfolded.
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)')

// Whether an element is unfolded is decided by the person who looks.
htmx.registerExtension('andon', {
  htmx_before_morph_attr: (element, { attrName }) => !(attrName === 'open' && element.tagName === 'DETAILS'),
})

/** Swaps one message in; `source` is an element that stays. */
export async function swapIn(source, text) {
  const before = new Set(rows())
  const focusedId = document.activeElement?.closest('tr.pipeline-row')?.id ?? null
  const unfolded = new Set([...document.querySelectorAll('details[open]')].map(nameOf))
  await htmx.swap({ sourceElement: source, target: source, swap: 'none', text })
  const focused = focusedId && document.getElementById(focusedId)
  if (focused && !focused.contains(document.activeElement)) focused.querySelector('a').focus({ preventScroll: true })
  for (const details of document.querySelectorAll('details:not([open])'))
    if (unfolded.has(nameOf(details))) details.open = true
  // Rows that glide print over those between: one that is new in its place fades in there, and the others make room at once.
  if (reducedMotion.matches || before.size === 0) return
  for (const row of rows()) if (!before.has(row)) row.animate([{ opacity: 0 }, { opacity: 1 }], 400)
}

const rows = () => [...document.querySelectorAll('tr.pipeline-row')]

/** A row that moves is made anew: its parts are known again by where they are in the nearest element with an id. */
function nameOf(details) {
  if (details.id) return details.id
  const place = details.closest('[id]')
  return place === null ? null : `${place.id} ${[...place.querySelectorAll('details')].indexOf(details)}`
}
