// GitHub's log of the deliveries of the App's webhook: https://docs.github.com/en/rest/apps/webhooks
import { z } from 'zod'
import type { Instant } from '../pipeline/model/time.ts'
import { identifier, readPayload, timestamp, truncatedText } from './fields.ts'

/** One attempt to deliver, as the log lists it: without its payload. */
export type LoggedDelivery = {
  /** GitHub's number of the attempt, which may be larger than a number of JavaScript holds exactly. */
  readonly logId: string
  /** The same for all attempts to deliver the event. */
  readonly guid: string
  readonly name: string
  readonly action: string | null
  readonly installationId: number | null
  readonly repositoryId: number | null
  readonly deliveredAt: Instant
  /** Whether the receiver answered with success, or has not answered yet. */
  readonly isAccepted: boolean
}

/** What GitHub sent. */
export type LoggedRequest = { readonly headers: Readonly<Record<string, string>>; readonly payload: object }

const logId = z.union([z.int(), z.string().regex(/^\d{1,40}$/)]).transform(String)
const optionalId = z
  .int()
  .positive()
  .nullish()
  .catch(null)
  .transform((id) => id ?? null)

const page = z.array(z.unknown())
const entry = z.object({
  id: logId,
  guid: identifier,
  delivered_at: timestamp,
  status: truncatedText.nullish(),
  status_code: z.number().nullish(),
  event: identifier,
  action: identifier.nullish(),
  installation_id: optionalId,
  repository_id: optionalId,
})

const detail = z.object({
  guid: identifier,
  request: z.object({
    headers: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)),
    payload: z.record(z.string(), z.unknown()),
  }),
})

/** One page. An entry that cannot be read hides no other. */
export function translateDeliveryLog(body: unknown): readonly LoggedDelivery[] {
  const all = readPayload(page, body)
  const readable = all.flatMap((each) => entry.safeParse(each).data ?? [])
  // Throws, and names the field.
  if (readable.length === 0) readPayload(z.array(entry), all)
  return readable.map((each) => ({
    logId: each.id,
    guid: each.guid,
    name: each.event,
    action: each.action ?? null,
    installationId: each.installation_id,
    repositoryId: each.repository_id,
    deliveredAt: each.delivered_at,
    isAccepted: isAccepted(each.status_code ?? 0, each.status ?? ''),
  }))
}

/** The request, with the names of its headers in lower case; null if it is another delivery's. */
export function translateLoggedRequest(body: unknown, guid: string): LoggedRequest | null {
  const { guid: found, request } = readPayload(detail, body)
  if (found !== guid) return null
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return { headers: Object.fromEntries(headers), payload: request.payload }
}

function isAccepted(statusCode: number, status: string): boolean {
  return (statusCode >= 200 && statusCode < 400) || (statusCode === 0 && /^(?:pending|ok)?$/i.test(status))
}
