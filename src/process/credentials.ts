// The keys and secrets of the environment: the App's, and Andon's own. No sentence repeats any part of one.
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Environment, listOf, StartupError, type Variable } from './environment.ts'

/** Where one of them is set, the environment names the App. */
export const APP_VARIABLES = [
  'APP_ID',
  'PRIVATE_KEY',
  'PRIVATE_KEY_PATH',
  'WEBHOOK_SECRET',
  'GITHUB_CLIENT_ID',
  'GITHUB_CLIENT_SECRET',
] as const satisfies readonly Variable[]

export function readPrivateKey(environment: Environment): string {
  const path = environment.PRIVATE_KEY_PATH
  if (environment.PRIVATE_KEY && path) {
    throw new StartupError('PRIVATE_KEY and PRIVATE_KEY_PATH are both set: keep one of them.')
  }
  const pem = path ? readKeyFile(path) : environment.PRIVATE_KEY?.replaceAll('\\n', '\n')
  if (!pem)
    throw new StartupError(
      "PRIVATE_KEY is not set: paste the PEM from the App's settings page (line breaks may be written as \\n), or set PRIVATE_KEY_PATH to the file.",
    )
  if (isPrivateKey(pem)) return pem
  throw new StartupError(
    path
      ? "PRIVATE_KEY_PATH does not name a readable PEM key: let it name the file that was downloaded from the App's settings page."
      : "PRIVATE_KEY is not a readable PEM key: paste the whole file from the App's settings page, from BEGIN to END.",
  )
}

export function readWebhookSecrets(environment: Environment): readonly string[] {
  const secrets = listOf(environment.WEBHOOK_SECRET)
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

export function readClient({
  GITHUB_CLIENT_ID: id,
  GITHUB_CLIENT_SECRET: secret,
}: Environment): { readonly id: string; readonly secret: string } | null {
  if (id && secret) return { id, secret }
  if (!id && !secret) return null
  const missing = id ? 'GITHUB_CLIENT_SECRET' : 'GITHUB_CLIENT_ID'
  throw new StartupError(`${missing} is not set: signing in needs both, from the App's settings page.`)
}

export function readSecret({ ANDON_SECRET: secret }: Environment, isRequired: boolean): string | null {
  if (!secret && isRequired)
    throw new StartupError(
      'ANDON_SECRET is not set: people’s tokens and a stored App are encrypted with it; make one with `openssl rand -hex 32`, the same for every process.',
    )
  if (secret && secret.length < MIN_SECRET_LENGTH)
    throw new StartupError(`ANDON_SECRET is too easy to guess: use at least ${MIN_SECRET_LENGTH} random characters.`)
  return secret || null
}

export function isPrivateKey(pem: string): boolean {
  try {
    createPrivateKey(pem)
    return true
  } catch {
    return false
  }
}

// A short secret can be guessed from one signed delivery, and "development" is Probot's public default.
const MIN_SECRET_LENGTH = 32

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // Not the path: it may be the key itself, set by mistake.
    const { code } = error as NodeJS.ErrnoException
    throw new StartupError(
      `PRIVATE_KEY_PATH cannot be read (${code}): let it name the PEM file, readable for the user who runs Andon.`,
    )
  }
}
