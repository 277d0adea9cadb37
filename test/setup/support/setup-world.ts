// A process without an App, over the fake GitHub and either database: pages over HTTP, calls to GitHub in process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { type AppHost, openAppHost } from '../../../src/process/app-host.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type FakeGitHub, openFakeGitHub } from '../../support/fake-github.ts'
import { type ManualClock, manualClock } from '../../support/manual-clock.ts'
import { openVisitor, type Visitor } from '../../support/visitor.ts'

export const BASE_URL = 'https://andon.example.com'

export type SetupWorld = {
  readonly github: FakeGitHub
  readonly database: TestDatabase
  readonly clock: ManualClock
  readonly dataDirectory: string
  /** The first process. */
  readonly host: AppHost
  readonly url: string
  startHost(role?: 'all' | 'web' | 'worker'): Promise<AppHost>
  visitor(url?: string): Visitor
  /** Opens the printed address; resolves to the visitor who may go on. */
  admitted(): Promise<Visitor>
  /** Follows the form to GitHub, says yes there, and resolves to the address that GitHub leads back to. */
  confirmAtGitHub(visitor: Visitor, fields?: Readonly<Record<string, string>>): Promise<string>
  close(): Promise<void>
}

export async function openSetupWorld(o: { access?: 'login' | 'open'; log?: Logger } = {}): Promise<SetupWorld> {
  const clock = manualClock('2026-11-20T08:00:00.000Z')
  const github = await openFakeGitHub({ now: clock.now, listens: false })
  const database = await openTestDatabase()
  const dataDirectory = mkdtempSync(join(tmpdir(), 'andon-setup-'))
  const hosts: AppHost[] = []

  async function startHost(role: 'all' | 'web' | 'worker' = 'all'): Promise<AppHost> {
    const host = await openAppHost({
      config: {
        role,
        port: 0,
        host: '127.0.0.1',
        app: null,
        githubApiUrl: github.url,
        githubUrl: github.url,
        oidcIssuer: github.oidcIssuer,
        databaseUrl: null,
        dataDirectory,
        access: o.access ?? 'login',
        secret: 'a-secret-that-seals-tokens-of-people',
        operators: [],
        baseUrl: BASE_URL,
        webhookProxyUrl: null,
        logLevel: 'silent',
        production: false,
        warnings: [],
      },
      database,
      build: 'test',
      now: clock.now,
      probesEveryMs: 0,
      fetch: github.fetch,
      log: o.log ?? pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' }),
    })
    hosts.push(host)
    return host
  }

  const host = await startHost()
  const url = `http://127.0.0.1:${await host.listen()}`
  const visitor = (at = url) => openVisitor({ url: at, baseUrl: BASE_URL, github })

  async function post(address: string, form: Readonly<Record<string, string>>): Promise<Response> {
    return await github.fetch(address, { method: 'POST', body: new URLSearchParams(form) })
  }

  return {
    github,
    database,
    clock,
    dataDirectory,
    host,
    url,
    startHost,
    visitor,
    async admitted() {
      const admitted = visitor()
      await admitted.get(host.setupAddress ?? '')
      return admitted
    },
    async confirmAtGitHub(visitor, fields = {}) {
      const page = await visitor.post('/setup', { name: 'Andon of Acme', organization: 'acme', ...fields })
      const { action = '', manifest = '' } = formIn(page.text)
      const confirm = await (await post(action, { manifest })).text()
      const answer = await post(`${github.url}/settings/apps`, fieldsIn(confirm))
      // What the manifest names is not listening here.
      github.deliveries.setTarget(`${url}/api/github/webhooks`)
      return answer.headers.get('location') ?? ''
    },
    async close() {
      for (const one of hosts) await one.close()
      await github.close()
      await database.close()
      rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}

/** The form that leads to GitHub. */
export function formIn(html: string): { action?: string; manifest?: string } {
  const action = /<form id="to-github"[^>]* action="([^"]*)"/.exec(html)?.[1]
  return { ...(action !== undefined && { action: unescapeHtml(action) }), ...fieldsIn(html) }
}

function fieldsIn(html: string): Record<string, string> {
  const inputs = [...html.matchAll(/<input[^>]* name="([^"]*)" value="([^"]*)"/g)]
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, unescapeHtml(value)]))
}

function unescapeHtml(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' }
  return text.replaceAll(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string) =>
    code === undefined ? (entities[name] ?? '') : String.fromCodePoint(Number(code)),
  )
}
