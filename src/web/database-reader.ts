// Everything that the web shows is read here. A read has a deadline: a database that hangs must look like one that is
// unavailable, because to a reader it is.

import type { Logger } from 'pino'
import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { accessNoticesOf } from '../render/access-problem.ts'
import { healthOf } from '../render/board-row.ts'
import { configurationNoticeOf } from '../render/configuration-notice.ts'
import { AccessUnknown, SignInRequired } from '../sign-in/refusals.ts'
import type { SeenBy } from '../sign-in/seen.ts'
import { loadBoard, loadHistory, loadStoredPipeline } from '../store/board.ts'
import { listRepositoryCounts } from '../store/board-repositories.ts'
import { InvalidCursor } from '../store/cursor.ts'
import type { Database } from '../store/database.ts'
import { NOTIFY_CHANNEL } from '../store/notify.ts'
import { findPress } from '../store/presses.ts'
import { loadPublishedIds } from '../store/publications.ts'
import { whyNotReady } from '../store/readiness.ts'
import { bringReconcileForward } from '../store/reconciles.ts'
import {
  findRepository,
  listRepositoryIds,
  loadInvalidConfigFiles,
  loadRepositoryAccessProblems,
  type VisiblePlace,
  type VisibleRepositories,
} from '../store/visible-repositories.ts'
import { HttpError, ServiceUnavailable } from './http-errors.ts'
import type { OperatorParts } from './operators.ts'
import type { BoardPage, BoardPageQuery, Reader } from './reader.ts'
import { type ShareNext, shareNextReadings } from './shared-reading.ts'

// As long as a delivery may wait: on a busy embedded database, reads wait in the same queue.
const READ_TIMEOUT_MS = 8_000
/** Longer than GitHub may take to list what a user sees. */
const SEEN_TIMEOUT_MS = 25_000
/** A reading takes milliseconds. */
const STALE_MS = 500
const MAX_HISTORY_ENTRIES = 200

/** Reads what `seen` allows, which is asked before every reading; without it, everything. */
export function openDatabaseReader(o: {
  database: Database
  githubUrl: string
  now: () => Instant
  log: Logger
  deadlineMs?: number
  /** Whose way in readiness is about. */
  door?: Pick<Door, 'rehearse'>
  operators?: Pick<OperatorParts, 'latencies'>
  seen?: () => Promise<SeenBy>
  /** Whether the cord of everything is theirs to pull. */
  mayHoldEverything?: boolean
  /** Shared by all readers of the process. */
  share?: ShareNext
}): Reader {
  const { database, log, deadlineMs = READ_TIMEOUT_MS, share = shareNextReadings() } = o
  const { mayHoldEverything = false } = o
  const seenNow = async (): Promise<SeenBy | null> =>
    o.seen === undefined ? null : await withReadTimeout(o.seen(), SEEN_TIMEOUT_MS).catch(throwUnseen(log))
  const visibleNow = async (): Promise<VisibleRepositories> => (await seenNow())?.repositories ?? 'all'
  const read = <T>(what: string, reading: Promise<T>) =>
    withReadTimeout(reading, deadlineMs).catch(throwUnavailable(what, log))
  // A reading that hangs must not hold those that wait for it.
  const readShared = <T>(what: string, place: object, load: () => Promise<T>) =>
    read(
      what,
      share(`${what} ${JSON.stringify(place)}`, () => withReadTimeout(load(), deadlineMs)),
    )
  /** All who may see the repository may see the same of it, and share its readings. */
  async function visibleIn(repository: string | undefined): Promise<VisibleRepositories> {
    const visible = await visibleNow()
    if (visible === 'all' || repository === undefined) return visible
    const anyones = { visible: 'all', repository } as const
    const named = await readShared('name', anyones, () => listRepositoryIds(database.kysely, anyones))
    return named.filter((id) => visible.includes(id))
  }
  const readReadiness = () => read('readiness', whyNotReady(database, o.door?.rehearse))
  return {
    async loadBoard(query) {
      const asked = { ...query, visible: await visibleIn(query.repository) }
      return await readShared('board', asked, () => loadBoardWithNotices(o, asked))
    },
    async loadIssue(repository, number) {
      const place = { repository, visible: await visibleIn(repository) }
      return await readShared('issue', { ...place, number }, () => loadIssue(o, place, number))
    },
    async findRepository(name) {
      const visible = await visibleNow()
      return await read('repository', findRepository(database, visible, name))
    },
    async loadOwnPart({ repository, pressed }) {
      const own = { mayPress: repository === null && mayHoldEverything, press: null }
      const seen = repository === null && pressed === null ? null : await seenNow()
      if (seen === null) return own
      const writable = repository && (await read('repository', findRepository(database, seen.writable, repository)))
      return {
        mayPress: own.mayPress || writable !== null,
        press: pressed === null ? null : await read('press', findPress(database, pressed, seen.userId)),
      }
    },
    async listRepositories(owner) {
      const visible = await visibleNow()
      const asOf = o.now()
      return {
        asOf,
        repositories: await read('repositories', listRepositoryCounts(database.kysely, { visible }, owner, asOf)),
      }
    },
    async whyNotReady() {
      const beganAt = performance.now()
      const first = await readReadiness().catch((error: unknown) => error)
      if (first === null) return null
      // It may have waited for a connection that was dead: that says little about now.
      if (performance.now() - beganAt > STALE_MS) return await readReadiness()
      if (typeof first === 'string') return first
      throw first
    },
    listen: (changed, lost) => database.listen(NOTIFY_CHANNEL, changed, lost),
  }
}

type ReaderSource = {
  readonly database: Database
  readonly githubUrl: string
  readonly now: () => Instant
  readonly operators?: Pick<OperatorParts, 'latencies'>
}

async function loadBoardWithNotices(
  { database, githubUrl, now, operators }: ReaderSource,
  query: BoardPageQuery & { readonly visible: VisibleRepositories },
): Promise<BoardPage> {
  const { invalidConfigFiles, accessProblems, ...board } = await loadBoard(database, query, now())
  // What GitHub refuses to the App, or a delivery that is not signed by GitHub: nothing reaches Andon.
  const isBlind = accessProblems.some(({ scope }) => scope === 'app')
  return {
    ...board,
    latency: (await operators?.latencies()) ?? null,
    isBlind,
    configurationNotices: invalidConfigFiles.map((file) => configurationNoticeOf(file, githubUrl)),
    accessNotices: accessNoticesOf(accessProblems),
  }
}

async function loadIssue({ database, githubUrl, now }: ReaderSource, place: VisiblePlace, number: number) {
  const asOf = now()
  const shown = await loadStoredPipeline(database, place, number, asOf)
  if (shown === null) return null
  const files = await loadInvalidConfigFiles(database, place)
  // Whoever looks wants to know; where nothing can be written just now, they see what is known.
  if (healthOf(shown, asOf).health === 'unknown')
    await bringReconcileForward(database, shown.id, asOf).catch(() => undefined)
  const history = await loadHistory(database, shown.id, MAX_HISTORY_ENTRIES)
  const published = await loadPublishedIds(database, shown.id)
  const problems = await loadRepositoryAccessProblems(database, place, asOf)
  return {
    shown,
    history,
    isWholeHistory: history.length < MAX_HISTORY_ENTRIES,
    published,
    asOf,
    configurationNotices: files.map((file) => configurationNoticeOf(file, githubUrl)),
    accessNotices: accessNoticesOf(
      problems.filter(({ issueNumber }) => issueNumber === null || issueNumber === number),
    ),
  }
}

function throwUnseen(log: Logger): (error: unknown) => never {
  return (error) => {
    if (error instanceof SignInRequired || error instanceof AccessUnknown) throw error
    return throwUnavailable('access', log)(error)
  }
}

function throwUnavailable(what: string, log: Logger): (error: unknown) => never {
  return (error) => {
    if (error instanceof InvalidCursor) throw new HttpError(400, 'after is not a cursor: use the value of "next".')
    log.warn({ err: error, reading: what }, 'the database could not be read')
    throw new ServiceUnavailable('the database cannot be read just now', { cause: error })
  }
}

function withReadTimeout<T>(reading: Promise<T>, deadlineMs: number): Promise<T> {
  const { promise, reject, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  reading.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
