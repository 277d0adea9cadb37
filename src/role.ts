import pino, { type Logger } from 'pino'
import { type Andon, openAndon } from './andon.ts'
import { buildId } from './build.ts'
import { BadConfig, type Config, type Role, readConfig } from './config.ts'
import { serveOperations, socketPath } from './control.ts'
import { bringUpToDate, openStore } from './open-store.ts'
import { openOperations } from './operations.ts'
import type { Database } from './store/database.ts'

/** Runs one role until it is told to stop; resolves to the exit code. */
export async function runRole(role: Role): Promise<number> {
  const config = readConfig(role, process.env)
  const log = pino({ level: config.logLevel, serializers: { err: withoutPayload } })
  const database = await openStore(config)
  try {
    const applied = await bringUpToDate(database, role === 'all' || role === 'migrate')
    log.info({ applied, database: database.where }, 'database is up to date')
    if (role !== 'migrate') await serve(config, database, log)
    return 0
  } finally {
    await database.close()
  }
}

async function serve(config: Config, database: Database, log: Logger): Promise<void> {
  const andon = await openAndon({ config, database, log, build: await buildId() })
  const stopped = untilSignalled(log)
  const ends: (() => Promise<unknown>)[] = [() => andon.close()]
  try {
    if (database.kind === 'embedded') ends.unshift(await openControl(config, database, andon))
    if (config.role !== 'worker') await announce(config, database, andon, log)
    if (config.role !== 'web') await andon.work()
    await stopped
  } finally {
    for (const end of ends) await end()
    log.info('stopped')
  }
}

async function openControl(config: Config, database: Database, { door }: Andon): Promise<() => Promise<unknown>> {
  const now = () => new Date().toISOString()
  const control = await serveOperations(socketPath(config.dataDirectory), openOperations({ database, door, now }))
  return () => new Promise((resolve) => control.close(resolve))
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

// Two signals are one wish: the first begins the shutdown, the rest find it under way.
function untilSignalled(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        log.info({ signal }, 'stopping')
        resolve()
      })
    }
  })
}

// Probot attaches the whole delivery to its errors: bodies are not ours to log.
function withoutPayload(error: Error): object {
  const { event: _event, request: _request, ...rest } = pino.stdSerializers.err(error) as Record<string, unknown>
  return rest
}
