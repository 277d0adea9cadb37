// `GET /events?probe` names nothing, so it needs no sign-in: it shows whether what stands before Andon passes a stream on.
import type { ServerResponse } from 'node:http'
import { STREAM_HEADERS } from './security-headers.ts'
import type { RequestContext } from './site.ts'
import { EVENT_STREAM } from './viewer.ts'

export function isStreamProbe({ req }: RequestContext): boolean {
  return req.path === '/events' && req.query('probe') !== undefined
}

const OPEN_MS = 2_000

/** Sends a comment at once and another when it ends, two seconds later. */
export function answerStreamProbe(response: ServerResponse): void {
  response.writeHead(200, { ...STREAM_HEADERS, ...EVENT_STREAM })
  response.write(': first\n\n')
  const timer = setTimeout(() => response.end(': last\n\n'), OPEN_MS)
  response.once('close', () => clearTimeout(timer))
}
