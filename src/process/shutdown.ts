import type { Logger } from 'pino'

/** The one end of a process, however often and by whom it is wished for. */
export type Shutdown = {
  /** The first wish begins the shutdown; the rest find it under way. */
  request(by: string): void
  readonly requested: Promise<void>
  /** Everything has ended: nothing is left to enforce. */
  disarm(): void
}

/** Hosts kill what has not ended after 30 s. What is in hand by then is taken over when its claim has run out. */
const FORCE_EXIT_AFTER_MS = 24_000

/** Hears SIGTERM and SIGINT, and whoever else asks. */
export function openShutdown(log: Logger): Shutdown {
  const { promise: requested, resolve } = Promise.withResolvers<void>()
  let last: NodeJS.Timeout | undefined
  const stop: Shutdown = {
    requested,
    request(by) {
      if (last !== undefined) return log.info({ by }, 'already stopping')
      log.info({ by }, 'stopping')
      // It holds nothing up: a process that has nothing left to do ends by itself.
      last = setTimeout(() => forceExit(log), FORCE_EXIT_AFTER_MS).unref()
      resolve()
    },
    disarm: () => clearTimeout(last),
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.request(signal))
  return stop
}

function forceExit(log: Logger): void {
  log.error('something does not end: it is left to whoever claims it next')
  process.exit(0)
}
