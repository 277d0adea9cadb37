import type { Logger } from 'pino'
import type { GitHub } from '../github/client.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import type { BaseUrls } from './surface-state.ts'

export type PublishContext = BaseUrls & {
  readonly database: Database
  readonly github: GitHub
  readonly now: () => Instant
  readonly log: Logger
  readonly token: () => string
  readonly installationId: number
}
