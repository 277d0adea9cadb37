// One message to one browser: encrypted for it alone (RFC 8291), signed as this Andon (RFC 8292), and what follows from the
// push service's answer (RFC 8030).
import { createHash, ECDH } from 'node:crypto'
import webPush from 'web-push'
import type { NewsMessage } from '../pipeline/view/news.ts'
import { plainText } from '../render/sanitize.ts'
import { pushServiceOf } from './push-endpoint.ts'
import type { PushKeys } from './push-keys.ts'

export type BrowserSubscription = {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** All that travels. */
export type PushContent = {
  readonly kind: NewsMessage['kind']
  readonly repository: string
  readonly number: number
  readonly title: string
  readonly stage: string
}

export type PushAnswer =
  | { readonly outcome: 'sent' | 'gone' }
  | { readonly outcome: 'refused'; readonly status: number }
  /** Nobody knows, or not now; `afterMs` is what the service asks for. */
  | { readonly outcome: 'again'; readonly afterMs: number }

export async function sendPush(
  o: { send: typeof fetch; keys: PushKeys; subject: string },
  subscription: BrowserSubscription,
  content: PushContent,
  ttlSeconds: number,
): Promise<PushAnswer> {
  if (!isUsable(subscription)) return { outcome: 'gone' }
  const { endpoint, headers, body } = webPush.generateRequestDetails(subscription, encodeContent(content), {
    TTL: ttlSeconds,
    urgency: content.kind === 'started' || content.kind === 'finished' ? 'normal' : 'high',
    topic: topicOf(subscription, content),
    vapidDetails: { ...o.keys, subject: o.subject },
  })
  // The length is counted anew by fetch.
  const { 'Content-Length': _counted, ...rest } = headers as Record<string, string | number>
  try {
    const response = await o.send(endpoint, {
      method: 'POST',
      headers: Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
      body: Uint8Array.from(body ?? []),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    return answerOf(response)
  } catch {
    return { outcome: 'again', afterMs: 0 }
  }
}

/** Can a message be encrypted for it, and does its address belong to a push service? */
export function isUsable({ endpoint, keys: { p256dh, auth } }: BrowserSubscription): boolean {
  if (pushServiceOf(endpoint) === null || Buffer.from(auth, 'base64url').length !== AUTH_BYTES) return false
  try {
    const point = Buffer.from(p256dh, 'base64url')
    return (
      point.length === POINT_BYTES &&
      ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'uncompressed').length === POINT_BYTES
    )
  } catch {
    // It is no point of the curve.
    return false
  }
}

/** RFC 8291: a point of P-256, uncompressed, and a secret. */
const POINT_BYTES = 65
const AUTH_BYTES = 16

function answerOf({ ok, status, headers }: Response): PushAnswer {
  if (ok) return { outcome: 'sent' }
  if (status === 404 || status === 410) return { outcome: 'gone' }
  if (status !== 408 && status !== 429 && status < 500) return { outcome: 'refused', status }
  const after = headers.get('retry-after') ?? ''
  return { outcome: 'again', afterMs: /^\d{1,6}$/.test(after) ? Number(after) * 1000 : 0 }
}

/** Everything has one length, so that nobody learns a title's; services take 4,096 bytes, of which encryption needs 103. */
export const CONTENT_BYTES = 1_024

function encodeContent(content: PushContent): string {
  for (let most = MAX_TITLE_LENGTH; ; most = Math.floor(most / 2)) {
    const text = JSON.stringify({ ...content, title: plainText(content.title, most) })
    const free = CONTENT_BYTES - Buffer.byteLength(text)
    if (free >= 0 || most === 0) return text + ' '.repeat(Math.max(0, free))
  }
}

const MAX_TITLE_LENGTH = 120

/** A newer message takes the place of one about the same issue that the service still keeps. */
function topicOf({ keys }: BrowserSubscription, { repository, number }: PushContent): string {
  return createHash('sha256').update(`${keys.auth} ${repository}#${number}`).digest('base64url').slice(0, 32)
}

const TIMEOUT_MS = 10_000
