// The status views in a reply, read when the reply is written.
import { activeHolds } from '../pipeline/holds/holds.ts'
import { issuesOfReply, type ReplyEffect } from '../pipeline/model/effects.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import { healthAtWork } from '../pipeline/view/health.ts'
import type { StatusView } from '../render/status-view.ts'
import { loadOuterHolds } from '../store/holds.ts'
import { listPipelinesWithConfiguration } from '../store/pipelines.ts'
import type { PerformContext } from './claim-effects.ts'

/** Status views by issue number; an issue that is not on the line is missing. */
export async function loadStatusViews(
  { database, now, baseUrl }: Pick<PerformContext, 'database' | 'now'> & { readonly baseUrl: string },
  { id, fullName }: RepositoryRef,
  replies: readonly Pick<ReplyEffect, 'items'>[],
): Promise<ReadonlyMap<number, StatusView>> {
  const issueNumbers = replies.flatMap(issuesOfReply)
  if (issueNumbers.length === 0) return new Map()
  const outerHolds = await loadOuterHolds(database.kysely, id)
  const rows = await listPipelinesWithConfiguration(database, id, [...new Set(issueNumbers)], now())
  return new Map(
    rows.map(
      ({ issueNumber, document: pipeline, knownUntil, accessProblems, configurationProblems, configuration }) => {
        const holds = activeHolds(pipeline, outerHolds)
        const overlay = healthAtWork(pipeline, now(), { until: knownUntil, holds })
        const problems = configurationProblems.map(({ message, fileLine }) => `line ${fileLine}: ${message}`)
        const pageUrl = pageUrlOf(baseUrl, fullName, issueNumber)
        return [
          issueNumber,
          { pipeline, overlay, holds, accessProblems, problems, isConfigured: configuration !== null, pageUrl },
        ]
      },
    ),
  )
}

/** The page of an issue, or of the repository without an issue number. */
export function pageUrlOf(baseUrl: string, repository: string, issueNumber: number | null): string {
  return `${baseUrl}/${repository}${issueNumber === null ? '' : `/issues/${issueNumber}`}`
}
