import type { Server } from 'node:http'
import pino, { type Logger } from 'pino'
import { type Andon, openAndon } from '../andon.ts'
import { type Config, type ProcessRole, readConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { isLocalUrl } from '../text/local-url.ts'
import { loopsDirectory, stopSocketPath } from '../watchdog/heartbeat-files.ts'
import { hashBuild } from './build-id.ts'
import { controlSocketPath, serveOperations, serveStopRequests } from './control-socket.ts'
import { makeDirectory, openDataDirectory } from './data-directory.ts'
import { StartupError } from './environment.ts'
import { migrateOrVerify, openDatabase } from './open-database.ts'
import { openOperations } from './operations.ts'
import { openShutdown, type Shutdown } from './shutdown.ts'
import { webhookUrlOf } from './webhook-url.ts'

/** Runs one role until it is asked to stop or has done `iterations`; resolves to the exit code. */
export async function runRole(role: ProcessRole, o: { iterations?: number | undefined } = {}): Promise<number> {
  const config = readConfig(role, process.env)
  const log = pino({ level: config.logLevel, serializers: { err: withoutPayload } })
  for (const sentence of config.warnings) log.warn(sentence)
  // A worker does without a folder, and says so when it writes there; but not in one that another user has prepared.
  if (role === 'worker' || role === 'all')
    await openDataDirectory(config.dataDirectory).catch((error: unknown) => {
      if (error instanceof StartupError) throw error
    })
  const database = await openDatabase(config)
  let stop: Shutdown | null = null
  try {
    const applied = await migrateOrVerify(database, role === 'all' || role === 'migrate')
    log.info({ applied, database: database.location }, 'database is up to date')
    if (role === 'migrate') return 0
    stop = openShutdown(log)
    await runUntilStopped({ config, database, log, stop, ...o })
    return 0
  } finally {
    await database.close()
    stop?.disarm()
  }
}

type RoleContext = {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  readonly stop: Shutdown
  readonly iterations?: number | undefined
}

async function runUntilStopped(o: RoleContext): Promise<void> {
  const { config, database, log, stop } = o
  const andon = await openAndon({ config, database, log, build: await hashBuild() })
  const ends: (() => Promise<unknown>)[] = [() => andon.close()]
  try {
    if (database.kind === 'embedded') ends.unshift(await openControlSocket(config, database, andon))
    if (config.role !== 'worker') await listen(config, database, andon, log)
    if (config.role !== 'web') {
      const socket = await openStopSocket(config, stop, log)
      if (socket !== null) ends.push(() => closeServer(socket))
      await startWorker(andon, o)
    }
    await stop.requested
  } finally {
    for (const end of ends) await end()
    log.info('stopped')
  }
}

async function startWorker(andon: Andon, { log, stop, iterations }: RoleContext): Promise<void> {
  const { done } = await andon.startWorker({ stopAsked: () => stop.request('the database'), iterations })
  log.info({ iterations }, 'working')
  if (iterations !== undefined) void done.then(() => stop.request('its number of iterations'))
}

async function openStopSocket(config: Config, stop: Shutdown, log: Logger): Promise<Server | null> {
  try {
    await makeDirectory(loopsDirectory(config.dataDirectory))
    const path = stopSocketPath(config.dataDirectory, { role: config.role, pid: process.pid })
    return await serveStopRequests(path, () => stop.request('its socket'))
  } catch (error) {
    // The row and a signal still work.
    log.warn(
      { err: error },
      '`loop stop` cannot reach this process through a socket: set ANDON_DATA to a writable directory',
    )
    return null
  }
}

async function openControlSocket(config: Config, database: Database, { door }: Andon): Promise<() => Promise<unknown>> {
  const now = () => new Date().toISOString()
  const control = await serveOperations(
    controlSocketPath(config.dataDirectory),
    openOperations({ database, door, now }),
  )
  return () => closeServer(control)
}

function closeServer(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}

async function listen(config: Config, database: Database, andon: Andon, log: Logger): Promise<void> {
  const port = await andon.listen().catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      throw new StartupError(`port ${config.port} on ${config.host} is in use: stop what listens there, or set PORT.`)
    }
    if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
      throw new StartupError(
        `cannot listen on ${config.host}:${config.port} (${error.code}): choose another HOST or PORT.`,
      )
    }
    throw error
  })
  log.info({ host: config.host, port, database: database.location, access: config.access }, 'listening')
  if (log.isLevelEnabled('info')) console.error(describeAddresses(config, database))
}

/** For the person who started it; the log on stdout is for programs. */
function describeAddresses(config: Config, { kind, location }: Database): string {
  const { baseUrl, webhookProxyUrl } = config
  const isOutOfReach = isLocalUrl(baseUrl) && webhookProxyUrl === null
  return [
    `andon: the board is at ${baseUrl}, and GitHub must post to ${webhookUrlOf(config)}`,
    isOutOfReach && ' (which it reaches through a proxy only: docs/operations.md, "On a laptop")',
    kind === 'embedded' && `; everything is kept in ${location}`,
    '.',
  ]
    .filter(Boolean)
    .join('')
}

// Probot attaches the whole delivery to its errors: bodies are not ours to log.
function withoutPayload(error: Error): object {
  const { event: _event, request: _request, ...rest } = pino.stdSerializers.err(error) as Record<string, unknown>
  return rest
}
