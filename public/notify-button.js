// Who wants to be told of what, in this browser: a repository, or (`*`) everything that has no wish of its own.
import { keepPush } from './push.js'

const KEY = 'andon:notify'

export function readWishes() {
  return JSON.parse(localStorage.getItem(KEY) ?? '{}')
}

/** The button of this page; it asks the browser for leave only when somebody presses it. */
export function showNotifyButton(button, { query, viewer }, onChange) {
  const params = new URLSearchParams(query)
  const place = params.get('repository') ?? '*'
  if (params.has('wall')) return
  let isHeardAway = false

  function show() {
    const wishes = readWishes()
    const isOn = wishes[place] ?? wishes['*'] ?? false
    const what = place === '*' ? 'any task' : `a task of ${place}`
    const where = isHeardAway ? 'also while no page is open' : 'while a page is open'
    button.hidden = false
    button.setAttribute('aria-pressed', String(isOn))
    button.textContent = isOn ? 'Notifications on' : 'Notify me'
    button.title = `When ${what} starts, finishes, fails, moves into review or needs you: in this browser${isOn ? `, ${where}` : ''}.`
  }

  async function keep(isPressed) {
    if ('maySubscribe' in button.dataset) isHeardAway = await keepPush({ viewer, wishes: readWishes(), isPressed })
    show()
  }

  button.addEventListener('click', async () => {
    const isOn = button.getAttribute('aria-pressed') === 'true'
    localStorage.setItem(KEY, JSON.stringify({ ...readWishes(), [place]: !isOn }))
    show()
    onChange()
    if (!isOn && 'Notification' in window && Notification.permission === 'default')
      await Notification.requestPermission()
    await keep(true)
  })
  // Pressed in another tab.
  addEventListener('storage', ({ key }) => {
    if (key !== KEY) return
    show()
    onChange()
  })
  show()
  void keep(false)
}
