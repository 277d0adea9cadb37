// Who wants to be told of what, in this browser: a repository, or (`*`) everything that has no wish of its own.
const KEY = 'andon:notify'

export function readWishes() {
  return JSON.parse(localStorage.getItem(KEY) ?? '{}')
}

/** The button of this page; it asks the browser for leave only when somebody presses it. */
export function showNotifyButton(button, query, onChange) {
  const params = new URLSearchParams(query)
  const place = params.get('repository') ?? '*'
  if (params.has('wall')) return

  function show() {
    const wishes = readWishes()
    const isOn = wishes[place] ?? wishes['*'] ?? false
    const what = place === '*' ? 'any task' : `a task of ${place}`
    button.hidden = false
    button.setAttribute('aria-pressed', String(isOn))
    button.textContent = isOn ? 'Notifications on' : 'Notify me'
    button.title = `When ${what} starts, finishes, fails or moves into review: in this browser.`
  }

  button.addEventListener('click', async () => {
    const isOn = button.getAttribute('aria-pressed') === 'true'
    localStorage.setItem(KEY, JSON.stringify({ ...readWishes(), [place]: !isOn }))
    show()
    onChange()
    if (!isOn && 'Notification' in window && Notification.permission === 'default')
      await Notification.requestPermission()
  })
  // Pressed in another tab.
  addEventListener('storage', ({ key }) => {
    if (key !== KEY) return
    show()
    onChange()
  })
  show()
}
