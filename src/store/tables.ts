// The columns as TypeScript sees them; migrations/ defines them. Timestamps are read as Instants, and jsonb is written
// as text because the two drivers disagree about what an array in a jsonb parameter means.
import type { ColumnType, Generated } from 'kysely'
import type { ConfigurationSource } from '../advance/rows.ts'
import type { AndonYmlProblem } from '../line/parse-yaml.ts'
import type { AccessCause } from '../pipeline/model/access.ts'
import type { Breakers, WorkflowHold } from '../pipeline/model/breaker.ts'
import type { HistoryChange } from '../pipeline/model/command-result.ts'
import type { Effect, ReplyItem } from '../pipeline/model/effects.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { PullRequestFact, RunFact } from '../pipeline/model/facts.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Light, Pipeline } from '../pipeline/model/pipeline.ts'
import type { DenialReason } from '../pipeline/model/reason.ts'
import type { Evidence, Instant } from '../pipeline/model/time.ts'
import type { ProcessTables } from './process-tables.ts'
import type { PushTables } from './push-tables.ts'
import type { RepairTables } from './repair-tables.ts'

type Json<T> = ColumnType<T, string, string>
type GeneratedId = ColumnType<number, never, never>

export type Tables = ProcessTables &
  RepairTables &
  PushTables & {
    installations: {
      id: number
      account: string
      state: Generated<'active' | 'suspended' | 'removed'>
      settingsUrl: string | null
      readAt: Instant | null
    }
    repositories: {
      id: number
      installationId: number
      fullName: string
      private: boolean
      defaultBranch: string | null
      removedAt: Instant | null
      updatedAt: Instant | null
      readAt: Instant | null
      configuration: Json<Pipeline['line']> | null
      configurationSource: ConfigurationSource | null
      configurationSha: string | null
      configurationProblems: ColumnType<readonly AndonYmlProblem[], string | undefined, string>
      configurationHeadSha: string | null
      configurationValidSha: string | null
      configurationReadAt: Instant | null
      holdOrRelease: Json<HoldOrRelease> | null
      holdFanOutCursor: number | null
      breakers: ColumnType<Breakers, string | undefined, string>
      workflowHolds: ColumnType<readonly WorkflowHold[], string | undefined, string>
      admitAt: Instant | null
      revision: Generated<number>
      publishedRevision: Generated<number>
      publishAfter: Generated<Instant>
      publishClaimToken: string | null
      publishClaimedUntil: Instant | null
    }
    globalHold: {
      singleton: Generated<true>
      holdOrRelease: Json<HoldOrRelease> | null
      fanOutCursor: number | null
    }
    presses: {
      id: string
      userId: number
      login: string
      repositoryId: number | null
      issueNumber: number | null
      text: string
      at: Instant
      answer: Json<readonly ReplyItem[]> | null
      answeredAt: Instant | null
    }
    deliveries: {
      id: GeneratedId
      hookId: number
      guid: string
      name: string
      action: string | null
      repositoryId: number | null
      installationId: number | null
      receivedAt: Instant
      state: 'applied' | 'ignored' | 'failed'
      event: Json<Event> | null
      error: string | null
      body: Uint8Array | null
      attempts: Generated<number>
    }
    runs: {
      id: number
      repositoryId: number
      branch: string | null
      issueNumber: number | null
      document: Json<RunFact>
      updatedAt: Instant
    }
    pullRequests: {
      repositoryId: number
      number: number
      branch: string
      issueNumbers: readonly number[]
      document: Json<PullRequestFact>
      updatedAt: Instant
    }
    pipelines: {
      id: GeneratedId
      repositoryId: number
      issueNumber: number
      revision: number
      document: Json<Pipeline>
      light: Light
      stage: string
      held: Generated<boolean>
      heldStages: Generated<readonly string[]>
      since: Instant
      needsYouAt: Instant | null
      /** The health of the stage at work if nothing is heard before: `silentHealth` first, then `stale`. */
      silentAt: Instant | null
      silentHealth: 'stalled' | 'unknown' | null
      staleAt: Instant | null
      /** Until when its light counts as known without another word of GitHub; null where nothing at GitHub decides it. */
      knownUntil: Instant | null
      /** Its attempt has not been sent. */
      isUnsent: Generated<boolean>
      /** Its line is not final: its repository's file has not been read, or only with mistakes. */
      awaitsFile: Generated<boolean>
      title: string | null
      /** Logins in lower case: whom it concerns. */
      people: Generated<readonly string[]>
      wakeAt: Instant | null
      /** When it is read from GitHub, though nothing has arrived; null once it is over. */
      reconcileAt: Instant | null
      liveAttempts: Generated<number>
      queuedAt: Instant | null
      /** The workflow for which it waits. */
      queuedWorkflow: string | null
      startedAt: Instant | null
      denial: Json<DenialReason> | null
      publishedRevision: Generated<number>
      publishAfter: Generated<Instant>
      publishClaimToken: string | null
      publishClaimedUntil: Instant | null
      createdAt: Instant
      updatedAt: Instant
      // Of what it was like when it was saved, Postgres computes these (migrations/0003_steering.sql).
      isOpen: ColumnType<boolean, never, never>
      urgency: ColumnType<number, never, never>
      turnsAt: ColumnType<Instant | null, never, never>
    }
    history: {
      id: GeneratedId
      pipelineId: number
      revision: number
      at: Instant
      type: string
      actor: string | null
      detail: Json<HistoryChange>
      evidence: Json<Evidence> | null
    }
    effects: {
      id: GeneratedId
      repositoryId: number
      pipelineId: number | null
      key: string
      document: Json<Effect>
      type: Generated<'ask' | 'dispatch' | 'cancel' | 'react' | 'swap' | 'reply'>
      state: Generated<'due' | 'sending' | 'unconfirmed' | 'done' | 'refused' | 'buried'>
      dueAt: Instant
      tries: Generated<number>
      claimToken: string | null
      claimedUntil: Instant | null
      sentAt: Instant | null
      misses: Generated<number>
      missedAt: Instant | null
      error: string | null
      createdAt: Instant
      updatedAt: Instant
    }
    publications: {
      pipelineId: number | null
      repositoryId: number | null
      surface: string
      githubId: number | null
      digest: string | null
      state: Generated<'confirmed' | 'sending'>
      sentAt: Instant | null
      error: string | null
      updatedAt: Instant
    }
    budgets: {
      installationId: number
      nextWriteAt: Generated<Instant>
      blockedUntil: Generated<Instant>
      creations: ColumnType<readonly Instant[], string | undefined, string>
      writesSincePublication: Generated<number>
      updatedAt: Instant
    }
    boundRuns: {
      runId: number
      repositoryId: number
      issueNumber: number
    }
    beats: {
      repositoryId: number
      issueNumber: number
      attemptKey: string
      runId: number
      aliveAt: Instant
      progress: number | null
      text: string | null
      url: string | null
    }
    accessProblems: {
      id: GeneratedId
      installationId: number
      repositoryId: number
      issueNumber: number
      permission: string
      cause: AccessCause
      words: string
      settingsUrl: string | null
      declared: boolean
      since: Instant
      triedAt: Instant
      nextTryAt: Instant
      tries: number
    }
    app: {
      singleton: Generated<true>
      sealedCredentials: string
    }
    users: {
      id: number
      login: string
      accessToken: string | null
      accessExpiresAt: Instant | null
      refreshToken: string | null
      refreshingUntil: Generated<Instant>
      seen: ColumnType<readonly number[], string | undefined, string>
      writable: ColumnType<readonly number[], string | undefined, string>
      seenAt: Instant | null
      seenEpoch: Generated<number>
      updatedAt: Instant
    }
    sessions: {
      idHash: string
      userId: number
      createdAt: Instant
      expiresAt: Instant
    }
    apiTokens: {
      id: GeneratedId
      userId: number
      name: string
      tokenHash: string
      createdAt: Instant
      lastUsedAt: Instant | null
    }
  }
