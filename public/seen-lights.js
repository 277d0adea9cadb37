// What this browser has last seen of each task, kept over visits, and what has happened to it since.
const MAX_TASKS = 2_000
const STORE = 'seen'
const RECORD = 'lights'

/**
 * What happened: a task starts, finishes, fails or moves into review, and nothing else. `seen` is changed to what `rows`
 * say. A task that was never seen counts only if it changed after the last look: it may have been on a later page.
 */
export function findTransitions(seen, rows, isFirst) {
  const found = []
  for (const row of rows) {
    const key = keyOf(row)
    const before = seen.tasks[key]
    const kind = transitionOf(before, row, seen.asOf)
    if (kind !== null && !isFirst) found.push({ kind, row })
    delete seen.tasks[key]
    if (row.light === 'done' || row.light === 'idle') continue
    seen.tasks[key] = { light: row.light, isStarted: row.light === 'running' || before?.isStarted === true }
  }
  const keys = Object.keys(seen.tasks)
  for (const key of keys.slice(0, Math.max(0, keys.length - MAX_TASKS))) delete seen.tasks[key]
  return found
}

export const keyOf = ({ repository, issue }) => `${repository}#${issue}`

function transitionOf(before, { light, since }, asOf) {
  if (before === undefined && (light === 'done' || Date.parse(since) <= asOf)) return null
  if (light === 'running') return before?.isStarted ? null : 'started'
  if (light === 'done') return 'finished'
  if (light === 'failed' || light === 'review') return before?.light === light ? null : light
  return null
}

/** Changes what was seen, in one step that no other worker or tab can come between. */
export async function changeSeen(viewer, change) {
  const database = await openDatabase()
  const transaction = database.transaction(STORE, 'readwrite')
  const store = transaction.objectStore(STORE)
  const ended = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
  })
  let result
  store.get(RECORD).onsuccess = ({ target }) => {
    // What somebody else saw here is nothing to compare with.
    const isOwn = target.result?.viewer === viewer
    const seen = isOwn ? target.result : { viewer, tasks: {}, scopes: {}, asOf: 0 }
    result = change(seen)
    store.put(seen, RECORD)
  }
  await ended
  database.close()
  return result
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('andon', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
