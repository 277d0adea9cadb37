// Reads /events as a browser's page does, and remembers what came.
import { createParser } from 'eventsource-parser'

export type EventStream = {
  /** The unnamed messages so far, parsed from JSON, oldest first. */
  messages(): readonly unknown[]
  /** Whether the connection is still the first one. */
  isOpen(): boolean
  close(): void
}

/** Connects once and stays; nothing is reconnected here. */
export async function openEventStream(url: string): Promise<EventStream> {
  const abort = new AbortController()
  const answer = await fetch(url, { signal: abort.signal, headers: { accept: 'text/event-stream' } })
  if (answer.status !== 200 || !answer.body) throw new Error(`${url} answered ${answer.status}`)
  const messages: unknown[] = []
  let open = true
  const parser = createParser({
    onEvent({ event, data }) {
      if (!event || event === 'message') messages.push(JSON.parse(data))
    },
  })
  void readStream(answer.body.pipeThrough(new TextDecoderStream()), (text) => parser.feed(text)).finally(() => {
    open = false
  })
  return { messages: () => messages, isOpen: () => open, close: () => abort.abort() }
}

async function readStream(stream: ReadableStream<string>, take: (text: string) => void): Promise<void> {
  try {
    for await (const text of stream) take(text)
  } catch {
    // The connection ended: `open` says so.
  }
}
