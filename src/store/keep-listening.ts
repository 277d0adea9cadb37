import type { Logger } from 'pino'

const RETRY_MS = 2_000

/**
 * Listens until closed, and retries until it can. `changed` is also called when listening starts or is retried, because
 * notifications may have been missed.
 */
export function keepListening(o: {
  listen: (changed: () => void) => Promise<() => Promise<void>>
  changed: () => void
  log: Logger
}): { close(): Promise<void> } {
  let closed = false
  let unlisten: (() => Promise<void>) | null = null
  let retry: NodeJS.Timeout | undefined

  async function listen(isFirst: boolean): Promise<void> {
    try {
      const stop = await o.listen(o.changed)
      if (closed) return await stop()
      unlisten = stop
    } catch (error) {
      o.log.warn({ err: error }, 'cannot listen for changes yet, retrying')
      if (!closed) retry = setTimeout(() => void listen(false), RETRY_MS)
      if (isFirst) return
    }
    if (!closed) o.changed()
  }

  const listening = listen(true)
  return {
    async close() {
      closed = true
      clearTimeout(retry)
      await listening
      await unlisten?.().catch(() => undefined)
    },
  }
}
