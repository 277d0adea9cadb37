// How the lines stand that a reply tells of, read when it is written.
import { holdsOf } from '../pipeline/holds/holds.ts'
import type { ReplyEffect } from '../pipeline/model/effects.ts'
import type { RepositoryRef } from '../pipeline/model/events.ts'
import { health } from '../pipeline/view/health.ts'
import { light } from '../pipeline/view/light.ts'
import type { Sight } from '../render/status-view.ts'
import { readAround } from '../store/holds.ts'
import type { Performer } from './claim-effects.ts'

/** By issue number; an issue that is not on the line is missing. */
export async function sightsOf(
  { database, now, baseUrl }: Pick<Performer, 'database' | 'now'> & { readonly baseUrl: string },
  { id, fullName }: RepositoryRef,
  replies: readonly Pick<ReplyEffect, 'lines'>[],
): Promise<ReadonlyMap<number, Sight>> {
  const asked = replies.flatMap(({ lines }) =>
    lines.flatMap((line) => ('issueNumber' in line && line.issueNumber !== null ? [line.issueNumber] : [])),
  )
  if (asked.length === 0) return new Map()
  const around = await readAround(database.kysely, id)
  const rows = await database.kysely
    .selectFrom('pipelines')
    .innerJoin('repositories', 'repositories.id', 'pipelines.repositoryId')
    .select(['pipelines.issueNumber', 'pipelines.document', 'configurationMistakes', 'configuration'])
    .where('pipelines.repositoryId', '=', id)
    .where('pipelines.issueNumber', 'in', [...new Set(asked)])
    .execute()
  return new Map(
    rows.map(({ issueNumber, document: pipeline, configurationMistakes, configuration }) => {
      const holds = holdsOf(pipeline, around)
      const overlay = { stage: light(pipeline).stage, ...health(pipeline, now(), holds) }
      const mistakes = configurationMistakes.map(({ message, line }) => `line ${line}: ${message}`)
      const pageUrl = pageOf(baseUrl, fullName, issueNumber)
      return [issueNumber, { pipeline, overlay, holds, mistakes, isConfigured: configuration !== null, pageUrl }]
    }),
  )
}

/** The page of an issue; of its repository while there is none. */
export function pageOf(baseUrl: string, repository: string, issueNumber: number | null): string {
  return `${baseUrl}/${repository}${issueNumber === null ? '' : `/issues/${issueNumber}`}`
}
