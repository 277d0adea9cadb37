// Everything the web knows comes through here. A reading has a deadline: a database that hangs must look like one that
// is away, because to a reader it is.
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { notice } from '../render/configuration-notice.ts'
import { findRepository, readBoard, readHistory, readMistakenFile, readPipeline } from '../store/board.ts'
import { BadCursor } from '../store/cursor.ts'
import type { Database } from '../store/database.ts'
import { CHANNEL } from '../store/notify.ts'
import { obstacle } from '../store/readiness.ts'
import { Away, Refusal } from './http-errors.ts'
import type { Board, BoardQuery, Reader } from './reader.ts'

// As long as a delivery may wait: on a busy embedded database a reading stands in the same queue.
const DEADLINE_MS = 8_000
const HISTORY_LINES = 200

/** Reads for people who may see every repository. */
export function openReader(o: {
  database: Database
  githubUrl: string
  now: () => Instant
  log: Logger
  deadlineMs?: number
}): Reader {
  const { database, log, deadlineMs = DEADLINE_MS } = o
  const read = <T>(what: string, reading: Promise<T>) => inTime(reading, deadlineMs).catch(away(what, log))
  return {
    board: (query) => read('board', readBoardWithNotices(o, query)),
    issue: (repository, number) => read('issue', readIssue(o, repository, number)),
    repository: (name) =>
      read(
        'repository',
        findRepository(database, name).then((found) => found?.fullName ?? null),
      ),
    obstacle: () => read('readiness', obstacle(database)),
    listen: (heard, lost) => database.listen(CHANNEL, heard, lost),
  }
}

type Source = { readonly database: Database; readonly githubUrl: string; readonly now: () => Instant }

async function readBoardWithNotices({ database, githubUrl, now }: Source, query: BoardQuery): Promise<Board> {
  const { mistaken, ...board } = await readBoard(database, { seen: 'all', ...query }, now())
  return { ...board, mistaken: mistaken.map((file) => notice(file, githubUrl)) }
}

async function readIssue({ database, githubUrl, now }: Source, repository: string, number: number) {
  const asOf = now()
  const shown = await readPipeline(database, repository, number)
  if (shown === null) return null
  const mistaken = await readMistakenFile(database, repository)
  const history = await readHistory(database, shown.id, HISTORY_LINES)
  return { shown, history, asOf, mistaken: mistaken.map((file) => notice(file, githubUrl)) }
}

function away(what: string, log: Logger): (error: unknown) => never {
  return (error) => {
    if (error instanceof BadCursor) throw new Refusal(400, 'after is not a cursor: use the one in "next".')
    log.warn({ err: error, reading: what }, 'the database could not be read')
    throw new Away('the database cannot be read just now', { cause: error })
  }
}

function inTime<T>(reading: Promise<T>, deadlineMs: number): Promise<T> {
  const { promise, reject, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  reading.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
