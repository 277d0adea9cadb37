// The columns of what is sent to browsers, as TypeScript sees them.
import type { ColumnType, Generated } from 'kysely'
import type { Instant } from '../pipeline/model/time.ts'
import type { Happening, NewsMessage } from '../pipeline/view/news.ts'

type GeneratedId = ColumnType<number, never, never>

export type PushTables = {
  pushKeys: {
    singleton: Generated<true>
    sealedKeys: string
  }
  pushSubscriptions: {
    id: GeneratedId
    userId: number
    sessionHash: string
    endpointHash: string
    sealedSubscription: string
    service: string
    everything: boolean
    exceptions: readonly number[]
    createdAt: Instant
    renewedAt: Instant
    sentAt: Instant | null
  }
  news: {
    pipelineId: number
    happened: Happening | null
    dueAt: Instant | null
    announcedNeed: string | null
  }
  pushes: {
    id: GeneratedId
    subscriptionId: number
    pipelineId: number
    kind: NewsMessage['kind']
    need: string | null
    dueAt: Instant
    expiresAt: Instant
    tries: Generated<number>
    claimToken: string | null
    claimedUntil: Instant | null
  }
  pushOutcomes: {
    outcome: string
    count: number
  }
}
