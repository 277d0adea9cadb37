import type { Logger } from 'pino'

/** The one end of a process, however often and by whom it is wished for. */
export type Stop = {
  /** The first wish begins the shutdown; the rest find it under way. */
  ask(by: string): void
  readonly asked: Promise<void>
  /** Everything has ended: nothing is left to enforce. */
  over(): void
}

/** Hosts kill what has not ended after 30 s. What is in hand by then is taken over when its claim has run out. */
const AT_LAST_MS = 24_000

/** Hears SIGTERM and SIGINT, and whoever else asks. */
export function openStop(log: Logger): Stop {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  let last: NodeJS.Timeout | undefined
  const stop: Stop = {
    asked,
    ask(by) {
      if (last !== undefined) return log.info({ by }, 'already stopping')
      log.info({ by }, 'stopping')
      // It holds nothing up: a process that has nothing left to do ends by itself.
      last = setTimeout(() => leave(log), AT_LAST_MS).unref()
      resolve()
    },
    over: () => clearTimeout(last),
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.ask(signal))
  return stop
}

function leave(log: Logger): void {
  log.error('something does not end: it is left to whoever claims it next')
  process.exit(0)
}
