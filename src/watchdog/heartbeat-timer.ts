// A process that works says so every 15 s, by a timer of its own that no iteration can hold up. The first beat is kept
// before the first claim; `stopping` is the last one, and it is kept before anything is released.
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Instant } from '../pipeline/model/time.ts'
import { readStartTicks } from '../process/process-identity.ts'
import type { Database } from '../store/database.ts'
import { deleteLoop, loadLoops, upsertLoop } from '../store/loops.ts'
import { assessHeartbeat, BEAT_EVERY_MS, type Heartbeat, heartbeatOf, type LoopProcess, loopIdOf } from './heartbeat.ts'
import { readHeartbeatFiles, removeHeartbeatFile, writeHeartbeatFile } from './heartbeat-files.ts'
import type { LoopState } from './loop.ts'

export type HeartbeatTimer = {
  /** Says that it is stopping. Nothing is said after that; resolves when it is kept, or when nobody can keep it. */
  stop(): Promise<void>
  /** Its work is done and nothing is left in hand: it leaves no sign of life behind. */
  remove(): Promise<void>
}

/** A place in which heartbeats are kept. Resolves to when the loop was asked to stop. */
type BeatSink = {
  write(heartbeat: Heartbeat): Promise<Instant | null>
  remove(self: LoopProcess): Promise<void>
}

/** Who this process is. */
export async function identifySelf(role: string): Promise<LoopProcess> {
  return { role, host: hostname(), pid: process.pid, startedAtTicks: await readStartTicks(process.pid) }
}

/** Begins to beat; resolves when the first beat is kept, and rejects if the database does not take it. */
export async function startHeartbeat(o: {
  self: LoopProcess
  database: Database
  dataDirectory: string
  loops: () => readonly LoopState[]
  /** Called at a beat that finds the wish in the row, maybe more than once. */
  stopAsked: () => void
  now: () => Instant
  log: Logger
  everyMs?: number
}): Promise<HeartbeatTimer> {
  const { self, log } = o
  const row = serializeWrites(databaseSink(o.database))
  const file = serializeWrites(fileSink(o.dataDirectory, log))
  const heartbeat = (isStopping: boolean) => heartbeatOf(self, o.loops(), o.now(), isStopping)

  await removeDeadLoops(o)
  const first = heartbeat(false)
  await Promise.all([row.write(first), file.write(first)])
  const timer = setInterval(() => {
    const beat = heartbeat(false)
    if (!file.isBusy()) void file.write(beat)
    // A database that does not answer is not asked again before it has.
    if (row.isBusy()) return
    row.write(beat).then(
      (askedAt) => askedAt !== null && o.stopAsked(),
      (error: unknown) => log.warn({ err: error }, 'a beat could not be kept in the database'),
    )
  }, o.everyMs ?? BEAT_EVERY_MS)

  return {
    async stop() {
      clearInterval(timer)
      const last = heartbeat(true)
      await waitAtMost([row.write(last), file.write(last)], log, 'nobody was told that this loop is stopping')
    },
    async remove() {
      await waitAtMost([row.remove(self), file.remove(self)], log, 'the last sign of life stays where it is')
    },
  }
}

/** What a process left that was killed on this machine is not kept for a successor to stumble over. */
async function removeDeadLoops(o: {
  self: LoopProcess
  database: Database
  dataDirectory: string
  now: () => Instant
}) {
  const files = (await readHeartbeatFiles(o.dataDirectory).catch(() => [])).flatMap(({ heartbeat }) => heartbeat ?? [])
  const rows = await loadLoops(o.database)
  for (const left of [...rows, ...files].filter(({ host }) => host === o.self.host)) {
    const { state, isProven } = await assessHeartbeat(left, { now: o.now(), host: o.self.host, from: 'row' })
    if (isProven || state === 'alive' || state === 'doubtful') continue
    await deleteLoop(o.database, left.id)
    await removeHeartbeatFile(o.dataDirectory, left).catch(() => undefined)
  }
}

function databaseSink(database: Database): BeatSink {
  return {
    write: (heartbeat) => upsertLoop(database, heartbeat),
    remove: ({ role, host, pid }) => deleteLoop(database, loopIdOf({ role, host, pid })),
  }
}

/** A worker beats without a disk too: then only the database tells of it, and the log says so once. */
function fileSink(dataDirectory: string, log: Logger): BeatSink {
  let complained = false
  return {
    async write(heartbeat) {
      try {
        await writeHeartbeatFile(dataDirectory, heartbeat)
      } catch (error) {
        if (!complained) log.warn({ err: error }, 'heartbeats cannot be written to a file: set ANDON_DATA')
        complained = true
      }
      return null
    },
    remove: (self) => removeHeartbeatFile(dataDirectory, self).catch(() => undefined),
  }
}

/** One beat after the other, so that an old one never lands on a newer. */
function serializeWrites(keeper: BeatSink): BeatSink & { isBusy(): boolean } {
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
    write: (heartbeat) => next(() => keeper.write(heartbeat)),
    remove: (self) => next(() => keeper.remove(self)),
  }
}

const END_TIMEOUT_MS = 3_000

/** A database that is away must not hold up the end of a process. */
async function waitAtMost(works: readonly Promise<unknown>[], log: Logger, complaint: string): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not within ${END_TIMEOUT_MS} ms`)), END_TIMEOUT_MS)
  await Promise.race([Promise.all(works), late.promise])
    .catch((error: unknown) => log.warn({ err: error }, complaint))
    .finally(() => clearTimeout(timer))
}
