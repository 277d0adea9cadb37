// From bytes to a committed event. The signature is checked on the raw bytes before anything is parsed, and a 2xx leaves
// here only after the door's commit. Payloads and secrets are never logged.
import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import { type ApplyRequest, type ApplyResult, Unavailable } from '../apply/apply-request.ts'
import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { isJsonContentType } from '../text/content-type.ts'
import { type DeliveryEnvelope, MalformedDelivery, readEnvelope } from '../translate/envelope.ts'
import type { DeliveryReceipt } from '../translate/fields.ts'
import { isHandledWebhook } from '../translate/handled-webhooks.ts'
import type { NoteAccessChange } from './access-changes.ts'
import { openProbot, type ProbotApp } from './probot.ts'
import type { NoteRejectedSignature } from './rejected-signatures.ts'
import { type Translation, translateDelivery } from './translate-delivery.ts'
import { verifyBody } from './verify.ts'

export type WebhookResponse = { status: number; body: object; headers?: Record<string, string> }

/** Receives one POST, whatever it contains, and returns the answer. Never throws. */
export type ReceiveDelivery = (request: { headers: IncomingHttpHeaders; body: Uint8Array }) => Promise<WebhookResponse>

/** The one way in: for what GitHub posts, and for what it says in its log that it has posted. */
export type Receiver = {
  readonly receive: ReceiveDelivery
  /**
   * Accepts a delivery that is missing, as it was sent. It was read from GitHub, so no signature is asked for. Resolves after
   * the commit to the hook that it was sent to; throws MalformedDelivery, or Unavailable.
   */
  acceptMissed(request: { headers: IncomingHttpHeaders; payload: object }): Promise<{ readonly hookId: number }>
}

// Used for every failure but an unavailable database, which brings its own time.
const RETRY_AFTER_SECONDS = 30

export async function createReceiver(o: {
  app: ProbotApp
  door: Door
  /** Newest first. */
  secrets: readonly string[]
  noteAccessChange?: NoteAccessChange
  now: () => Instant
  log: Logger
  /** Called for a request that looks like a delivery and is signed with another secret. */
  rejected?: NoteRejectedSignature
}): Promise<Receiver> {
  const { door, secrets, now, log } = o
  const translateViaProbot = await openProbot(o.app, log)

  async function translateHandled(envelope: DeliveryEnvelope, at: Omit<DeliveryReceipt, 'guid'>): Promise<Translation> {
    const { name, payload, guid } = envelope
    if (!isHandledWebhook(name)) return { event: null }
    // Probot builds handler names from the action, and fails on one that is not a string.
    const translate = envelope.action === null ? translateDelivery : translateViaProbot
    return await translate(name, payload, { guid, ...at })
  }

  async function accept(envelope: DeliveryEnvelope, body: Uint8Array, isMissed: boolean): Promise<ApplyResult> {
    const receivedAt = now()
    await o.noteAccessChange?.(envelope)
    const { hookId, guid, name, action, installationId, repositoryId } = envelope
    const delivery = { hookId, guid, name, action, installationId, repositoryId, receivedAt, body }
    const at = { receivedAt, repairedAt: isMissed ? receivedAt : undefined }
    const request: ApplyRequest = { delivery, ...(await translateHandled(envelope, at)) }
    const result = await door.apply(request)
    logResult(log, request, result)
    return result
  }

  async function receive({ headers, body }: Parameters<ReceiveDelivery>[0]): Promise<WebhookResponse> {
    const refusal = rejectByHeaders(headers)
    if (refusal !== null) return refusal
    const text = await verifyBody(body, String(headers['x-hub-signature-256']), secrets)
    if (text === null) {
      if (headers['x-github-delivery'] !== undefined) o.rejected?.()
      return errorResponse(401, WRONG_SIGNATURE)
    }
    try {
      const { duplicate } = await accept(readEnvelope(headers, text), body, false)
      return { status: 202, body: { accepted: true, duplicate } }
    } catch (error) {
      if (error instanceof MalformedDelivery) return errorResponse(400, error.message)
      return unavailableResponse(error, log)
    }
  }

  return {
    receive,
    async acceptMissed({ headers, payload }) {
      const text = JSON.stringify(payload)
      const envelope = readEnvelope(headers, text)
      await accept(envelope, Buffer.from(text), true)
      return { hookId: envelope.hookId }
    },
  }
}

/** The refusal that follows from the headers alone; null when the body must be read. */
export function rejectByHeaders(headers: IncomingHttpHeaders): WebhookResponse | null {
  if (!isJsonContentType(headers['content-type']))
    return errorResponse(415, 'the content type must be application/json')
  const signature = headers['x-hub-signature-256']
  if (typeof signature !== 'string') return errorResponse(401, 'the header x-hub-signature-256 is missing')
  return SIGNATURE.test(signature) ? null : errorResponse(401, WRONG_SIGNATURE)
}

const SIGNATURE = /^sha256=[0-9a-f]{64}$/
const WRONG_SIGNATURE = 'the signature does not match the body'

function logResult(log: Logger, { delivery, failure }: ApplyRequest, { state, duplicate }: ApplyResult): void {
  const fields = { delivery: delivery?.guid, webhook: delivery?.name, action: delivery?.action, state, duplicate }
  if (state === 'failed') log.warn({ ...fields, reason: failure }, 'delivery kept as failed')
  else log.debug(fields, 'delivery accepted')
}

function errorResponse(status: number, error: string): WebhookResponse {
  return { status, body: { accepted: false, error } }
}

// Nothing was stored. GitHub must record a failure, so that the delivery can be found and sent again.
function unavailableResponse(error: unknown, log: Logger): WebhookResponse {
  const seconds = error instanceof Unavailable ? error.retryAfterSeconds : null
  if (seconds === null) log.error({ err: error }, 'a delivery could not be stored')
  const answer = errorResponse(503, 'the delivery could not be stored; send it again later')
  return { ...answer, headers: { 'retry-after': String(seconds ?? RETRY_AFTER_SECONDS) } }
}
