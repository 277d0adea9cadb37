// A clock that all processes of a test share and that runs faster than the machine's: with GitHub's limit of one write a
// second and two minutes between two recovery attempts, minutes would become hours.
import pino from 'pino'
import type { openAndon } from '../../../src/andon.ts'
import type { Config } from '../../../src/config.ts'
import type { CrashPoint } from './crash-point.ts'

export type ClockRate = {
  /** When the machine's clock and this one showed the same time, apart from `aheadMs`. */
  readonly startedAtMs: number
  readonly factor: number
  /** By how many milliseconds it was put forward. */
  readonly aheadMs: number
}

export type FastWorkerSettings = ClockRate & {
  readonly appId: number
  readonly privateKey: string
  readonly secret: string
  readonly githubUrl: string
  readonly databaseUrl: string
  readonly crashPoint: CrashPoint | null
  /** Where it has a door of its own; null for a worker without one. */
  readonly port: number | null
}

/** The pace is read for every time, so that the clock can be put forward. */
export function fastClock(rate: ClockRate): () => string {
  return () => new Date(rate.startedAtMs + (Date.now() - rate.startedAtMs) * rate.factor + rate.aheadMs).toISOString()
}

/** The options of Andon in such a process. */
export function andonOptions(
  settings: Omit<FastWorkerSettings, 'crashPoint' | 'port'>,
  role: 'web' | 'worker' | 'all',
): AndonOptions {
  const config: Config = {
    role,
    port: 0,
    host: '127.0.0.1',
    appId: settings.appId,
    privateKey: settings.privateKey,
    webhookSecrets: [settings.secret],
    githubApiUrl: settings.githubUrl,
    githubUrl: settings.githubUrl,
    oidcIssuer: settings.githubUrl,
    databaseUrl: settings.databaseUrl,
    dataDirectory: process.env.ANDON_DATA ?? '',
    access: 'open',
    client: null,
    secret: null,
    operators: [],
    baseUrl: 'https://andon.example.com',
    webhookProxyUrl: null,
    logLevel: 'info',
    production: false,
    warnings: [],
  }
  const log = pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' })
  return {
    config,
    build: 'test',
    probesEveryMs: 0,
    log,
    now: fastClock(settings),
    fetch: fetchWithTimeout(CALL_TIMEOUT_MS / settings.factor),
  }
}

type AndonOptions = Required<Omit<Parameters<typeof openAndon>[0], 'database'>>

// Andon's own timeout of ten seconds would be longer on this clock than its claim.
const CALL_TIMEOUT_MS = 20_000

function fetchWithTimeout(timeoutMs: number): typeof fetch {
  return (input, init) => {
    const own = init?.signal ? [init.signal] : []
    return fetch(input, { ...init, signal: AbortSignal.any([...own, AbortSignal.timeout(timeoutMs)]) })
  }
}
