// The rows under the pointer, the form that finds some, and the pages of a wall.
// Nothing moves under the pointer: while somebody points at the board, rows change where they are, and what comes, goes or
// moves waits, counted in one line, until the pointer leaves or rests.
import { swapIn } from './swap.js'

/** A pointer that was parked on a second monitor aims at nothing. */
const RESTS_AFTER_MS = 10_000
const PAGE_SHOWN_MS = 12_000

const table = document.querySelector('table.board')
const line = document.getElementById('changed')
const stream = document.getElementById('stream')
const changed = new Set()
let waiting = []
let pointedAt = Number.NEGATIVE_INFINITY
let isCatchingUp = false

// A later page holds its place: what is before it comes and goes all the time.
const isLaterPage = 'laterPage' in table.dataset
const isPointed = () => isLaterPage || performance.now() - pointedAt < RESTS_AFTER_MS
const isInPlace = ({ target, swapSpec }) => swapSpec.style === 'outerMorph' && target && target.tagName !== 'TBODY'

document.addEventListener('htmx:before:swap', ({ detail: { ctx, tasks } }) => {
  if (isCatchingUp) return
  const moves = tasks.filter((task) => !isInPlace(task))
  if (waiting.length === 0 && (moves.length === 0 || !isPointed())) return
  // A message that replaces everything makes what waits before it needless.
  if (moves.some(({ target }) => target?.tagName === 'TBODY')) waiting = []
  waiting.push(ctx.text)
  for (const { target, swapSpec, fragment } of moves) {
    for (const row of fragment.querySelectorAll('tr.pipeline-row')) changed.add(row.id)
    if (swapSpec.style !== 'delete' || !target) continue
    changed.add(target.id)
    target.classList.add('leaving')
  }
  tasks.splice(0, tasks.length, ...tasks.filter(isInPlace))
  showLine()
})

function showLine() {
  line.hidden = waiting.length === 0
  const text = changed.size === 1 ? '1 more changed' : `${changed.size} more changed`
  if (line.textContent !== text) line.textContent = text
}

async function catchUp() {
  const texts = waiting
  waiting = []
  changed.clear()
  isCatchingUp = true
  try {
    for (const text of texts) await swapIn(stream, text)
  } finally {
    isCatchingUp = false
    showLine()
  }
}

function leave() {
  pointedAt = Number.NEGATIVE_INFINITY
  if (waiting.length > 0) void catchUp()
}

for (const type of ['pointermove', 'pointerdown']) {
  table.addEventListener(type, ({ pointerType }) => {
    if (pointerType === 'mouse') pointedAt = performance.now()
  })
}
if (!isLaterPage) table.addEventListener('pointerleave', leave)
line.addEventListener('click', leave)
setInterval(() => {
  if (waiting.length > 0 && !isPointed()) leave()
}, 1_000)

const find = document.querySelector('form.find')
find?.addEventListener('change', ({ target }) => {
  if (target.type !== 'search') find.requestSubmit()
})
document.addEventListener('keydown', (event) => {
  const isTyping = event.target.closest('input, select, textarea, [contenteditable]')
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey || !find) return
  event.preventDefault()
  find.elements.q.select()
  find.elements.q.focus()
})

function turnPage() {
  const end = document.documentElement.scrollHeight - innerHeight
  const head = document.getElementById('counts').offsetHeight
  const row = document.querySelector('tr.pipeline-row')?.offsetHeight ?? 0
  scrollTo(0, scrollY >= end - 1 ? 0 : Math.min(end, scrollY + innerHeight - head - row))
}

if (document.documentElement.classList.contains('wall')) setInterval(turnPage, PAGE_SHOWN_MS)
