// A page is only given up for one that is known to be there: a proxy's "502 Bad Gateway" would stay on the wall for ever.

const FIRST_WAIT_MS = 2_000
const MAX_WAIT_MS = 60_000
const FORGET_AFTER_MS = 600_000
const REMEMBERED = 'andon:reload'

let wanted = null
let isUnderWay = false

/**
 * Reloads once this page's address is answered as `isWanted` asks, and until then asks again, ever less often. The wait
 * outlives the reload: of two servers with different builds behind one address, each may answer every other request.
 */
export async function reloadWhen(isWanted) {
  wanted = isWanted
  if (isUnderWay) return
  isUnderWay = true
  const { at = 0, waitMs = 0 } = recall()
  let wait = Math.max(0, at + waitMs - Date.now())
  let next = Math.max(FIRST_WAIT_MS, waitMs * 2)
  while (wanted !== null) {
    await new Promise((resolve) => setTimeout(resolve, wait))
    if (wanted !== null && (await isAnswered(wanted))) {
      remember({ at: Date.now(), waitMs: Math.min(MAX_WAIT_MS, next) })
      location.reload()
      return
    }
    wait = Math.min(MAX_WAIT_MS, next)
    next = wait * 2
  }
  isUnderWay = false
}

/** The reason for it is over. */
export function cancelReload() {
  wanted = null
}

/** The page says itself why it is no longer what it was: not found, not signed in. */
export const isAnyAnswer = ({ status }) => status < 500

/** The page of that build. */
export const isPageOf = (build) => async (response) => {
  if (response.status !== 200) return false
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  return page.documentElement.dataset.build === build
}

async function isAnswered(isWanted) {
  try {
    return await isWanted(await fetch(location.href, { cache: 'no-store', redirect: 'manual' }))
  } catch {
    return false
  }
}

function recall() {
  const kept = JSON.parse(sessionStorage.getItem(REMEMBERED) ?? '{}')
  return Date.now() - kept.at < FORGET_AFTER_MS ? kept : {}
}

function remember(kept) {
  sessionStorage.setItem(REMEMBERED, JSON.stringify(kept))
}
