// Rows written by hand: queries depend on columns alone, so the tests set those.
import type { Light } from '../../../src/pipeline/model/pipeline.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Database } from '../../../src/store/database.ts'
import { issueLabeled, minutesAfterNine, pipelineAfter } from '../../support/pipeline-fixtures.ts'

export type PipelineRow = {
  readonly issueNumber: number
  readonly repositoryId?: number
  readonly light?: Light
  readonly since?: Instant
  readonly needsYouAt?: Instant | null
  readonly held?: boolean
  readonly silentAt?: Instant | null
  readonly silentHealth?: 'stalled' | 'unknown' | null
  readonly title?: string | null
  readonly people?: readonly string[]
  readonly wakeAt?: Instant | null
  readonly updatedAt?: Instant
}

const DOCUMENT = pipelineAfter(issueLabeled())

export async function writePipelines({ kysely }: Database, rows: readonly PipelineRow[]): Promise<void> {
  const written = rows.map(({ issueNumber, repositoryId = 1, ...known }) => ({
    repositoryId,
    issueNumber,
    revision: 1,
    document: JSON.stringify({ ...DOCUMENT, repositoryId, issue: { ...DOCUMENT.issue, number: issueNumber } }),
    light: 'running' as const,
    stage: 'plan',
    since: minutesAfterNine(0),
    needsYouAt: null,
    createdAt: minutesAfterNine(0),
    updatedAt: minutesAfterNine(0),
    ...known,
  }))
  await kysely.insertInto('pipelines').values(written).execute()
}

export async function writeRepositories({ kysely }: Database, names: Readonly<Record<number, string>>): Promise<void> {
  const rest = { installationId: 9, private: false, updatedAt: minutesAfterNine(0) }
  const rows = Object.entries(names).map(([id, fullName]) => ({ id: Number(id), fullName, ...rest }))
  await kysely.insertInto('repositories').values(rows).execute()
}
