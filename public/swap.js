// What the stream sends goes into the page through htmx, which changes only what differs. Rows that move glide into place
// once, new ones fade in; the keyboard's focus stays on its row, and what somebody has unfolded stays unfolded.
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)')

// Whether an element is unfolded is decided by the person who looks.
htmx.registerExtension('andon', {
  htmx_before_morph_attr: (element, { attrName }) => !(attrName === 'open' && element.tagName === 'DETAILS'),
})

/** Swaps one message in; `source` is an element that stays. */
export async function swapIn(source, text) {
  const tops = new Map(rows().map((row) => [row.id, row.getBoundingClientRect().top]))
  const focusedId = document.activeElement?.closest('tr.pipeline-row')?.id ?? null
  const unfolded = new Set([...document.querySelectorAll('details[open]')].map(nameOf))
  await htmx.swap({ sourceElement: source, target: source, swap: 'none', text })
  const focused = focusedId && document.getElementById(focusedId)
  if (focused && !focused.contains(document.activeElement)) focused.querySelector('a').focus({ preventScroll: true })
  for (const details of document.querySelectorAll('details:not([open])'))
    if (unfolded.has(nameOf(details))) details.open = true
  if (!reducedMotion.matches && tops.size > 0) for (const row of rows()) animate(row, tops.get(row.id))
}

const rows = () => [...document.querySelectorAll('tr.pipeline-row')]

/** A row that moves is made anew: its parts are known again by where they are in the nearest element with an id. */
function nameOf(details) {
  if (details.id) return details.id
  const place = details.closest('[id]')
  return place === null ? null : `${place.id} ${[...place.querySelectorAll('details')].indexOf(details)}`
}

function animate(row, from) {
  const moved = from === undefined ? 0 : from - row.getBoundingClientRect().top
  if (from === undefined) row.animate([{ opacity: 0 }, { opacity: 1 }], 400)
  if (moved === 0) return
  const keyframes = [{ transform: `translateY(${moved}px)` }, { transform: 'none' }]
  row.animate(keyframes, { duration: 400, easing: 'ease-out' })
}
