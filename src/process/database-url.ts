// The address of Postgres has a password in it. One that is not percent-encoded ends up in the host or the path of the
// URL, and with it in every sentence that names the database: so it is refused before anything else reads it.
import { type Environment, StartupError } from './environment.ts'

const ENCODE =
  'in its user and password percent-encode `/` as %2F, `?` as %3F, `#` as %23, `@` as %40, `:` as %3A and `%` as %25'

/** The address of the Postgres database; null where none is set. No sentence repeats any part of it. */
export function readDatabaseUrl({ DATABASE_URL: url }: Environment): string | null {
  if (!url) return null
  if (!/^postgres(ql)?:\/\/./.test(url) || !URL.canParse(url))
    throw new StartupError(
      `DATABASE_URL is not a Postgres URL: write it as postgres://user:password@host:5432/database, and ${ENCODE}.`,
    )
  const { pathname, search, hash, username, password } = new URL(url)
  if (/@/.test(pathname + search) || hash !== '' || !canDecode(username + password))
    throw new StartupError(`DATABASE_URL cannot be read without a doubt: ${ENCODE}.`)
  return url
}

/** A server, a pooler or a driver may repeat what it was given. */
export function withoutPassword(text: string, url: string): string {
  const { password } = new URL(url)
  if (password === '') return text
  return text.replaceAll(password, '…').replaceAll(decodeURIComponent(password), '…')
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
