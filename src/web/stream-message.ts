// One message for any number of readers, encoded once, and compressed at most once.
import { constants, deflateRawSync } from 'node:zlib'

/** Bytes that are ready to be written to any reader. */
export type StreamMessage = {
  readonly plain: Buffer
  /** A piece of a gzip stream that refers to nothing before it, so that the same piece goes to every reader. */
  gzip(): Buffer
}

export function streamMessageOf(text: string): StreamMessage {
  const plain = Buffer.from(text)
  let compressed: Buffer | null = null
  return {
    plain,
    gzip() {
      compressed ??= deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH })
      return compressed
    },
  }
}

/** A comment, which programs ignore: the server lives, and so does every connection between. */
export const BEAT = streamMessageOf(':\n\n')

/** What a gzip stream begins with. No trailer follows: a stream of events has no end, it is only cut. */
export const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])

/** One message of an event stream. Messages without a name say what is shown; their id is its version. */
export function encodeSseMessage(name: string | null, text: string, version: string | null = null): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  const id = version === null ? '' : `id: ${version}\n`
  return `${name === null ? '' : `event: ${name}\n`}${id}${lines.join('')}\n`
}
