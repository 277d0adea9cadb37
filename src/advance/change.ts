// What an event changes, as data: rows that replace others, and effects.

import type { HistoryEntry } from '../pipeline/model/command-result.ts'
import type { Effect, ReplyItem } from '../pipeline/model/effects.ts'
import type { ButtonClick } from '../pipeline/model/given-commands.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { allAdmittedAttempts } from '../pipeline/stages/attempts.ts'
import { type News, newsOf } from '../pipeline/view/news.ts'
import type { BoundRunRow, InstallationRow, PipelineRow, PullRequestRow, RepositoryRow, RunRow } from './rows.ts'

/** Every change that one event causes, in order. */
export type Change = readonly Write[]

export type Write =
  | { readonly put: 'repository'; readonly row: RepositoryRow }
  | { readonly put: 'installation'; readonly row: InstallationRow }
  | { readonly put: 'run'; readonly row: RunRow }
  | { readonly put: 'pull-request'; readonly row: PullRequestRow }
  | { readonly put: 'bound-run'; readonly row: BoundRunRow }
  /** The next revision of a pipeline, and its new history. */
  | { readonly put: 'pipeline'; readonly row: PipelineRow; readonly entries: readonly HistoryEntry[] }
  | ({ readonly put: 'effect'; readonly effect: Effect } & EffectScope)
  /** What people who look away ask to be told of. */
  | { readonly put: 'news'; readonly repositoryId: number; readonly issueNumber: number; readonly news: News }
  /** It has come true, whichever worker has claimed it. */
  | { readonly put: 'effect-completed'; readonly repositoryId: number; readonly key: string }
  /** GitHub gives access again in a place, to all that is not said to be missing. */
  | ({ readonly put: 'access-lifted' } & AccessLifted)
  | ({ readonly put: 'press' } & PressedControl)
  | { readonly put: 'press-answered'; readonly id: string; readonly answer: readonly ReplyItem[]; readonly at: Instant }
  /** A slot may have become free although no row of the repository changed. */
  | { readonly put: 'slots-freed'; readonly repositoryId: number }
  /** A publication that is gone, or that must be written again although nothing about it has changed. */
  | { readonly put: 'comment-gone'; readonly pipelineId: number; readonly commentId: number; readonly at: Instant }
  | { readonly put: 'check-run-stale'; readonly pipelineId: number; readonly check: ButtonClick; readonly at: Instant }

/** One press of a control on the board. `repositoryId` is null for the cord of everything, `issueNumber` for a repository's. */
export type PressedControl = {
  readonly id: string
  readonly userId: number
  readonly login: string
  readonly repositoryId: number | null
  readonly issueNumber: number | null
  /** The command, as a person would type it. */
  readonly text: string
  readonly at: Instant
}

/** Null for the whole installation, or the whole repository. */
export type AccessLifted = {
  readonly installationId: number
  readonly repositoryId: number | null
  readonly issueNumber: number | null
  readonly missingPermissions: readonly string[]
}

/** `issueNumber` is null for what concerns the whole repository. */
type EffectScope = { readonly repositoryId: number; readonly issueNumber: number | null }

/** The pipeline's next revision, with what follows from the runs that it newly names. */
export function putPipeline(
  before: PipelineRow | null,
  row: PipelineRow,
  entries: readonly HistoryEntry[],
  effects: readonly Effect[],
): Change {
  const { repositoryId, issueNumber, pipeline } = row
  const newlyNamed = <T>(namesIn: (pipeline: PipelineRow['pipeline']) => readonly T[]) => {
    const known = new Set(before === null ? [] : namesIn(before.pipeline))
    return namesIn(pipeline).filter((name) => !known.has(name))
  }
  const news = newsOf(before?.pipeline ?? null, pipeline)
  const boundRuns = newlyNamed(boundRunIds).map((runId) => ({ runId, repositoryId, issueNumber }))
  return [
    ...boundRuns.map((run) => ({ put: 'bound-run', row: run }) as const),
    // The dispatch has its run: nothing is left to send or to look for.
    ...newlyNamed(boundKeys).map((key) => ({ put: 'effect-completed', repositoryId, key: `dispatch/${key}` }) as const),
    { put: 'pipeline', row: { ...row, revision: row.revision + 1 }, entries },
    ...(news === null ? [] : [{ put: 'news', repositoryId, issueNumber, news } as const]),
    ...putEffects(row, effects),
  ]
}

export function putEffects({ repositoryId, issueNumber }: EffectScope, effects: readonly Effect[]): Change {
  return effects.map((effect) => ({ put: 'effect', repositoryId, issueNumber, effect }))
}

/** Ids of the runs that belong here whatever their titles and branches say. */
export function boundRunIds(pipeline: Pipeline): readonly number[] {
  return allAdmittedAttempts(pipeline).flatMap(({ control: { runId, duplicateRuns } }) => [
    ...(runId === null ? [] : [runId]),
    ...duplicateRuns.map((duplicate) => duplicate.runId),
  ])
}

/** Keys whose run is known: nothing is left to send or to look for. */
function boundKeys(pipeline: Pipeline): readonly string[] {
  return allAdmittedAttempts(pipeline).flatMap(({ key, control }) => (control.runId === null ? [] : [key]))
}
