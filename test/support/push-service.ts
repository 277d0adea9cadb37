// A push service and the browsers behind it: it takes what a real one takes (RFC 8030), believes the sender by its signature
// (RFC 8292), and its browsers decrypt (RFC 8291), written here anew from the standards.
import { createDecipheriv, createECDH, createHmac, type ECDH, randomBytes } from 'node:crypto'
import { importJWK, jwtVerify } from 'jose'

export type PushedMessage = {
  readonly content: Readonly<Record<string, unknown>>
  readonly ttlSeconds: number
  readonly urgency: string | null
  readonly topic: string | null
  readonly bytes: number
}

/** A browser's subscription, with what a page sends of it. */
export type PushBrowser = {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
  /** What has arrived, the oldest first. */
  readonly messages: PushedMessage[]
}

export type PushService = {
  serves(input: Parameters<typeof fetch>[0]): boolean
  readonly fetch: typeof fetch
  /** Subscribes a browser for the sender with that public key. */
  subscribe(publicKey: string): PushBrowser
  /** Answers all requests so from now on, instead of taking the message; null: takes it again. */
  refuse(answer: Refusal | null): void
  /** Keeps every answer back, from now until the returned function is called. */
  holdAnswers(): () => void
  /** How many requests have come. */
  requestCount(): number
}

type Refusal = { readonly status: number; readonly headers?: Record<string, string> } | 'silence'

const HOST = 'https://fcm.googleapis.com'

export function openPushService(): PushService {
  const browsers = new Map<string, PushBrowser & { readonly curve: ECDH; readonly publicKey: string }>()
  let refusal: Refusal | null = null
  let requests = 0
  let answering = Promise.resolve()
  return {
    serves: (input) => String(input).startsWith(`${HOST}/`),
    async fetch(input, init) {
      requests += 1
      await answering
      const browser = browsers.get(String(input))
      if (browser === undefined) return new Response('no such subscription', { status: 410 })
      const headers = new Headers(init?.headers)
      await expectSignature(headers.get('authorization') ?? '', browser.publicKey)
      const body = Buffer.from(init?.body as Uint8Array)
      if (refusal === null) {
        browser.messages.push({
          content: JSON.parse(decrypt(body, browser)),
          ttlSeconds: Number(headers.get('ttl')),
          urgency: headers.get('urgency'),
          topic: headers.get('topic'),
          bytes: body.length,
        })
      }
      if (refusal === 'silence') throw new TypeError('fetch failed')
      return new Response(null, refusal ?? { status: 201 })
    },
    subscribe(publicKey) {
      const curve = createECDH('prime256v1')
      const browser = {
        endpoint: `${HOST}/fcm/send/${randomBytes(12).toString('base64url')}`,
        p256dh: curve.generateKeys('base64url'),
        auth: randomBytes(16).toString('base64url'),
        messages: [],
        curve,
        publicKey,
      }
      browsers.set(browser.endpoint, browser)
      return browser
    },
    refuse(answer) {
      refusal = answer
    },
    holdAnswers() {
      const { promise, resolve } = Promise.withResolvers<void>()
      answering = promise
      return resolve
    },
    requestCount: () => requests,
  }
}

/** RFC 8292: a token for this service, not for longer than a day, by the key for which the browser subscribed. */
async function expectSignature(authorization: string, publicKey: string): Promise<void> {
  const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  if (key !== publicKey) throw new Error(`the sender is not the one that was subscribed to: ${authorization}`)
  const point = Buffer.from(publicKey, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const verifier = await importJWK({ kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }, 'ES256')
  const { payload } = await jwtVerify(token, verifier, { audience: HOST })
  if (!/^(https|mailto):/.test(String(payload.sub))) throw new Error('nobody is named to write to')
  if (Number(payload.exp) > Date.now() / 1000 + 86_400) throw new Error('the token lives for more than a day')
}

/** RFC 8188 and 8291, one record. */
function decrypt(body: Buffer, { curve, p256dh, auth }: { curve: ECDH; p256dh: string; auth: string }): string {
  const salt = body.subarray(0, 16)
  const keyLength = body.readUInt8(20)
  const senderKey = body.subarray(21, 21 + keyLength)
  const record = body.subarray(21 + keyLength)
  const hmac = (key: Buffer, ...parts: readonly (Buffer | string)[]) => {
    const mac = createHmac('sha256', key)
    for (const part of parts) mac.update(part)
    return mac.digest()
  }
  const shared = hmac(Buffer.from(auth, 'base64url'), curve.computeSecret(senderKey))
  const info = ['WebPush: info\0', Buffer.from(p256dh, 'base64url'), senderKey, Buffer.from([1])] as const
  const pseudoRandom = hmac(salt, hmac(shared, ...info))
  const key = hmac(pseudoRandom, 'Content-Encoding: aes128gcm\0', Buffer.from([1])).subarray(0, 16)
  const nonce = hmac(pseudoRandom, 'Content-Encoding: nonce\0', Buffer.from([1])).subarray(0, 12)
  const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(record.subarray(-16))
  const text = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
  // What follows the delimiter of the last record is padding.
  return text.subarray(0, text.lastIndexOf(2)).toString()
}
