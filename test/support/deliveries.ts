// Deliveries as GitHub would post them: payloads grown from @octokit/webhooks-examples, with the App's installation put
// in where the old recordings lack it, and signed.
import { createHmac, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'

export type Posted = { readonly name: string; readonly payload: Record<string, unknown> }

/** One POST, ready for a receiver or for `fetch`. */
export type Signed = {
  readonly guid: string
  readonly headers: Record<string, string>
  readonly body: Uint8Array<ArrayBuffer>
}

export type RepositoryOf = {
  readonly id: number
  readonly fullName: string
  readonly private?: boolean
  readonly installationId: number
}

export const SECRET = 'a-secret-of-the-tests-0123456789abcdef'
export const INSTALLATION = 4_001
export const REPOSITORY: RepositoryOf = { id: 7_001, fullName: 'acme/rocket', installationId: INSTALLATION }

type Example = { readonly name: string; readonly examples: readonly Record<string, unknown>[] }

const recorded: readonly Example[] = createRequire(import.meta.url)('@octokit/webhooks-examples')

/** Every unique recorded payload (324 of them). */
export function allExamples(): readonly Posted[] {
  const unique = new Map<string, Posted>()
  for (const { name, examples } of recorded) {
    for (const payload of examples) unique.set(name + JSON.stringify(payload), { name, payload: installed(payload) })
  }
  return [...unique.values()]
}

/** One recorded payload of this event (and action), cloned, placed in a repository, with some of its parts replaced. */
export function posted(
  name: string,
  action: string,
  repository: RepositoryOf = REPOSITORY,
  parts: Record<string, unknown> = {},
): Posted {
  const examples = recorded.find((example) => example.name === name)?.examples ?? []
  const found = examples.find((payload) => payload.action === action) ?? examples[0]
  if (found === undefined) throw new Error(`no recording of ${name}`)
  const payload = structuredClone(found)
  const parent = object(payload.repository)
  return {
    name,
    payload: merged(payload, {
      action,
      installation: { id: repository.installationId, node_id: 'MDIzOk' },
      ...('repository' in payload && { repository: { ...parent, ...repositoryJson(repository) } }),
      ...parts,
    }),
  }
}

/** Signs a payload the way GitHub does. */
export function signed(delivery: Posted, o: { secret?: string; guid?: string; hookId?: number | null } = {}): Signed {
  return signedText(delivery.name, JSON.stringify(delivery.payload), o)
}

/** Signs any text or bytes, JSON or not. */
export function signedText(
  name: string,
  text: string | Uint8Array,
  o: { secret?: string; guid?: string; hookId?: number | null } = {},
): Signed {
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
      'x-hub-signature-256': signature(body, o.secret ?? SECRET),
    },
  }
}

export function signature(body: Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

function repositoryJson(repository: RepositoryOf): Record<string, unknown> {
  const [owner = '', name = ''] = repository.fullName.split('/')
  return {
    id: repository.id,
    name,
    full_name: repository.fullName,
    private: repository.private ?? false,
    owner: { login: owner, id: 1, type: 'Organization' },
    html_url: `https://github.com/${repository.fullName}`,
    default_branch: 'main',
    archived: false,
  }
}

/** Replaces the leaves of one object by those of another; arrays and nulls replace whole. */
export function merged(base: Record<string, unknown>, parts: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base }
  for (const [key, part] of Object.entries(parts)) {
    result[key] = isPlain(part) && isPlain(result[key]) ? merged(result[key], part) : part
  }
  return result
}

function installed(payload: Record<string, unknown>): Record<string, unknown> {
  return 'installation' in payload ? payload : { ...payload, installation: { id: INSTALLATION, node_id: 'MDIzOk' } }
}

function object(value: unknown): Record<string, unknown> {
  return isPlain(value) ? value : {}
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
