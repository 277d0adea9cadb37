// Deliveries as GitHub would post them: payloads from @octokit/webhooks-examples, signed, with the App's installation
// added where the old recordings lack it.
import { createHmac, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'

export type WebhookDelivery = { readonly name: string; readonly payload: Record<string, unknown> }

/** One POST, ready for a receiver or for `fetch`. */
export type SignedDelivery = {
  readonly guid: string
  readonly headers: Record<string, string>
  readonly body: Uint8Array<ArrayBuffer>
}

export type TestRepository = {
  readonly id: number
  readonly fullName: string
  readonly private?: boolean
  readonly installationId: number
}

export const WEBHOOK_SECRET = 'a-secret-of-the-tests-0123456789abcdef'
export const INSTALLATION_ID = 4_001
export const REPOSITORY: TestRepository = { id: 7_001, fullName: 'acme/rocket', installationId: INSTALLATION_ID }

type Example = { readonly name: string; readonly examples: readonly Record<string, unknown>[] }

const RECORDED_EXAMPLES: readonly Example[] = createRequire(import.meta.url)('@octokit/webhooks-examples')

/** Every unique recorded payload (324 of them). */
export function allExamples(): readonly WebhookDelivery[] {
  const unique = new Map<string, WebhookDelivery>()
  for (const { name, examples } of RECORDED_EXAMPLES) {
    for (const payload of examples)
      unique.set(name + JSON.stringify(payload), { name, payload: withInstallation(payload) })
  }
  return [...unique.values()]
}

/** A clone of the recorded payload of this event (and action), in the given repository, with some parts replaced. */
export function exampleDelivery(
  name: string,
  action: string,
  repository: TestRepository = REPOSITORY,
  parts: Record<string, unknown> = {},
): WebhookDelivery {
  const examples = RECORDED_EXAMPLES.find((example) => example.name === name)?.examples ?? []
  const found = examples.find((payload) => payload.action === action) ?? examples[0]
  if (found === undefined) throw new Error(`no recording of ${name}`)
  const payload = structuredClone(found)
  const parent = objectOrEmpty(payload.repository)
  return {
    name,
    payload: deepMerge(payload, {
      action,
      installation: { id: repository.installationId, node_id: 'MDIzOk' },
      ...('repository' in payload && { repository: { ...parent, ...repositoryJson(repository) } }),
      ...parts,
    }),
  }
}

/** Signs a payload the way GitHub does. */
export function signDelivery(
  delivery: WebhookDelivery,
  o: { secret?: string; guid?: string; hookId?: number | null } = {},
): SignedDelivery {
  return signBody(delivery.name, JSON.stringify(delivery.payload), o)
}

/** Signs any text or bytes, JSON or not. */
export function signBody(
  name: string,
  text: string | Uint8Array,
  o: { secret?: string; guid?: string; hookId?: number | null } = {},
): SignedDelivery {
  const body = Uint8Array.from(typeof text === 'string' ? Buffer.from(text) : text)
  const guid = o.guid ?? randomUUID()
  const hookId = o.hookId === undefined ? 501 : o.hookId
  return {
    guid,
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/0000000',
      'x-github-event': name,
      'x-github-delivery': guid,
      ...(hookId !== null && { 'x-github-hook-id': String(hookId) }),
      'x-hub-signature-256': signatureOf(body, o.secret ?? WEBHOOK_SECRET),
    },
  }
}

export function signatureOf(body: Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

function repositoryJson(repository: TestRepository): Record<string, unknown> {
  const [login = '', name = ''] = repository.fullName.split('/')
  return {
    id: repository.id,
    name,
    full_name: repository.fullName,
    private: repository.private ?? false,
    owner: { login, id: 1, type: 'Organization' },
    html_url: `https://github.com/${repository.fullName}`,
    default_branch: 'main',
    archived: false,
  }
}

/** Merges the leaves of one object into another; arrays and nulls replace as a whole. */
export function deepMerge(base: Record<string, unknown>, parts: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base }
  for (const [key, part] of Object.entries(parts)) {
    result[key] = isPlainObject(part) && isPlainObject(result[key]) ? deepMerge(result[key], part) : part
  }
  return result
}

function withInstallation(payload: Record<string, unknown>): Record<string, unknown> {
  return 'installation' in payload ? payload : { ...payload, installation: { id: INSTALLATION_ID, node_id: 'MDIzOk' } }
}

function objectOrEmpty(value: unknown): Record<string, unknown> {
  return isPlainObject(value) ? value : {}
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
