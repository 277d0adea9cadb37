import type { ServerResponse } from 'node:http'

/** One open event stream. */
export type Viewer = { send(message: Uint8Array): void; end(): void }

// A reader that stopped reading is dropped before its unread messages fill our memory; it connects anew and gets a snapshot.
const MAX_BUFFERED_BYTES = 256 * 1024

/** Opens the stream on a response; `onClose` is called once when it is over, for whatever reason. */
export function openViewer(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  onClose: () => void,
): Viewer {
  // It may have gone away while the snapshot was read.
  if (response.destroyed) onClose()
  else response.once('close', onClose)
  response.on('error', () => response.destroy())
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  return {
    send(message) {
      if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy()
      else response.write(message)
    },
    end: () => response.end(),
  }
}

/** One message of an event stream; without a name it is one that htmx swaps in. */
export function encodeSseMessage(name: string | null, text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  return `${name === null ? '' : `event: ${name}\n`}${lines.join('')}\n`
}
