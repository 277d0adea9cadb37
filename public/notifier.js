// Watches, once for all tabs, what somebody asked to be told of. It reads the shared stream as a tab does, but as JSON, and
// lets one tab say what happened.
import { changeSeen, findTransitions, keyOf } from './seen-lights.js'

const SPEAK_EVERY_MS = 60_000
/** So many repositories are watched each by its own; beyond, all of them are read. */
const MAX_OWN_SCOPES = 8
/** More at once are summed up in one. */
const MAX_SINGLE = 3
/** Of so many tasks that left the board at once it is asked what became of them. */
const MAX_ASKED = 20

const WORDS = { started: 'started', finished: 'is done', failed: 'failed', review: 'is in review' }
const SUMMED = { failed: 'failed', review: 'in review', started: 'started', finished: 'done' }

/** `receive` takes the words of a tab; `announce` lets a page show something, if `isPageThere`. */
export function createNotifier({ viewer, receive, announce, isPageThere }) {
  const watched = new Map()
  let wishes = {}
  let known = '{}'

  function want(next) {
    const text = JSON.stringify(next)
    if (text === known) return
    known = text
    wishes = next
    const queries = queriesOf(wishes)
    for (const query of watched.keys()) if (!queries.includes(query)) stop(query)
    for (const query of queries) if (!watched.has(query)) start(query)
  }

  /** Until a page says again what is wanted. */
  function pause() {
    want({})
  }

  function start(query) {
    const watch = { version: '', read: 0, work: Promise.resolve() }
    watched.set(query, watch)
    watch.post = (message) => {
      if (message.kind !== 'message') return
      if (message.event === 'gone') stop(query)
      else watch.work = watch.work.then(() => take(query, watch, message)).catch((error) => console.error(error))
    }
    speak(query, watch)
  }

  function stop(query) {
    watched.delete(query)
    receive(`notifier ${query}`, () => undefined, { kind: 'bye' })
  }

  function speak(query, { post, version, read }) {
    receive(`notifier ${query}`, post, { kind: 'show', query, version, read, isVisible: true, isNotifier: true })
  }

  async function take(query, watch, { event, data, number, version }) {
    if (event === undefined) {
      await compare(query, JSON.parse(data))
      watch.version = version
    }
    watch.read = number
    if (watched.get(query) === watch) speak(query, watch)
  }

  // Everything that is shown has a cursor to what follows it; a change names what has gone.
  async function compare(query, { pipelines, gone, next, asOf }) {
    const isWhole = next !== undefined
    const left = isWhole ? await findMissing(query, pipelines) : gone
    const became = (await Promise.all(left.slice(0, MAX_ASKED).map(askAbout))).filter((row) => row !== null)
    const update = (seen) => {
      const isFirst = !(query in seen.scopes)
      const transitions = findTransitions(seen, [...pipelines, ...became], isFirst)
      if (isWhole) seen.scopes[query] = true
      seen.asOf = Date.parse(asOf)
      return transitions.filter(({ row }) => wishes[row.repository] ?? wishes['*'] ?? false)
    }
    // What nobody would be told of stays unseen, for the next page: a browser closes without a word.
    const isNews = (await changeSeen(viewer, (seen) => update(structuredClone(seen)))).length > 0
    if (isNews && !(await isPageThere())) pause()
    else say(await changeSeen(viewer, update))
  }

  async function findMissing(query, pipelines) {
    const shown = new Set(pipelines.map(keyOf))
    const only = new URLSearchParams(query).get('repository')
    const keys = await changeSeen(viewer, ({ tasks }) => Object.keys(tasks))
    return keys
      .map((key) => ({ repository: key.split('#')[0], issue: Number(key.split('#')[1]) }))
      .filter((task) => !shown.has(keyOf(task)) && (only === null || only === task.repository))
  }

  function say(found) {
    if (found.length > MAX_SINGLE) {
      const count = (kind) => found.filter((one) => one.kind === kind).length
      const parts = Object.entries(SUMMED).flatMap(([kind, word]) =>
        count(kind) > 0 ? [`${count(kind)} ${word}`] : [],
      )
      announce({ title: `${found.length} tasks moved`, body: parts.join(', '), url: '/', tag: 'andon' })
      return
    }
    for (const { kind, row } of found) {
      const name = `${row.repository} #${row.issue}`
      const url = `/${row.repository}/issues/${row.issue}`
      announce({ title: `${name} ${WORDS[kind]}`, body: row.title ?? '', url, tag: `andon ${name}` })
    }
  }

  setInterval(() => {
    for (const [query, watch] of watched) speak(query, watch)
  }, SPEAK_EVERY_MS)

  return { want, pause }
}

function queriesOf(wishes) {
  const own = Object.keys(wishes).filter((name) => name !== '*' && wishes[name])
  if (wishes['*'] || own.length > MAX_OWN_SCOPES) return ['as=json']
  return own.map((name) => new URLSearchParams({ repository: name, as: 'json' }).toString())
}

/** A task that is no longer on the board; null if it cannot be said now what became of it. */
async function askAbout({ repository, issue }) {
  try {
    const response = await fetch(`/api/pipelines/${repository}/${issue}`, { cache: 'no-store' })
    if (response.status === 404) return { repository, issue, light: 'idle' }
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}
