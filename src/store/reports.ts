// What a workflow's report is held against, in one read.
import type { RepositoryRef } from '../pipeline/events.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Database } from './database.ts'

/** Where a report came from, the pipeline it speaks of, and what the attempt last said of itself. */
export type Reportable = {
  readonly repository: RepositoryRef
  readonly pipeline: Pipeline
  readonly said: { readonly progress: number | null; readonly text: string | null; readonly url: string | null }
}

/** Null when Andon does not follow this issue, or is no longer installed there. */
export async function readReportable(
  { kysely }: Database,
  of: { readonly repositoryId: number; readonly issueNumber: number; readonly attemptKey: string },
): Promise<Reportable | null> {
  const row = await kysely
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .innerJoin('installations', 'installations.id', 'repositories.installationId')
    .leftJoin('beats', (join) =>
      join
        .onRef('beats.repositoryId', '=', 'pipelines.repositoryId')
        .onRef('beats.issueNumber', '=', 'pipelines.issueNumber')
        .on('beats.attemptKey', '=', of.attemptKey),
    )
    .select(['repositories.fullName', 'repositories.private', 'repositories.defaultBranch'])
    .select(['repositories.installationId', 'pipelines.document'])
    .select(['beats.progress', 'beats.text', 'beats.url'])
    .where('pipelines.repositoryId', '=', of.repositoryId)
    .where('pipelines.issueNumber', '=', of.issueNumber)
    .where('repositories.removedAt', 'is', null)
    .where('installations.state', '=', 'active')
    .executeTakeFirst()
  if (!row) return null
  const { document: pipeline, progress, text, url, ...repository } = row
  return { repository: { id: of.repositoryId, ...repository }, pipeline, said: { progress, text, url } }
}
