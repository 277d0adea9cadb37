// GitHub's answers about the App itself: its settings, its webhook, the log of its deliveries, its installations.
import { z } from 'zod'
import { id, identifier, optionalTimestamp, readPayload, timestamp, truncatedText, webUrl } from './fields.ts'

/** The App as its settings page shows it. */
export type AppSettings = {
  readonly id: number
  readonly slug: string
  readonly owner: { readonly login: string; readonly type: string }
  /** Null where GitHub does not name it. */
  readonly clientId: string | null
  readonly permissions: Readonly<Record<string, string>>
  readonly events: readonly string[]
}

/** Where GitHub posts, and how. */
export type WebhookSettings = {
  readonly url: string
  readonly contentType: string
  readonly verifiesCertificates: boolean
  readonly hasSecret: boolean
}

/** One attempt to deliver. */
export type DeliveryAttempt = {
  readonly guid: string
  readonly deliveredAt: string
  readonly statusCode: number
  /** GitHub's words: `OK`, `timed out`, `Invalid HTTP Response: 401`. */
  readonly status: string
}

/** An installation as the App lists it. */
export type ListedInstallation = {
  readonly id: number
  readonly account: string
  readonly isSuspended: boolean
  readonly permissions: Readonly<Record<string, string>>
  readonly settingsUrl: string | null
}

const permissions = z.record(z.string(), z.string())

const appAnswer = z.object({
  id,
  slug: identifier,
  // An enterprise has no login.
  owner: z.object({ login: identifier.optional(), slug: identifier.optional(), type: z.string().optional() }),
  client_id: identifier.nullish(),
  permissions,
  events: z.array(z.string()),
})

const webhookAnswer = z.object({
  url: truncatedText.nullish(),
  content_type: z.string().nullish(),
  insecure_ssl: z.union([z.string(), z.number()]).nullish(),
  secret: z.string().nullish(),
})

const deliveriesAnswer = z.array(
  z.object({ guid: identifier, delivered_at: timestamp, status_code: z.int(), status: truncatedText }),
)

const installationsAnswer = z.array(
  z.object({
    id,
    account: z.object({ login: identifier.optional(), slug: identifier.optional() }).nullish(),
    suspended_at: optionalTimestamp,
    permissions,
    html_url: webUrl.nullish().transform((url) => url ?? null),
  }),
)

export function translateAppSettings(body: unknown): AppSettings {
  const { id, slug, owner, client_id, permissions, events } = readPayload(appAnswer, body)
  const login = owner.login ?? owner.slug ?? ''
  return { id, slug, owner: { login, type: owner.type ?? 'User' }, clientId: client_id ?? null, permissions, events }
}

export function translateWebhookSettings(body: unknown): WebhookSettings {
  const { url, content_type, insecure_ssl, secret } = readPayload(webhookAnswer, body)
  return {
    url: url ?? '',
    // GitHub's default, where nothing was chosen.
    contentType: content_type ?? 'form',
    verifiesCertificates: String(insecure_ssl ?? '0') === '0',
    hasSecret: Boolean(secret),
  }
}

export function translateDeliveryAttempts(body: unknown): readonly DeliveryAttempt[] {
  return readPayload(deliveriesAnswer, body).map(({ guid, delivered_at, status_code, status }) => ({
    guid,
    deliveredAt: delivered_at,
    statusCode: status_code,
    status,
  }))
}

export function translateListedInstallations(body: unknown): readonly ListedInstallation[] {
  return readPayload(installationsAnswer, body).map(({ id, account, suspended_at, permissions, html_url }) => ({
    id,
    account: account?.login ?? account?.slug ?? String(id),
    isSuspended: suspended_at !== null,
    permissions,
    settingsUrl: html_url,
  }))
}
