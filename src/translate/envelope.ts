/** A delivery: its headers, its payload, and the payload's fields that are indexed. */
export type DeliveryEnvelope = {
  readonly hookId: number
  readonly guid: string
  readonly name: string
  readonly payload: object
  /** These three are null if the payload has no value that can be stored. */
  readonly action: string | null
  readonly installationId: number | null
  readonly repositoryId: number | null
}

/** Header names in lower case, as Node gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** A signed request that is not a delivery. The message tells the sender what is wrong. */
export class MalformedDelivery extends Error {
  override readonly name = 'MalformedDelivery'
}

/** Reads the headers and the body's text; throws MalformedDelivery. */
export function readEnvelope(headers: RequestHeaders, text: string): DeliveryEnvelope {
  const name = header(headers, 'x-github-event', /^[a-z0-9_]{1,64}$/)
  const guid = header(headers, 'x-github-delivery', /^[\w-]{1,100}$/)
  // Only proxies and our own tools omit it.
  const hookId = 'x-github-hook-id' in headers ? Number(header(headers, 'x-github-hook-id', /^\d{1,15}$/)) : 0
  const payload = parseJsonObject(text)
  return { hookId, guid, name, payload, ...indexedFieldsOf(payload) }
}

/** Parses a body; throws MalformedDelivery. */
export function parseJsonObject(text: string): object {
  let payload: unknown
  try {
    payload = JSON.parse(text)
  } catch {
    throw new MalformedDelivery('the body is not valid JSON')
  }
  if (!isObject(payload)) throw new MalformedDelivery('the body is not a JSON object')
  return payload
}

function header(headers: RequestHeaders, name: string, shape: RegExp): string {
  const value = headers[name]
  if (value === undefined) throw new MalformedDelivery(`the header ${name} is missing`)
  if (typeof value !== 'string' || !shape.test(value)) throw new MalformedDelivery(`the header ${name} is malformed`)
  return value
}

// These columns must be stored even for an unreadable payload: that is when they are needed most.
function indexedFieldsOf(payload: object): Pick<DeliveryEnvelope, 'action' | 'installationId' | 'repositoryId'> {
  const action = field(payload, 'action')
  return {
    action: typeof action === 'string' && /^[a-z_]{1,64}$/.test(action) ? action : null,
    installationId: githubIdOf(field(payload, 'installation')),
    repositoryId: githubIdOf(field(payload, 'repository')),
  }
}

function githubIdOf(parent: unknown): number | null {
  const id = isObject(parent) ? field(parent, 'id') : null
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : null
}

function field(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
