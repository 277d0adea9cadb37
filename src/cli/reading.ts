// A value, or why it could not be read: no check waits longer than its bound, and none fails another.
import type { Reading, ReadingFailure } from '../doctor/finding.ts'
import { GitHubFailure } from '../github/failure.ts'

/** Waits for a reading; never rejects. */
export async function attempt<T>(reading: Promise<T>, withinMs: number): Promise<Reading<T>> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new ReadingTimeout(`no answer within ${withinMs / 1000} s`)), withinMs)
  try {
    return { value: await Promise.race([reading, late]) }
  } catch (error) {
    return { failure: readingFailureOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** GitHub said no, and says it again. */
export function isRefusal({ kind }: GitHubFailure): boolean {
  return kind === 'no_access' || kind === 'not_found' || kind === 'refused'
}

class ReadingTimeout extends Error {}

function readingFailureOf(error: unknown): ReadingFailure {
  const codes = systemCodesOf(error)
  const words = wordsOf(error, codes)
  if (error instanceof GitHubFailure) return { kind: kindOfGitHubFailure(error, codes), words }
  if (isTimeout(error)) return { kind: 'silent', words }
  return { kind: kindOfCodes(codes) ?? 'refused', words }
}

function kindOfGitHubFailure(failure: GitHubFailure, codes: readonly string[]): ReadingFailure['kind'] {
  if (isRefusal(failure)) return 'refused'
  if (failure.kind === 'rate_limited') return 'silent'
  if (!failure.isOutage) return 'foreign'
  return kindOfCodes(codes) ?? 'silent'
}

const CUT_CODES = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']
/** Of OpenSSL and of Node. */
const CERTIFICATE_CODES = /CERT|SIGNATURE|SELF_SIGNED|ALTNAME/
const LATE_CODES = /TIMEOUT|ETIMEDOUT|EAI_AGAIN/

function kindOfCodes(codes: readonly string[]): ReadingFailure['kind'] | null {
  if (codes.length === 0) return null
  if (codes.some((code) => LATE_CODES.test(code))) return 'silent'
  if (codes.some((code) => CERTIFICATE_CODES.test(code))) return 'untrusted'
  return codes.some((code) => CUT_CODES.includes(code)) ? 'cut' : 'unreachable'
}

function isTimeout(error: unknown): boolean {
  return error instanceof ReadingTimeout || (error instanceof Error && /^(Timeout|Abort)Error$/.test(error.name))
}

/** `ECONNREFUSED` and the like, of the error and of what caused it. */
function systemCodesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return []
  const { code } = error as NodeJS.ErrnoException
  const own = typeof code === 'string' ? [code] : []
  const inner = error instanceof AggregateError ? error.errors : []
  return [...own, ...[error.cause, ...inner].flatMap(systemCodesOf)]
}

/** `fetch failed` says nothing. */
function wordsOf(error: unknown, codes: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error)
  const [code] = codes
  if (code === undefined) return message
  return message === '' || message === 'fetch failed' || message.includes(code) ? code : `${message} (${code})`
}
