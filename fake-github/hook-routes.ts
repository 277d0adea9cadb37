// The App's webhook, and the log of its deliveries, which GitHub keeps for three days.
// https://docs.github.com/en/rest/apps/webhooks
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { type Deliveries, type Delivery, headersOf } from './deliveries.ts'
import type { World } from './world.ts'

/** How the App's webhook is set. */
export type Hook = {
  /** Without the tick at "Active", an App has no webhook. */
  readonly active: boolean
  /** Null: where deliveries are sent. */
  readonly url: string | null
  readonly contentType: 'json' | 'form'
  readonly insecureSsl: boolean
  readonly hasSecret: boolean
  /** Added to the ids of its log, which may be larger than what a number holds exactly. */
  readonly logIdsFrom: bigint
}

export const HOOK: Hook = {
  active: true,
  url: null,
  contentType: 'json',
  insecureSsl: false,
  hasSecret: true,
  logIdsFrom: 0n,
}

/** Answers `/app/hook/…`; null for other paths. */
export function respondToHook(
  { method, path, query, body }: ApiRequest,
  { world, deliveries }: { world: World; deliveries: Deliveries },
): ApiResponse | null {
  const isRead = method === 'GET'
  if (path === '/app/hook/config' && isRead) return hookConfig(world.hook, deliveries)
  if (path === '/app/hook/config' && method === 'PATCH') {
    if (!world.hook.active) return NOT_FOUND
    changeHook(world, deliveries, body as HookChange)
    return hookConfig(world.hook, deliveries)
  }
  if (path === '/app/hook/deliveries' && isRead) return listDeliveries(world, deliveries, query)
  const [, id, attempts] = /^\/app\/hook\/deliveries\/(\d+)(\/attempts)?$/.exec(path) ?? []
  if (id === undefined || isRead !== (attempts === undefined)) return null
  const delivery = keptDeliveries(world, deliveries).find((one) => logIdOf(one, world.hook) === BigInt(id))
  if (!delivery) return NOT_FOUND
  if (isRead) return { status: 200, body: deliveryJson(delivery, deliveries, world.hook) }
  void deliveries.redeliver(delivery.id)
  return { status: 202, body: {} }
}

const NOT_FOUND: ApiResponse = { status: 404, body: { message: 'Not Found' } }

function hookConfig(hook: Hook, deliveries: Deliveries): ApiResponse {
  if (!hook.active) return NOT_FOUND
  const body = {
    content_type: hook.contentType,
    insecure_ssl: hook.insecureSsl ? '1' : '0',
    ...(hook.hasSecret && { secret: '********' }),
    url: hook.url ?? deliveries.target() ?? 'http://127.0.0.1/api/github/webhooks',
  }
  return { status: 200, body }
}

type HookChange = {
  readonly url?: string
  readonly content_type?: Hook['contentType']
  readonly insecure_ssl?: string | number
  readonly secret?: string
}

/** What the request does not name stays. */
function changeHook(world: World, deliveries: Deliveries, change: HookChange): void {
  const { url, content_type, insecure_ssl, secret } = change
  if (secret !== undefined) deliveries.setSecret(secret)
  world.hook = {
    ...world.hook,
    ...(url !== undefined && { url }),
    ...(content_type !== undefined && { contentType: content_type }),
    ...(insecure_ssl !== undefined && { insecureSsl: String(insecure_ssl) === '1' }),
    ...(secret !== undefined && { hasSecret: true }),
  }
}

/** Newest first. The cursor is GitHub's own: only a link names it. */
function listDeliveries(world: World, deliveries: Deliveries, query: URLSearchParams): ApiResponse {
  const perPage = Math.min(100, Number(query.get('per_page') ?? 30))
  const cursor = query.get('cursor')
  const before = cursor === null ? Number.POSITIVE_INFINITY : Number(/^v1_(\d+)$/.exec(cursor)?.[1])
  if (Number.isNaN(before)) return { status: 422, body: { message: 'Invalid cursor' } }
  const status = query.get('status')
  // `failure` means a status of 400 to 599: deliveries to an unreachable receiver are not among them.
  const isWanted = ({ status: text, statusCode }: Delivery) =>
    status === null || (status === 'success' ? text === 'OK' : statusCode >= 400 && statusCode < 600)
  const found = keptDeliveries(world, deliveries)
    .filter((delivery) => delivery.id < before && isWanted(delivery))
    .toSorted((one, other) => other.id - one.id)
  const shown = found.slice(0, perPage)
  const last = shown.at(-1)
  const body = shown.map((delivery) => deliverySummary(delivery, world.hook))
  if (last === undefined || shown.length === found.length) return { status: 200, body }
  const next = new URLSearchParams(query)
  next.set('per_page', String(perPage))
  next.set('cursor', `v1_${last.id}`)
  const link = `<${world.url}/app/hook/deliveries?${next}>; rel="next"`
  return { status: 200, body, headers: { link } }
}

function deliveryJson(delivery: Delivery, deliveries: Deliveries, hook: Hook): object {
  const answered = delivery.statusCode > 0
  return {
    ...deliverySummary(delivery, hook),
    url: deliveries.target() ?? '',
    request: { headers: headersOf(delivery, deliveries.secret), payload: JSON.parse(delivery.body) },
    response: { headers: answered ? {} : null, payload: answered ? '' : null },
  }
}

const KEPT_MS = 3 * 24 * 60 * 60_000

function keptDeliveries({ clock }: World, { log }: Deliveries): readonly Delivery[] {
  return log.filter(({ deliveredAt }) => Date.parse(deliveredAt) > clock.nowMs() - KEPT_MS)
}

function logIdOf({ id }: Delivery, { logIdsFrom }: Hook): bigint {
  return BigInt(id) + logIdsFrom
}

/** In JSON a number with all its digits. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => object }

function deliverySummary(delivery: Delivery, hook: Hook): object {
  return {
    id: rawJSON(String(logIdOf(delivery, hook))),
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.duration,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  }
}
