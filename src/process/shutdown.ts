import type { Logger } from 'pino'

/** The shutdown of a process: one, however often it is requested. */
export type Shutdown = {
  /** The first request starts the shutdown; later ones change nothing. */
  request(by: string): void
  readonly requested: Promise<void>
  /** Call it when everything has ended: the process is not forced to exit. */
  disarm(): void
}

/** Hosts kill a process that has not ended after 30 s. Its claims are taken over when they expire. */
const FORCE_EXIT_AFTER_MS = 24_000

/** Shuts down on SIGTERM, SIGINT or a request. */
export function openShutdown(log: Logger): Shutdown {
  const { promise: requested, resolve } = Promise.withResolvers<void>()
  let deadline: NodeJS.Timeout | undefined
  const stop: Shutdown = {
    requested,
    request(by) {
      if (deadline !== undefined) return log.info({ by }, 'already stopping')
      log.info({ by }, 'stopping')
      // Unreferenced: a process that has nothing left to do ends by itself.
      deadline = setTimeout(() => forceExit(log), FORCE_EXIT_AFTER_MS).unref()
      resolve()
    },
    disarm: () => clearTimeout(deadline),
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.request(signal))
  return stop
}

function forceExit(log: Logger): void {
  log.error('the shutdown takes too long: exiting, other processes take over when the claims expire')
  process.exit(0)
}
