// Reads /events as a program would, and keeps the messages. It connects once and never reconnects.
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export type EventReader = {
  /** The next message, or the next one of that name (`message`: the unnamed). Rejects if the stream ends first. */
  nextMessage(name?: string): Promise<EventSourceMessage>
  /** The messages that arrived and are unread. */
  unread(): EventSourceMessage[]
  /** Whether the connection is still the first one. */
  isOpen(): boolean
  /** Resolves when the server ended the stream. */
  ended: Promise<void>
  close(): void
}

/** Opens an event stream and reads it as a program would. */
export async function openEventReader(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const abort = new AbortController()
  const response = await fetch(url, { signal: abort.signal, headers })
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`)
  const queue: EventSourceMessage[] = []
  const over = Promise.withResolvers<void>()
  let wake = Promise.withResolvers<void>()
  let open = true
  const parser = createParser({
    onEvent(message) {
      queue.push(message)
      wake.resolve()
    },
  })
  const reading = async (body: ReadableStream<Uint8Array>) => {
    try {
      for await (const text of body.pipeThrough(new TextDecoderStream())) parser.feed(text)
    } catch {
      // Closed by the test or cut by the server: either is the end.
    }
    open = false
    wake.resolve()
    over.resolve()
  }
  void reading(response.body as ReadableStream<Uint8Array>)
  return {
    async nextMessage(name) {
      for (;;) {
        const index = queue.findIndex(({ event }) => name === undefined || (event ?? 'message') === name)
        const [found] = index === -1 ? [] : queue.splice(0, index + 1).slice(-1)
        if (found) return found
        if (!open) throw new Error(`the stream ended before ${name ?? 'a message'}`)
        wake = Promise.withResolvers()
        await wake.promise
      }
    },
    unread: () => queue,
    isOpen: () => open,
    ended: over.promise,
    close: () => abort.abort(),
  }
}
