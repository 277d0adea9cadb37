// From bytes to a committed event. The signature is checked on the raw bytes before anything is parsed, and a 2xx leaves
// here only after the door's commit. Payloads and secrets are never logged.
import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import { type Arrival, type Outcome, Unavailable } from '../apply/apply-request.ts'
import type { Door } from '../apply/door.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { type Envelope, Malformed, openEnvelope } from '../translate/envelope.ts'
import { isHandled } from '../translate/handled-webhooks.ts'
import { type Translation, translation } from '../translate/translate.ts'
import { openProbot, type ProbotApp } from './probot.ts'
import { withReceipt } from './translate-via-probot.ts'
import { verified } from './verify.ts'

export type Answer = { status: number; body: object; headers?: Record<string, string> }

/** Takes one POST of a delivery, whatever it holds, and says how to answer it. Never throws. */
export type Receive = (request: { headers: IncomingHttpHeaders; body: Uint8Array }) => Promise<Answer>

// When something broke that is not the database's absence, there is no better guess.
const RETRY_AFTER_SECONDS = 30

export async function createReceiver(o: {
  app: ProbotApp
  door: Door
  /** Newest first. */
  secrets: readonly string[]
  now: () => Instant
  log: Logger
}): Promise<Receive> {
  const { door, secrets, now, log } = o
  const probot = await openProbot(o.app, log)

  async function translated(envelope: Envelope, receivedAt: Instant): Promise<Translation> {
    const { name, payload, guid } = envelope
    if (!isHandled(name)) return { event: null }
    // Probot builds handler names from the action, and trips over one that is no text.
    if (envelope.action === null) return translation(name, payload, { guid, receivedAt })
    return withReceipt(payload, { guid, receivedAt }, () => probot.receive({ id: guid, name, payload }))
  }

  async function accept(envelope: Envelope, body: Uint8Array): Promise<Answer> {
    const receivedAt = now()
    const { hookId, guid, name, action, installationId, repositoryId } = envelope
    const delivery = { hookId, guid, name, action, installationId, repositoryId, receivedAt, body }
    const arrival: Arrival = { delivery, ...(await translated(envelope, receivedAt)) }
    const outcome = await door.apply(arrival)
    note(log, arrival, outcome)
    return { status: 202, body: { accepted: true, duplicate: outcome.duplicate } }
  }

  return async ({ headers, body }) => {
    const unread = refuseUnread(headers)
    if (unread !== null) return unread
    const text = await verified(body, String(headers['x-hub-signature-256']), secrets)
    if (text === null) return refused(401, UNPROVEN)
    try {
      return await accept(openEnvelope(headers, text), body)
    } catch (error) {
      if (error instanceof Malformed) return refused(400, error.message)
      return unavailable(error, log)
    }
  }
}

/** What the headers alone rule out, whatever the body; null when it must be read. */
export function refuseUnread(headers: IncomingHttpHeaders): Answer | null {
  if (!isJson(headers['content-type'])) return refused(415, 'the content type must be application/json')
  const signature = headers['x-hub-signature-256']
  if (typeof signature !== 'string') return refused(401, 'the header x-hub-signature-256 is missing')
  return SIGNATURE.test(signature) ? null : refused(401, UNPROVEN)
}

const SIGNATURE = /^sha256=[0-9a-f]{64}$/
const UNPROVEN = 'the signature does not match the body'

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'
}

function note(log: Logger, { delivery, failure }: Arrival, { state, duplicate }: Outcome): void {
  const fields = { delivery: delivery?.guid, webhook: delivery?.name, action: delivery?.action, state, duplicate }
  if (state === 'failed') log.warn({ ...fields, reason: failure }, 'delivery kept as failed')
  else log.debug(fields, 'delivery accepted')
}

function refused(status: number, error: string): Answer {
  return { status, body: { accepted: false, error } }
}

// Nothing was kept: GitHub must record a failure, so that the delivery can be found and sent again.
function unavailable(error: unknown, log: Logger): Answer {
  const seconds = error instanceof Unavailable ? error.retryAfterSeconds : null
  if (seconds === null) log.error({ err: error }, 'a delivery could not be kept')
  const answer = refused(503, 'the delivery could not be kept just now; send it again later')
  return { ...answer, headers: { 'retry-after': String(seconds ?? RETRY_AFTER_SECONDS) } }
}
