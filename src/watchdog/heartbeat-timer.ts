// A worker beats every 15 s, by its own timer that no iteration can delay. The first beat is stored before the first
// claim; the last one, `stopping`, is stored before anything is released.
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
  /** Beats `stopping`, and never again; resolves when that is stored, or after a timeout. */
  stop(): Promise<void>
  /** Removes the heartbeat, once the work is done and nothing is claimed. */
  remove(): Promise<void>
}

/** Where heartbeats are stored; `write` resolves to when the loop was asked to stop. */
type BeatSink = {
  write(heartbeat: Heartbeat): Promise<Instant | null>
  remove(self: LoopProcess): Promise<void>
}

/** Identifies this process. */
export async function identifySelf(role: string): Promise<LoopProcess> {
  return { role, host: hostname(), pid: process.pid, startedAtTicks: await readStartTicks(process.pid) }
}

/** Starts to beat; resolves when the first beat is stored, and rejects if the database does not store it. */
export async function startHeartbeat(o: {
  self: LoopProcess
  database: Database
  dataDirectory: string
  loops: () => readonly LoopState[]
  /** Called after a beat whose row asks the loop to stop, possibly more than once. */
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
    // The beat before is still on its way to the database.
    if (row.isBusy()) return
    row.write(beat).then(
      (askedAt) => askedAt !== null && o.stopAsked(),
      (error: unknown) => log.warn({ err: error }, 'a heartbeat could not be written to the database'),
    )
  }, o.everyMs ?? BEAT_EVERY_MS)

  return {
    async stop() {
      clearInterval(timer)
      const last = heartbeat(true)
      await waitAtMost([row.write(last), file.write(last)], log, 'the stopping heartbeat could not be written')
    },
    async remove() {
      await waitAtMost([row.remove(self), file.remove(self)], log, 'the heartbeat could not be removed')
    },
  }
}

/** Removes the heartbeats of processes that were killed on this machine. */
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
    if (isProven || state === 'alive' || state === 'untrusted') continue
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

/** A worker beats without a writable disk too: then only in the database, and the log says so once. */
function fileSink(dataDirectory: string, log: Logger): BeatSink {
  let isWarned = false
  return {
    async write(heartbeat) {
      try {
        await writeHeartbeatFile(dataDirectory, heartbeat)
      } catch (error) {
        if (!isWarned)
          log.warn({ err: error }, 'heartbeats cannot be written to a file: set ANDON_DATA to a writable directory')
        isWarned = true
      }
      return null
    },
    remove: (self) => removeHeartbeatFile(dataDirectory, self).catch(() => undefined),
  }
}

/** Writes one beat after the other, so that an old one never overwrites a newer one. */
function serializeWrites(sink: BeatSink): BeatSink & { isBusy(): boolean } {
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
    write: (heartbeat) => next(() => sink.write(heartbeat)),
    remove: (self) => next(() => sink.remove(self)),
  }
}

const END_TIMEOUT_MS = 3_000

/** A database that is away must not delay the end of a process. */
async function waitAtMost(works: readonly Promise<unknown>[], log: Logger, complaint: string): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not within ${END_TIMEOUT_MS} ms`)), END_TIMEOUT_MS)
  await Promise.race([Promise.all(works), late.promise])
    .catch((error: unknown) => log.warn({ err: error }, complaint))
    .finally(() => clearTimeout(timer))
}
