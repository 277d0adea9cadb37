// What is read from the environment, and how: each value is checked, and a mistake is one sentence.
import { z } from 'zod'

/** Every variable that Andon reads. `.env.example` and docs/reference/environment.md list the same. */
export const VARIABLES = [
  'APP_ID',
  'PRIVATE_KEY',
  'PRIVATE_KEY_PATH',
  'WEBHOOK_SECRET',
  'DATABASE_URL',
  'BASE_URL',
  'WEBHOOK_PROXY_URL',
  'ANDON_ACCESS',
  'GITHUB_CLIENT_ID',
  'GITHUB_CLIENT_SECRET',
  'ANDON_SECRET',
  'ANDON_OPERATORS',
  'ANDON_TOKEN',
  'ANDON_DATA',
  'PORT',
  'HOST',
  'GITHUB_API_URL',
  'GITHUB_URL',
  'OIDC_ISSUER',
  'LOG_LEVEL',
  'NODE_ENV',
] as const

export type Variable = (typeof VARIABLES)[number]
export type Environment = Readonly<Partial<Record<Variable, string | undefined>>>

/** The process must not start. Each mistake is one sentence for the operator; the message is all of them. */
export class StartupError extends Error {
  readonly exitCode = 78
  readonly sentences: readonly string[]

  constructor(...sentences: readonly string[]) {
    super(sentences.join('\n'))
    this.sentences = sentences
  }
}

export function listOf(text = ''): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

export function readHttpUrl(environment: Environment, name: Variable, fallback: string): string {
  const url = environment[name] || fallback
  const parsed = z.url({ protocol: /^https?$/ }).safeParse(url)
  if (!parsed.success)
    throw new StartupError(`${name} is not a URL: write it with http:// or https://, for example ${fallback}.`)
  return url.replace(/\/+$/, '')
}

export function readInteger(
  environment: Environment,
  name: Variable,
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

export function readChoice<T extends string>(
  environment: Environment,
  name: Variable,
  choices: readonly T[],
  fallback: T,
): T {
  const text = environment[name] || fallback
  const choice = choices.find((candidate) => candidate === text)
  if (choice === undefined) throw new StartupError(`${name} must be one of ${choices.join(', ')}.`)
  return choice
}
