// A process that works says so every 15 s, by a timer of its own that no iteration can hold up. The first beat is kept
// before the first claim; `stopping` is the last one, and it is kept before anything is released.
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { startTime } from '../process/process-identity.ts'
import type { Database } from '../store/database.ts'
import { beatLoop, forgetLoop, readLoops } from '../store/loops.ts'
import { BEAT_EVERY_MS, type Heartbeat, heartbeatOf, idOf, judge, type Self } from './heartbeat.ts'
import { readHeartbeats, removeHeartbeat, writeHeartbeat } from './heartbeat-files.ts'
import type { LoopState } from './loop.ts'

export type Beating = {
  /** Says that it is stopping. Nothing is said after that; resolves when it is kept, or when nobody can keep it. */
  stop(): Promise<void>
  /** Its work is done and nothing is left in hand: it leaves no sign of life behind. */
  forget(): Promise<void>
}

/** A place in which heartbeats are kept. Resolves to when the loop was asked to stop. */
type Keeper = {
  keep(heartbeat: Heartbeat): Promise<Instant | null>
  forget(self: Self): Promise<void>
}

/** Who this process is. */
export async function whoAmI(role: string): Promise<Self> {
  return { role, host: hostname(), pid: process.pid, startedAtTicks: await startTime(process.pid) }
}

/** Begins to beat; resolves when the first beat is kept, and rejects if the database does not take it. */
export async function startBeating(o: {
  self: Self
  database: Database
  dataDirectory: string
  loops: () => readonly LoopState[]
  /** Called at a beat that finds the wish in the row, maybe more than once. */
  stopAsked: () => void
  now: () => Instant
  log: Logger
  everyMs?: number
}): Promise<Beating> {
  const { self, log } = o
  const row = inTurn(rowKeeper(o.database))
  const file = inTurn(fileKeeper(o.dataDirectory, log))
  const heartbeat = (isStopping: boolean) => heartbeatOf(self, o.loops(), o.now(), isStopping)

  await forgetTheDead(o)
  const first = heartbeat(false)
  await Promise.all([row.keep(first), file.keep(first)])
  const timer = setInterval(() => {
    const beat = heartbeat(false)
    if (!file.isBusy()) void file.keep(beat)
    // A database that does not answer is not asked again before it has.
    if (row.isBusy()) return
    row.keep(beat).then(
      (askedAt) => askedAt !== null && o.stopAsked(),
      (error: unknown) => log.warn({ err: error }, 'a beat could not be kept in the database'),
    )
  }, o.everyMs ?? BEAT_EVERY_MS)

  return {
    async stop() {
      clearInterval(timer)
      const last = heartbeat(true)
      await inTime([row.keep(last), file.keep(last)], log, 'nobody was told that this loop is stopping')
    },
    async forget() {
      await inTime([row.forget(self), file.forget(self)], log, 'the last sign of life stays where it is')
    },
  }
}

/** What a process left that was killed on this machine is not kept for a successor to stumble over. */
async function forgetTheDead(o: { self: Self; database: Database; dataDirectory: string; now: () => Instant }) {
  const files = (await readHeartbeats(o.dataDirectory).catch(() => [])).flatMap(({ heartbeat }) => heartbeat ?? [])
  const rows = await readLoops(o.database)
  for (const left of [...rows, ...files].filter(({ host }) => host === o.self.host)) {
    const { state, isProven } = await judge(left, { now: o.now(), host: o.self.host, from: 'row' })
    if (isProven || state === 'alive' || state === 'doubtful') continue
    await forgetLoop(o.database, left.id)
    await removeHeartbeat(o.dataDirectory, left).catch(() => undefined)
  }
}

function rowKeeper(database: Database): Keeper {
  return {
    keep: (heartbeat) => beatLoop(database, heartbeat),
    forget: ({ role, host, pid }) => forgetLoop(database, idOf({ role, host, pid })),
  }
}

/** A worker beats without a disk too: then only the database tells of it, and the log says so once. */
function fileKeeper(dataDirectory: string, log: Logger): Keeper {
  let complained = false
  return {
    async keep(heartbeat) {
      try {
        await writeHeartbeat(dataDirectory, heartbeat)
      } catch (error) {
        if (!complained) log.warn({ err: error }, 'heartbeats cannot be written to a file: set ANDON_DATA')
        complained = true
      }
      return null
    },
    forget: (self) => removeHeartbeat(dataDirectory, self).catch(() => undefined),
  }
}

/** One beat after the other, so that an old one never lands on a newer. */
function inTurn(keeper: Keeper): Keeper & { isBusy(): boolean } {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  function next<T>(work: () => Promise<T>): Promise<T> {
    waiting++
    const done = last.then(work, work).finally(() => waiting--)
    last = done.catch(() => undefined)
    return done
  }
  return {
    isBusy: () => waiting > 0,
    keep: (heartbeat) => next(() => keeper.keep(heartbeat)),
    forget: (self) => next(() => keeper.forget(self)),
  }
}

const PATIENCE_MS = 3_000

/** A database that is away must not hold up the end of a process. */
async function inTime(works: readonly Promise<unknown>[], log: Logger, complaint: string): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  await Promise.race([Promise.all(works), late.promise])
    .catch((error: unknown) => log.warn({ err: error }, complaint))
    .finally(() => clearTimeout(timer))
}
