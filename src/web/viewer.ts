import type { ServerResponse } from 'node:http'

/** One open event stream. */
export type Viewer = { send(message: Uint8Array): void; end(): void }

// A client that stops reading is dropped before its unread messages fill our memory; it reconnects and gets a snapshot.
const MAX_BUFFERED_BYTES = 256 * 1024

/** Opens the stream on a response; `onClose` is called once when it ends, whatever the reason. */
export function openViewer(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  onClose: () => void,
): Viewer {
  // The client may have disconnected while the snapshot was read.
  if (response.destroyed) onClose()
  else response.once('close', onClose)
  response.on('error', () => response.destroy())
  response.writeHead(200, {
    ...headers,
    ...EVENT_STREAM,
  })
  return {
    send(message) {
      if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy()
      else response.write(message)
    },
    end: () => response.end(),
  }
}

/** One message of an event stream. htmx swaps in messages without a name. */
export function encodeSseMessage(name: string | null, text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  return `${name === null ? '' : `event: ${name}\n`}${lines.join('')}\n`
}

/** What a proxy must know to pass each event on at once. */
export const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const
