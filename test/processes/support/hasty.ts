// A clock that all processes of a test share and that runs faster than the machine's: GitHub's pace of one write a second
// and the two minutes between two looks would make hours of what takes minutes.
import pino from 'pino'
import type { openAndon } from '../../../src/andon.ts'
import type { Config } from '../../../src/config.ts'

export type Hasty = {
  /** When the machine's clock and this one showed the same. */
  readonly since: number
  readonly factor: number
  readonly appId: number
  readonly privateKey: string
  readonly secret: string
  readonly githubUrl: string
  readonly databaseUrl: string
}

export function hastyClock({ since, factor }: Pick<Hasty, 'since' | 'factor'>): () => string {
  return () => new Date(since + (Date.now() - since) * factor).toISOString()
}

/** What Andon is built from in such a process. */
export function surroundings(hasty: Hasty, role: 'web' | 'worker'): Omit<Parameters<typeof openAndon>[0], 'database'> {
  const config: Config = {
    role,
    port: 0,
    host: '127.0.0.1',
    appId: hasty.appId,
    privateKey: hasty.privateKey,
    webhookSecrets: [hasty.secret],
    githubApiUrl: hasty.githubUrl,
    githubUrl: hasty.githubUrl,
    oidcIssuer: hasty.githubUrl,
    databaseUrl: hasty.databaseUrl,
    dataDirectory: process.env.ANDON_DATA ?? '',
    access: 'open',
    baseUrl: 'https://andon.example.com',
    logLevel: 'info',
    production: false,
  }
  const log = pino({ level: process.env.ANDON_TEST_LOG ?? 'silent' })
  return { config, build: 'test', log, now: hastyClock(hasty) }
}
