import type { Server } from 'node:http'
import pino, { type Logger } from 'pino'
import { type Andon, openAndon } from '../andon.ts'
import { BadConfig, type Config, type Role, readConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { loopsDirectory, stopSocket } from '../watchdog/heartbeat-files.ts'
import { buildId } from './build-id.ts'
import { serveOperations, serveStop, socketPath } from './control-socket.ts'
import { makeDirectory } from './data-directory.ts'
import { bringUpToDate, openStore } from './open-database.ts'
import { openOperations } from './operations.ts'
import { openStop, type Stop } from './shutdown.ts'

/** Runs one role until it is told to stop or, with `iterations`, has done that much; resolves to the exit code. */
export async function runRole(role: Role, o: { iterations?: number | undefined } = {}): Promise<number> {
  const config = readConfig(role, process.env)
  const log = pino({ level: config.logLevel, serializers: { err: withoutPayload } })
  const database = await openStore(config)
  let stop: Stop | null = null
  try {
    const applied = await bringUpToDate(database, role === 'all' || role === 'migrate')
    log.info({ applied, database: database.where }, 'database is up to date')
    if (role === 'migrate') return 0
    stop = openStop(log)
    await serve({ config, database, log, stop, ...o })
    return 0
  } finally {
    await database.close()
    stop?.over()
  }
}

type Running = {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  readonly stop: Stop
  readonly iterations?: number | undefined
}

async function serve(o: Running): Promise<void> {
  const { config, database, log, stop } = o
  const andon = await openAndon({ config, database, log, build: await buildId() })
  const ends: (() => Promise<unknown>)[] = [() => andon.close()]
  try {
    if (database.kind === 'embedded') ends.unshift(await openControl(config, database, andon))
    if (config.role !== 'worker') await announce(config, database, andon, log)
    if (config.role !== 'web') {
      const socket = await openStopSocket(config, stop, log)
      if (socket !== null) ends.push(() => closed(socket))
      await work(andon, o)
    }
    await stop.asked
  } finally {
    for (const end of ends) await end()
    log.info('stopped')
  }
}

async function work(andon: Andon, { log, stop, iterations }: Running): Promise<void> {
  const { done } = await andon.work({ stopAsked: () => stop.ask('the database'), iterations })
  log.info({ iterations }, 'working')
  if (iterations !== undefined) void done.then(() => stop.ask('its number of iterations'))
}

async function openStopSocket(config: Config, stop: Stop, log: Logger): Promise<Server | null> {
  try {
    await makeDirectory(loopsDirectory(config.dataDirectory))
    const path = stopSocket(config.dataDirectory, { role: config.role, pid: process.pid })
    return await serveStop(path, () => stop.ask('its socket'))
  } catch (error) {
    // The row and a signal remain.
    log.warn({ err: error }, 'there is no socket on which this loop can be asked to stop: set ANDON_DATA')
    return null
  }
}

async function openControl(config: Config, database: Database, { door }: Andon): Promise<() => Promise<unknown>> {
  const now = () => new Date().toISOString()
  const control = await serveOperations(socketPath(config.dataDirectory), openOperations({ database, door, now }))
  return () => closed(control)
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}

async function announce(config: Config, database: Database, andon: Andon, log: Logger): Promise<void> {
  const port = await andon.listen().catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new BadConfig(`port ${config.port} on ${config.host} is in use: stop what listens there, or set PORT.`)
    }
    if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
      throw new BadConfig(
        `cannot listen on ${config.host}:${config.port} (${error.code}): choose another HOST or PORT.`,
      )
    }
    throw error
  })
  log.info({ host: config.host, port, database: database.where, access: config.access }, 'listening')
}

// Probot attaches the whole delivery to its errors: bodies are not ours to log.
function withoutPayload(error: Error): object {
  const { event: _event, request: _request, ...rest } = pino.stdSerializers.err(error) as Record<string, unknown>
  return rest
}
