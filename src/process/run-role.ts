import type { Server } from 'node:http'
import pino, { type Logger } from 'pino'
import { openDoor } from '../apply/door.ts'
import { type ProcessRole, readConfig, type StartConfig } from '../config.ts'
import type { Database } from '../store/database.ts'
import { isLocalUrl } from '../text/local-url.ts'
import { loopsDirectory, stopSocketPath } from '../watchdog/heartbeat-files.ts'
import { type AppHost, openAppHost } from './app-host.ts'
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
    const applied = await migrateOrVerify(database, config, role === 'all' || role === 'migrate')
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
  readonly config: StartConfig
  readonly database: Database
  readonly log: Logger
  readonly stop: Shutdown
  readonly iterations?: number | undefined
}

async function runUntilStopped(o: RoleContext): Promise<void> {
  const { config, database, log, stop } = o
  const host = await openAppHost({ config, database, log, build: await hashBuild() })
  const ends: (() => Promise<unknown>)[] = [() => host.close()]
  try {
    if (database.kind === 'embedded') ends.unshift(await openControlSocket(o, host))
    if (config.role !== 'worker') await listen(o, host)
    if (config.role !== 'web') {
      const socket = await openStopSocket(config, stop, log)
      if (socket !== null) ends.push(() => closeServer(socket))
      await host.startWorker({ iterations: o.iterations, stopAsked: (by) => stop.request(by) })
    }
    await Promise.race([stop.requested, host.failed])
  } finally {
    for (const end of ends) await end()
    log.info('stopped')
  }
}

async function openStopSocket(config: StartConfig, stop: Shutdown, log: Logger): Promise<Server | null> {
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

/** Operators reach the process whether or not it has an App. */
async function openControlSocket(
  { config, database, log }: RoleContext,
  host: AppHost,
): Promise<() => Promise<unknown>> {
  const now = () => new Date().toISOString()
  const door = openDoor({ database, now, log })
  const control = await serveOperations(controlSocketPath(config.dataDirectory), {
    ...openOperations({ database, door, now }),
    replaceApp: host.replaceApp,
  })
  return async () => {
    await closeServer(control)
    await door.close()
  }
}

function closeServer(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}

async function listen({ config, database, log }: RoleContext, host: AppHost): Promise<void> {
  const port = await host.listen().catch((error: NodeJS.ErrnoException) => {
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
  if (host.setupAddress !== null) {
    log.warn('no GitHub App is registered yet: open the address that is printed on stderr')
    // Not in the log: whoever has the address may register the App.
    console.error(`andon: to register the GitHub App, open ${host.setupAddress} (it works once, within a day).`)
  } else if (log.isLevelEnabled('info')) console.error(describeAddresses(config, database))
}

/** For the person who started it; the log on stdout is for programs. */
function describeAddresses(config: StartConfig, { kind, location }: Database): string {
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
