// Mistakes that people make, each seeded into a setup that is otherwise well, with the one cause that the doctor must name.
import { generateKeyPairSync } from 'node:crypto'
import type { FakeGitHub } from '../../support/fake-github.ts'
import { freePort } from '../../support/postgres-cluster.ts'
import { type Listening, openPooler, openServer, type ProxyFaults } from './misbehaving-proxy.ts'

/** A healthy setup that one mistake is made in. */
export type Setup = {
  readonly github: FakeGitHub
  /** Where Andon itself listens. */
  readonly andonUrl: string
  readonly databaseUrl: string
  /** A database of this mistake alone: migrated and empty. */
  openDatabase(change: readonly string[]): Promise<string>
  /** What is closed after the test. */
  keep<T extends Listening>(opened: T): T
}

export type Misconfiguration = {
  readonly name: string
  readonly cause: string
  /** What stands before Andon. */
  readonly proxy?: ProxyFaults
  /** Makes the mistake; returns the variables that differ. */
  readonly make?: (setup: Setup) => Promise<Environment> | Environment
}

type Environment = Readonly<Record<string, string | undefined>>

const NOTHING: Environment = {}

export const MISCONFIGURATIONS: readonly Misconfiguration[] = [
  // The App.
  {
    name: 'the key of another App',
    cause: 'credentials',
    make: () => ({
      PRIVATE_KEY: String(
        generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
      ),
    }),
  },
  { name: 'the id of another App', cause: 'credentials', make: () => ({ APP_ID: '17' }) },
  {
    name: 'an API address that leads to a page',
    cause: 'github-api-url',
    make: async ({ keep }) => ({ GITHUB_API_URL: keep(await openServer(404, '<h1>Not here</h1>')).url }),
  },
  {
    name: 'an API address where nothing listens',
    cause: 'github-unreachable',
    make: async () => ({ GITHUB_API_URL: `http://127.0.0.1:${await freePort()}` }),
  },
  {
    name: 'a clock five minutes ahead',
    cause: 'clock-differs',
    make: ({ github }) => {
      const date = new Date(Date.now() - 300_000).toUTCString()
      const alter = (answer: object) => ({ status: 200, body: null, ...answer, headers: { date } })
      github.chooseFaults(({ path }) => (path === '/app' ? { kind: 'altered', alter } : null))
      return NOTHING
    },
  },
  // The installation.
  {
    name: 'an App that is installed nowhere',
    cause: 'not-installed',
    make: ({ github }) => github.uninstall() ?? NOTHING,
  },
  {
    name: 'an installation that is suspended',
    cause: 'installation-suspended',
    make: ({ github }) => github.suspend() ?? NOTHING,
  },
  {
    name: 'an installation that waits for a new permission',
    cause: 'installation-permissions',
    make: ({ github }) => github.withholdPermissions('checks') ?? NOTHING,
  },
  {
    name: 'an installation without a repository',
    cause: 'installation-empty',
    make: async ({ github }) => {
      for (const repository of github.repositories) github.removeRepository(repository)
      await github.whenIdle()
      return NOTHING
    },
  },
  // The webhook.
  {
    name: 'a webhook that is not active',
    cause: 'webhook-inactive',
    make: ({ github }) => github.setHook({ active: false }) ?? NOTHING,
  },
  {
    name: 'a webhook URL without its path',
    cause: 'webhook-url',
    make: ({ github, andonUrl }) => github.setHook({ url: `${andonUrl}/` }) ?? NOTHING,
  },
  {
    name: 'a webhook that posts forms',
    cause: 'webhook-content-type',
    make: ({ github }) => github.setHook({ contentType: 'form' }) ?? NOTHING,
  },
  {
    name: 'a webhook without a secret',
    cause: 'webhook-secret-missing',
    make: ({ github }) => github.setHook({ hasSecret: false }) ?? NOTHING,
  },
  { name: 'another secret on GitHub', cause: 'deliveries-secret', make: (setup) => answerDeliveries(setup, 401) },
  { name: 'a firewall in the way', cause: 'deliveries-blocked', make: (setup) => answerDeliveries(setup, 403) },
  { name: 'a redirect to https', cause: 'deliveries-redirected', make: (setup) => answerDeliveries(setup, 301) },
  { name: 'a proxy without an upstream', cause: 'deliveries-gateway', make: (setup) => answerDeliveries(setup, 502) },
  {
    name: 'a host that GitHub cannot reach',
    cause: 'deliveries-unreachable',
    make: async ({ github }) => {
      github.deliveries.setTarget(`http://127.0.0.1:${await freePort()}/`)
      return await deliverOne(github)
    },
  },
  {
    name: 'an hour in which the database was away',
    cause: 'deliveries-lost',
    make: async (setup) => {
      const target = setup.github.deliveries.target()
      await answerDeliveries(setup, 503)
      setup.github.deliveries.setTarget(target)
      return await deliverOne(setup.github)
    },
  },
  // Signing in.
  {
    name: 'no client',
    cause: 'client-missing',
    make: () => ({ GITHUB_CLIENT_ID: undefined, GITHUB_CLIENT_SECRET: undefined }),
  },
  { name: 'the client of another App', cause: 'client-of-another-app', make: () => ({ GITHUB_CLIENT_ID: 'Iv1.0' }) },
  { name: 'an old client secret', cause: 'client-secret', make: () => ({ GITHUB_CLIENT_SECRET: 'old' }) },
  // What stands before Andon.
  { name: 'a proxy that buffers', cause: 'stream-buffered', proxy: { buffers: true } },
  { name: "nginx's limit of 1 MiB", cause: 'body-too-large', proxy: { mostBytes: 1024 * 1024 } },
  { name: 'a limit of 10 MiB', cause: 'body-too-large', proxy: { mostBytes: 10 * 1024 * 1024 } },
  { name: 'a proxy that cuts off', cause: 'body-too-large', proxy: { cutsAbove: 1024 * 1024 } },
  { name: 'a proxy that drops headers', cause: 'header-removed', proxy: { dropsHeader: 'x-hub-signature-256' } },
  {
    name: 'a proxy that lets nobody post',
    cause: 'webhook-blocked',
    proxy: { answers: (method) => (method === 'POST' ? { status: 403 } : null) },
  },
  {
    name: 'a proxy that does not know the stream',
    cause: 'stream-refused',
    proxy: { answers: (_, path) => (path.startsWith('/events') ? { status: 404 } : null) },
  },
  {
    name: 'a redirect to another scheme',
    cause: 'base-url-redirects',
    proxy: { answers: (_, path) => ({ status: 308, location: `https://andon.example.com${path}` }) },
  },
  {
    name: 'a proxy with a wrong upstream',
    cause: 'proxy-upstream',
    proxy: { answers: () => ({ status: 502 }) },
  },
  {
    name: 'the address of something else',
    cause: 'base-url-elsewhere',
    make: (setup) => elsewhere(setup, openServer(200, '<h1>A wiki</h1>')),
  },
  {
    name: 'another version behind the address',
    cause: 'other-build',
    make: (setup) => elsewhere(setup, openServer(200, { status: 'ok', build: '0123456789ab' })),
  },
  {
    name: 'an Andon that does not run',
    cause: 'not-running',
    make: async ({ github }) => {
      const port = await freePort()
      const url = `http://127.0.0.1:${port}`
      github.setHook({ url: `${url}/api/github/webhooks` })
      return { BASE_URL: url, PORT: `${port}` }
    },
  },
  // The database.
  {
    name: 'a database server that does not run',
    cause: 'database-unreachable',
    make: async () => ({ DATABASE_URL: `postgres://andon@127.0.0.1:${await freePort()}/andon` }),
  },
  {
    name: 'the name of no database',
    cause: 'database-unreachable',
    make: ({ databaseUrl }) => ({ DATABASE_URL: new URL('/no_such_database', databaseUrl).href }),
  },
  {
    name: 'a database that lacks a migration',
    cause: 'database-migrations',
    make: (setup) =>
      ownDatabase(setup, 'delete from kysely_migration where name = (select max(name) from kysely_migration)'),
  },
  {
    name: 'a database of a newer version',
    cause: 'database-newer',
    make: (setup) => ownDatabase(setup, "insert into kysely_migration values ('9999_later', now()::text)"),
  },
  {
    name: 'a read-only database',
    cause: 'database-read-only',
    make: (setup) =>
      ownDatabase(
        setup,
        "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$",
      ),
  },
  {
    name: 'a pooler in transaction mode',
    cause: 'pooler',
    make: async ({ databaseUrl, keep }) => ({ DATABASE_URL: keep(await openPooler(databaseUrl)).url }),
  },
  { name: 'no worker', cause: 'no-worker', make: (setup) => ownDatabase(setup) },
  {
    name: 'a worker that gets nothing done',
    cause: 'worker-stuck',
    make: (setup) => ownDatabase(setup, aliveWorker("now() - interval '1 hour'")),
  },
  {
    name: 'a delivery that could not be applied',
    cause: 'deliveries-not-applied',
    make: (setup) =>
      ownDatabase(
        setup,
        aliveWorker('now()'),
        `insert into deliveries (hook_id, guid, name, received_at, state, error)
          values (1, 'guid', 'issues', now(), 'failed', 'it cannot be read')`,
      ),
  },
  // The environment.
  { name: 'a weak secret', cause: 'environment', make: () => ({ WEBHOOK_SECRET: 'short' }) },
  { name: 'a port that is no number', cause: 'environment', make: () => ({ PORT: 'eighty' }) },
  {
    name: 'a data directory that cannot be written',
    cause: 'data-directory',
    make: () => ({ ANDON_DATA: '/proc/1/andon' }),
  },
]

/** GitHub delivers somewhere that answers so, while its settings look right. */
async function answerDeliveries({ github, keep }: Setup, status: number): Promise<Environment> {
  github.deliveries.setTarget(`${keep(await openServer(status)).url}/`)
  return await deliverOne(github)
}

async function deliverOne(github: FakeGitHub): Promise<Environment> {
  await github.openIssue(github.repositories[0] ?? '', { title: 'Retry on flaky upload' })
  await github.whenIdle()
  return NOTHING
}

async function elsewhere({ github, keep }: Setup, opening: Promise<Listening>): Promise<Environment> {
  const { url } = keep(await opening)
  github.setHook({ url: `${url}/api/github/webhooks` })
  return { BASE_URL: url }
}

async function ownDatabase(setup: Setup, ...change: readonly string[]): Promise<Environment> {
  return { DATABASE_URL: await setup.openDatabase(change) }
}

function aliveWorker(progressAt: string): string {
  return `insert into loops (id, host, pid, role, status, iteration, beat_at, progress_at)
    values ('worker-elsewhere-7', 'elsewhere', 7, 'worker', 'idle', 9, now(), ${progressAt})`
}
