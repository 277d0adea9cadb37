// The emulator keeps issues, comments, pull requests, reviews, checks and branches. It is reached only through the
// proxy, which knows who may ask; people's and agents' deeds go straight to it.
import { Agent, request as send } from 'node:http'
import { createEmulator } from 'emulate'
import type { Grant } from './grant.ts'
import { APP, type Organization } from './organization.ts'

export type EmulatorResponse = {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
}
export type EmulatorRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: Buffer | string | undefined
}

export type Emulator = {
  /** The host it says it is; what it delivers still says so. */
  readonly host: string
  readonly privateKey: string
  /** One request as it is. */
  forward(ask: EmulatorRequest): Promise<EmulatorResponse>
  /** A deed of a person: throws when the emulator refuses. */
  requestAs<T>(login: string, method: string, path: string, body?: object): Promise<T>
  close(): Promise<void>
}

/** Starts the emulator; what it would deliver goes to `webhookUrl`, unsigned. */
export async function openEmulator(o: {
  organization: Organization
  grant: Grant
  baseUrl: string
  webhookUrl: string
}): Promise<Emulator> {
  const tokens = Object.fromEntries(
    [...Object.keys(o.organization.collaborators)].flatMap((login) =>
      Array.from({ length: TOKENS_PER_USER }, (_, n) => [userToken(login, n), { login, scopes: SCOPES }] as const),
    ),
  )
  const emulate = await createEmulator({
    service: 'github',
    port: 0,
    seed: { tokens, github: emulatorSeed(o.organization, o.grant, o.webhookUrl) },
  })
  const { host, port } = new URL(emulate.url)
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const turns = new Map<string, number>()

  function forward(ask: EmulatorRequest): Promise<EmulatorResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = send(
        { host: '127.0.0.1', port, agent, method: ask.method, path: ask.path, headers: ask.headers },
        (incoming) => {
          const parts: Buffer[] = []
          incoming.on('data', (part: Buffer) => parts.push(part))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const headers = Object.fromEntries(
              Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
            )
            const text = Buffer.concat(parts).toString('utf8').replaceAll(host, new URL(o.baseUrl).host)
            resolve({ status: incoming.statusCode ?? 500, headers, text })
          })
        },
      )
      outgoing.on('error', (error) => {
        // The other side ended a connection that was idle: what was sent on it reached nobody.
        if (outgoing.reusedSocket && 'code' in error && error.code === 'ECONNRESET') resolve(forward(ask))
        else reject(error)
      })
      outgoing.end(ask.body)
    })
  }

  async function act<T>(login: string, method: string, path: string, body?: object): Promise<T> {
    const turn = (turns.get(login) ?? 0) + 1
    turns.set(login, turn)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const reply = await forward({
      method,
      path,
      headers: {
        authorization: `Bearer ${userToken(login, Math.floor(turn / REQUESTS_PER_TOKEN) % TOKENS_PER_USER)}`,
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        }),
      },
      body: text,
    })
    if (reply.status >= 300)
      throw new Error(`${login} may not ${method} ${path}: ${reply.status} ${reply.text.slice(0, 200)}`)
    return (reply.text === '' ? null : JSON.parse(reply.text)) as T
  }

  return {
    host,
    privateKey: emulate.generatedSecrets.find((secret) => secret.id === String(APP.id))!.value,
    forward,
    requestAs: act,
    async close() {
      agent.destroy()
      await emulate.close()
    },
  }
}

// The emulator allows 5,000 requests an hour per token: a crowd takes turns with several.
const TOKENS_PER_USER = 40
const REQUESTS_PER_TOKEN = 4_000
const SCOPES = ['repo', 'user', 'admin:org', 'admin:repo_hook']

function userToken(login: string, turn: number): string {
  return `ghp_${login}_${turn}`
}

function emulatorSeed(organization: Organization, grant: Grant, webhookUrl: string): object {
  const logins = Object.keys(organization.collaborators)
  return {
    users: logins.map((login) => ({
      login,
      name: login[0]!.toUpperCase() + login.slice(1),
      email: `${login}@acme.example`,
    })),
    // The emulator lets members do everything; what people may do is the proxy's to say.
    orgs: [
      {
        login: organization.login,
        name: organization.login,
        members: logins.map((login) => ({ login, role: 'admin' })),
      },
    ],
    repos: organization.repositories.map((repository) => ({ owner: organization.login, ...repository })),
    apps: [
      {
        app_id: APP.id,
        slug: APP.slug,
        name: APP.name,
        permissions: grant.permissions,
        events: grant.events,
        webhook_url: webhookUrl,
        installations: [
          { installation_id: APP.installationId, account: organization.login, repository_selection: 'all' },
        ],
      },
    ],
  }
}
