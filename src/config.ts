// The environment: read once, validated as a whole, frozen. No other file reads process.env; values are passed on.
// Every mistake is one sentence that says what to do; all are named at once, and the process ends with 78 (EX_CONFIG)
// before anything listens.
import { APP_VARIABLES, readClient, readPrivateKey, readSecret, readWebhookSecrets } from './process/credentials.ts'
import { readDatabaseUrl } from './process/database-url.ts'
import {
  type Environment,
  listOf,
  readChoice,
  readHttpUrl,
  readInteger,
  StartupError,
  VARIABLES,
} from './process/environment.ts'
import { readWebhookProxyUrl } from './process/webhook-url.ts'
import { findMisspelt } from './text/misspelt.ts'
import { printable } from './text/printable.ts'

export type ProcessRole = 'all' | 'web' | 'worker' | 'migrate'

/** The App as GitHub knows it, from the environment or from its registration. */
export type AppCredentials = {
  readonly appId: number
  /** PEM with real line breaks. */
  readonly privateKey: string
  /** Newest first; several are accepted while a secret is being rotated. */
  readonly webhookSecrets: readonly string[]
  /** The App's client, with which people sign in; null where nobody can. */
  readonly client: { readonly id: string; readonly secret: string } | null
}

/** What the whole of Andon needs. */
export type Config = Omit<StartConfig, 'app'> & AppCredentials

/** What a process starts with. */
export type StartConfig = {
  readonly role: ProcessRole
  readonly port: number
  readonly host: string
  /** Null when the environment names no App: it is stored, or has yet to be registered. */
  readonly app: AppCredentials | null
  readonly githubApiUrl: string
  readonly githubUrl: string
  /** The issuer of the OIDC tokens that workflows send with their reports. */
  readonly oidcIssuer: string
  /** Null means the embedded database in `dataDirectory`. */
  readonly databaseUrl: string | null
  readonly dataDirectory: string
  readonly access: 'login' | 'open'
  /** Seals what is kept of people, and a stored App; null means that one is kept in `dataDirectory`. */
  readonly secret: string | null
  /** Logins. */
  readonly operators: readonly string[]
  /** The address where people reach the board, without a trailing slash. */
  readonly baseUrl: string
  /** The channel that deliveries come by where GitHub cannot reach `baseUrl`; null for none. */
  readonly webhookProxyUrl: string | null
  readonly logLevel: LogLevel
  readonly production: boolean
  /** Sentences on what is probably a mistake, but does not prevent the start. */
  readonly warnings: readonly string[]
}

/** What an operator's command needs: no key, no secret, no GitHub. */
export type DatabaseConfig = Pick<StartConfig, 'databaseUrl' | 'dataDirectory' | 'logLevel'>

type LogLevel = (typeof LOG_LEVELS)[number]
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Reads the whole configuration of a role; throws StartupError. */
export function readConfig(role: ProcessRole, environment: NodeJS.ProcessEnv): Readonly<StartConfig> {
  const { fields, mistakes } = readPartialConfig(role, environment)
  const { appId, privateKey, webhookSecrets, client, ...rest } = wholeOrThrow(fields, mistakes)
  const isNamed = appId !== null && privateKey !== null && webhookSecrets !== null
  return Object.freeze({ ...rest, app: isNamed ? { appId, privateKey, webhookSecrets, client } : null })
}

/** Reads what can be read of it, with a sentence for each mistake; a field with a mistake is undefined. */
export function readPartialConfig(role: ProcessRole, environment: NodeJS.ProcessEnv): PartialConfig {
  const production = environment.NODE_ENV === 'production'
  const needsGitHub = role !== 'migrate'
  const readPort = () => readInteger(environment, 'PORT', { min: 0, max: 65_535, fallback: 3000 })
  // A worker too: what it sends to people's browsers is what GitHub lets them see.
  const signsIn = needsGitHub && environment.ANDON_ACCESS !== 'open' && Boolean(environment.GITHUB_CLIENT_ID)
  // Half an App is a mistake: what is missing is named.
  const namesApp = needsGitHub && APP_VARIABLES.some((name) => environment[name])
  const seals = signsIn || (needsGitHub && !namesApp)
  const warnings = describeMisspelt(environment, 'others')
  const { fields, mistakes } = readEach<ConfigFields>({
    ...readersOfDatabaseConfig(environment),
    databaseUrl: () => readDatabaseUrlOfRole(role, environment, production),
    role: () => role,
    port: readPort,
    host: () => environment.HOST || (production ? '0.0.0.0' : '127.0.0.1'),
    appId: () => (namesApp ? readInteger(environment, 'APP_ID', { min: 1, max: Number.MAX_SAFE_INTEGER }) : null),
    privateKey: () => (namesApp ? readPrivateKey(environment) : null),
    webhookSecrets: () => (namesApp ? readWebhookSecrets(environment) : null),
    githubApiUrl: () => readHttpUrl(environment, 'GITHUB_API_URL', 'https://api.github.com'),
    githubUrl: () => readHttpUrl(environment, 'GITHUB_URL', 'https://github.com'),
    oidcIssuer: () => readHttpUrl(environment, 'OIDC_ISSUER', 'https://token.actions.githubusercontent.com'),
    access: () => readChoice(environment, 'ANDON_ACCESS', ['login', 'open'] as const, 'login'),
    client: () => readClient(environment),
    secret: () => readSecret(environment, seals && (production || Boolean(environment.DATABASE_URL))),
    operators: () => listOf(environment.ANDON_OPERATORS),
    baseUrl: () =>
      readBaseUrl(environment, { fallback: production && needsGitHub ? null : `http://localhost:${readPort()}` }),
    webhookProxyUrl: () => (needsGitHub ? readWebhookProxyUrl(environment, production) : null),
    production: () => production,
    warnings: () => warnings,
  })
  const all = [...new Set([...describeMisspelt(environment, 'ours'), ...mistakes])]
  // A misspelt name may explain another mistake.
  return { fields, mistakes: all.length === 0 ? [] : [...all, ...warnings] }
}

/** Reads only the settings of the database; throws StartupError. */
export function readDatabaseConfig(environment: NodeJS.ProcessEnv): DatabaseConfig {
  const { fields, mistakes } = readEach<DatabaseConfig>(readersOfDatabaseConfig(environment))
  return wholeOrThrow(fields, mistakes)
}

/** What `watch` needs: where a board is, and who looks. */
export type WatchConfig = {
  readonly baseUrl: string
  /** An API token of the user's; null where none is set. */
  readonly token: string | null
  /** The terminal cannot move its cursor. */
  readonly isDumb: boolean
}

/** Reads only what a reader of a board needs; throws StartupError. */
export function readWatchConfig(environment: NodeJS.ProcessEnv): WatchConfig {
  const { fields, mistakes } = readEach<WatchConfig>({
    baseUrl: () => readBaseUrl(environment, { fallback: `http://localhost:${environment.PORT || 3000}` }),
    token: () => readToken(environment),
    isDumb: () => environment.TERM === 'dumb',
  })
  return wholeOrThrow(fields, mistakes)
}

function readToken({ ANDON_TOKEN: token }: Environment): string | null {
  if (!token) return null
  if (!/^andon_[\w-]+$/.test(token))
    throw new StartupError(
      'ANDON_TOKEN is not an API token: it begins with andon_, and /account on the board makes one.',
    )
  return token
}

/**
 * A sentence for each name that is probably a typo of a variable that is not set. A name that begins with `ANDON_` is
 * ours, and the start is refused; another may belong to other software.
 */
function describeMisspelt(environment: NodeJS.ProcessEnv, whose: 'ours' | 'others'): readonly string[] {
  const known: readonly string[] = VARIABLES
  const names = Object.keys(environment).filter((name) => !known.includes(name))
  return findMisspelt(
    names.filter((name) => name.startsWith('ANDON_') === (whose === 'ours')),
    VARIABLES.filter((variable) => !environment[variable]),
  ).map(({ name, right }) => `${printable(name)} is not a variable of Andon: did you mean ${right}?`)
}

/** Of an App that the environment does not name, each field is null. */
type ConfigFields = Omit<StartConfig, 'app'> & { readonly [K in keyof AppCredentials]: AppCredentials[K] | null }

export type PartialConfig = Inspected<ConfigFields>

type Inspected<T> = { readonly fields: Partial<T>; readonly mistakes: readonly string[] }

/** Reads every field, so that one start names all mistakes. */
function readEach<T extends object>(readers: { readonly [K in keyof T]: () => T[K] }): Inspected<T> {
  const mistakes = new Set<string>()
  const fields = Object.entries<() => unknown>(readers).flatMap(([field, read]) => {
    try {
      return [[field, read()]]
    } catch (error) {
      if (!(error instanceof StartupError)) throw error
      for (const sentence of error.sentences) mistakes.add(sentence)
      return []
    }
  })
  return { fields: Object.fromEntries(fields) as Partial<T>, mistakes: [...mistakes] }
}

function wholeOrThrow<T>(fields: Partial<T>, mistakes: readonly string[]): T {
  if (mistakes.length > 0) throw new StartupError(...mistakes)
  return fields as T
}

function readersOfDatabaseConfig(environment: Environment) {
  return {
    databaseUrl: () => readDatabaseUrl(environment),
    dataDirectory: () => environment.ANDON_DATA || '.andon',
    logLevel: () => readChoice(environment, 'LOG_LEVEL', LOG_LEVELS, 'info'),
  }
}

function readDatabaseUrlOfRole(role: ProcessRole, environment: Environment, production: boolean): string | null {
  const url = readDatabaseUrl(environment)
  if (url !== null || (role === 'all' && !production)) return url
  throw new StartupError(
    `DATABASE_URL is not set: ${role === 'all' ? 'production' : `the role "${role}"`} needs a Postgres database, for example DATABASE_URL=postgres://andon@localhost/andon.`,
  )
}

/** Comments and check runs link to it, pages are served at its root, and workflows' tokens have it as audience. */
function readBaseUrl(environment: Environment, o: { fallback: string | null }): string {
  if (!environment.BASE_URL && o.fallback === null) {
    throw new StartupError(
      'BASE_URL is not set: production needs the address where people reach the board, for example https://andon.example.com.',
    )
  }
  const url = readHttpUrl(environment, 'BASE_URL', o.fallback ?? '')
  const { pathname, search, hash, username, password } = new URL(url)
  if (pathname !== '/' || `${search}${hash}${username}${password}` !== '') {
    throw new StartupError(
      'BASE_URL must be a scheme and a host only: the board is served at the root of its host, for example https://andon.example.com.',
    )
  }
  return url
}
