import type { ServerResponse } from 'node:http'
import { encodeSseMessage, GZIP_HEADER, type StreamMessage, streamMessageOf } from './stream-message.ts'

/** Who is sent the messages of one scope. */
export type Viewer = {
  send(message: StreamMessage): void
  /** The scope has ended. */
  end(): void
}

/** One open event stream. */
export type StreamConnection = {
  send(message: StreamMessage): void
  end(): void
  /** The viewer of one of its scopes. Where a stream carries several, their messages are told apart. */
  viewerOf(position: number): Viewer
}

// A client that stops reading is dropped before its unread messages fill our memory; it reconnects and gets a snapshot.
const MAX_BUFFERED_BYTES = 256 * 1024

/** Opens the stream on a response; `onClose` is called once when it ends, whatever the reason. */
export function openStreamConnection(
  response: ServerResponse,
  o: {
    headers: Readonly<Record<string, string>>
    isCompressed: boolean
    carriesSeveral: boolean
    onClose: () => void
  },
): StreamConnection {
  // The client may have disconnected while the snapshot was read.
  if (response.destroyed) o.onClose()
  else response.once('close', o.onClose)
  response.on('error', () => response.destroy())
  response.writeHead(200, {
    ...o.headers,
    ...EVENT_STREAM,
    vary: 'accept-encoding',
    ...(o.isCompressed && { 'content-encoding': 'gzip' }),
  })
  if (o.isCompressed) response.write(GZIP_HEADER)
  let position = -1

  function send(message: StreamMessage): void {
    if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy()
    else response.write(o.isCompressed ? message.gzip() : message.plain)
  }

  const end = () => void response.end()
  return {
    send,
    end,
    viewerOf(own) {
      if (!o.carriesSeveral) return { send, end }
      return {
        send(message) {
          if (position !== own) send(scopeMessageOf(own))
          position = own
          send(message)
        },
        // The other scopes go on.
        end: () => undefined,
      }
    },
  }
}

const scopeMessages: StreamMessage[] = []

/** Says which scope, by its position in the request, the messages after it are about. */
function scopeMessageOf(position: number): StreamMessage {
  const message = scopeMessages[position] ?? streamMessageOf(encodeSseMessage('scope', String(position)))
  scopeMessages[position] = message
  return message
}

/** What a proxy must know to pass each event on at once. */
export const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const
