import pino, { type Logger } from 'pino'

/** A log of every level, and what has been written to it so far. */
export type RecordedLog = { readonly log: Logger; text(): string }

export function recordLog(): RecordedLog {
  let text = ''
  const log = pino(
    { level: 'trace' },
    {
      write(line) {
        text += line
      },
    },
  )
  return { log, text: () => text }
}
