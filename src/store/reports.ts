// What a workflow's report is checked against, in one query.
import type { RepositoryRef } from '../pipeline/model/events.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Database } from './database.ts'
import { isReached } from './reach.ts'

/** The pipeline that a report is about, and its repository. */
export type ReportedPipeline = { readonly repository: RepositoryRef; readonly pipeline: Pipeline }

/** Null when the issue is not on the line, or Andon is no longer installed there. */
export async function loadReportedPipeline(
  { kysely }: Database,
  repositoryId: number,
  issueNumber: number,
): Promise<ReportedPipeline | null> {
  const row = await kysely
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .innerJoin('installations', 'installations.id', 'repositories.installationId')
    .select(['repositories.fullName', 'repositories.private', 'repositories.defaultBranch'])
    .select(['repositories.installationId', 'pipelines.document'])
    .where('pipelines.repositoryId', '=', repositoryId)
    .where('pipelines.issueNumber', '=', issueNumber)
    .where(isReached)
    .executeTakeFirst()
  if (!row) return null
  const { document: pipeline, ...repository } = row
  return { repository: { id: repositoryId, ...repository }, pipeline }
}
