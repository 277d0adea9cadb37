// The environment: read once, validated as a whole, frozen. No other file reads process.env; values are passed on.
// Every mistake is one sentence that says what to do, and the process ends with 78 (EX_CONFIG) before anything listens.
import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'

export type ProcessRole = 'all' | 'web' | 'worker' | 'migrate'

export type Config = {
  readonly role: ProcessRole
  readonly port: number
  readonly host: string
  readonly appId: number
  /** PEM with real line breaks. */
  readonly privateKey: string
  /** Newest first; several are accepted while a secret is being rotated. */
  readonly webhookSecrets: readonly string[]
  readonly githubApiUrl: string
  readonly githubUrl: string
  /** The issuer of the OIDC tokens that workflows send with their reports. */
  readonly oidcIssuer: string
  /** Null means the embedded database in `dataDirectory`. */
  readonly databaseUrl: string | null
  readonly dataDirectory: string
  readonly access: 'login' | 'open'
  /** The address where people reach the board, without a trailing slash. */
  readonly baseUrl: string
  readonly logLevel: LogLevel
  readonly production: boolean
}

/** What an operator's command needs: no key, no secret, no GitHub. */
export type DatabaseConfig = Pick<Config, 'databaseUrl' | 'dataDirectory' | 'logLevel'>

type LogLevel = (typeof LOG_LEVELS)[number]
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** The process must not start. The message is one sentence for the operator. */
export class StartupError extends Error {
  readonly exitCode = 78
}

/** Reads the whole configuration of a role; throws StartupError. */
export function readConfig(role: ProcessRole, environment: NodeJS.ProcessEnv): Readonly<Config> {
  const production = environment.NODE_ENV === 'production'
  const port = readInteger(environment, 'PORT', { min: 0, max: 65_535, fallback: 3000 })
  const database = readDatabaseConfig(environment)
  if (database.databaseUrl === null && (role !== 'all' || production)) {
    throw new StartupError(
      `DATABASE_URL is not set: ${role === 'all' ? 'production' : `the role "${role}"`} needs a Postgres database, for example DATABASE_URL=postgres://andon@localhost/andon.`,
    )
  }
  const needsGitHub = role !== 'migrate'
  return Object.freeze({
    role,
    ...database,
    port,
    host: environment.HOST || (production ? '0.0.0.0' : '127.0.0.1'),
    appId: needsGitHub ? readInteger(environment, 'APP_ID', { min: 1, max: Number.MAX_SAFE_INTEGER }) : 0,
    privateKey: needsGitHub ? readPrivateKey(environment) : '',
    webhookSecrets: needsGitHub ? readWebhookSecrets(environment) : [],
    githubApiUrl: readHttpUrl(environment, 'GITHUB_API_URL', 'https://api.github.com'),
    githubUrl: readHttpUrl(environment, 'GITHUB_URL', 'https://github.com'),
    oidcIssuer: readHttpUrl(environment, 'OIDC_ISSUER', 'https://token.actions.githubusercontent.com'),
    access: readChoice(environment, 'ANDON_ACCESS', ['login', 'open'] as const, 'login'),
    baseUrl: readBaseUrl(environment, { fallback: production && needsGitHub ? null : `http://localhost:${port}` }),
    production,
  })
}

/** Reads only the settings of the database; throws StartupError. */
export function readDatabaseConfig(environment: NodeJS.ProcessEnv): DatabaseConfig {
  return {
    databaseUrl: readDatabaseUrl(environment),
    dataDirectory: environment.ANDON_DATA || '.andon',
    logLevel: readChoice(environment, 'LOG_LEVEL', LOG_LEVELS, 'info'),
  }
}

function readDatabaseUrl(environment: NodeJS.ProcessEnv): string | null {
  const url = environment.DATABASE_URL
  if (!url) return null
  if (!/^postgres(ql)?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new StartupError(
      'DATABASE_URL is not a Postgres URL: write it as postgres://user:password@host:5432/database.',
    )
  }
  return url
}

function readPrivateKey(environment: NodeJS.ProcessEnv): string {
  const pem = environment.PRIVATE_KEY?.replaceAll('\\n', '\n')
  if (!pem)
    throw new StartupError(
      "PRIVATE_KEY is not set: paste the PEM from the App's settings page (line breaks may be written as \\n).",
    )
  try {
    createPrivateKey(pem)
  } catch {
    throw new StartupError(
      "PRIVATE_KEY is not a readable PEM key: paste the whole file from the App's settings page, from BEGIN to END.",
    )
  }
  return pem
}

/** Comments and check runs link to it, pages are served at its root, and workflows' tokens have it as audience. */
function readBaseUrl(environment: NodeJS.ProcessEnv, o: { fallback: string | null }): string {
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

// A short secret can be guessed from one signed delivery, and "development" is Probot's public default.
const MIN_SECRET_LENGTH = 32

function readWebhookSecrets(environment: NodeJS.ProcessEnv): readonly string[] {
  const secrets = (environment.WEBHOOK_SECRET ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean)
  if (secrets.length === 0) {
    throw new StartupError(
      'WEBHOOK_SECRET is not set: without it anyone could forge deliveries; make one with `openssl rand -hex 32` and enter it on GitHub too.',
    )
  }
  if (secrets.some((secret) => secret === 'development' || secret.length < MIN_SECRET_LENGTH)) {
    throw new StartupError(
      `WEBHOOK_SECRET is too easy to guess: use at least ${MIN_SECRET_LENGTH} random characters, for example from \`openssl rand -hex 32\`.`,
    )
  }
  return secrets
}

function readHttpUrl(environment: NodeJS.ProcessEnv, name: string, fallback: string): string {
  const url = environment[name] || fallback
  const parsed = z.url({ protocol: /^https?$/ }).safeParse(url)
  if (!parsed.success)
    throw new StartupError(`${name} is not a URL: write it with http:// or https://, for example ${fallback}.`)
  return url.replace(/\/+$/, '')
}

function readInteger(
  environment: NodeJS.ProcessEnv,
  name: string,
  bounds: { min: number; max: number; fallback?: number },
): number {
  const text = environment[name] || bounds.fallback?.toString()
  if (text === undefined) throw new StartupError(`${name} is not set: copy it from the App's settings page.`)
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < bounds.min || number > bounds.max) {
    throw new StartupError(`${name} is not a whole number from ${bounds.min} to ${bounds.max}.`)
  }
  return number
}

function readChoice<T extends string>(
  environment: NodeJS.ProcessEnv,
  name: string,
  choices: readonly T[],
  fallback: T,
): T {
  const text = environment[name] || fallback
  const choice = choices.find((candidate) => candidate === text)
  if (choice === undefined) throw new StartupError(`${name} must be one of ${choices.join(', ')}.`)
  return choice
}
