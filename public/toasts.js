// What happened, said where it is seen: in the page, or by the system if no page is.
const SHOWN_MS = 12_000

/** Shows one notification as `how` asks. Where the system may not be used, the page says it. */
export async function notify({ how, title, body, url, tag }) {
  if (how === 'native' && (await showNative({ title, body, url, tag }))) return
  showToast({ title, body, url })
}

async function showNative({ title, body, url, tag }) {
  if (!('Notification' in window) || Notification.permission !== 'granted') return false
  try {
    const icon = document.querySelector('link[rel=icon]').href
    // By the service worker where there is one: what is pushed with the same tag is then the same notification.
    const worker = await navigator.serviceWorker?.getRegistration()
    if (worker?.active) {
      await worker.showNotification(title, { body, tag, icon, data: { url } })
      return true
    }
    const shown = new Notification(title, { body, tag, icon })
    shown.onclick = () => {
      focus()
      location.assign(url)
      shown.close()
    }
    return true
  } catch {
    // Chrome on Android takes them from a service worker only.
    return false
  }
}

function showToast({ title, body, url }) {
  const toast = document.createElement('div')
  toast.className = 'toast'
  const link = Object.assign(document.createElement('a'), { href: url })
  link.append(Object.assign(document.createElement('b'), { textContent: title }), ` ${body}`)
  const dismiss = Object.assign(document.createElement('button'), { type: 'button', textContent: '×' })
  dismiss.setAttribute('aria-label', 'Dismiss')
  dismiss.onclick = () => toast.remove()
  toast.append(link, dismiss)
  document.getElementById('toasts').append(toast)
  const removeLater = () =>
    setTimeout(() => (toast.matches(':hover, :focus-within') ? removeLater() : toast.remove()), SHOWN_MS)
  removeLater()
}
