// What an event changes, as data: rows that replace others, and what is to be done once.
import { boundKeys, boundRunIds } from './admission.ts'
import type { ButtonClick } from './model/command-origin.ts'
import type { Effect } from './model/effects.ts'
import type { HistoryEntry } from './model/history-entry.ts'
import type {
  BoundRunRow,
  InstallationRow,
  IssueKey,
  PipelineRow,
  PullRequestRow,
  RepositoryRow,
  RunRow,
} from './model/rows.ts'
import type { Instant } from './model/time.ts'

/** All that comes of one event, in order. */
export type Change = readonly Write[]

export type Write =
  | { readonly put: 'repository'; readonly row: RepositoryRow }
  | { readonly put: 'installation'; readonly row: InstallationRow }
  | { readonly put: 'run'; readonly row: RunRow }
  | { readonly put: 'pull-request'; readonly row: PullRequestRow }
  | { readonly put: 'bound-run'; readonly row: BoundRunRow }
  /** The next revision of a pipeline, and what is told of it. */
  | { readonly put: 'pipeline'; readonly row: PipelineRow; readonly entries: readonly HistoryEntry[] }
  /** On account of an issue, or of the repository. */
  | {
      readonly put: 'effect'
      readonly repositoryId: number
      readonly issueNumber: number | null
      readonly effect: Effect
    }
  /** It has come true, whoever has it in hand. */
  | { readonly put: 'effect-completed'; readonly repositoryId: number; readonly key: string }
  /** A slot may have become free although no row of the repository changed. */
  | { readonly put: 'slots-freed'; readonly repositoryId: number }
  /** What we published is gone, or must be written again although nothing about it has changed. */
  | { readonly put: 'comment-gone'; readonly pipelineId: number; readonly commentId: number; readonly at: Instant }
  | { readonly put: 'check-run-stale'; readonly pipelineId: number; readonly check: ButtonClick; readonly at: Instant }

/** The pipeline's next revision, with what follows from the runs that it has come to name. */
export function putPipeline(
  before: PipelineRow | null,
  row: PipelineRow,
  entries: readonly HistoryEntry[],
  effects: readonly Effect[],
): Change {
  const { repositoryId, issueNumber, pipeline } = row
  const newlyNamed = <T>(named: (known: PipelineRow['pipeline']) => readonly T[]) => {
    const known = new Set(before === null ? [] : named(before.pipeline))
    return named(pipeline).filter((one) => !known.has(one))
  }
  return [
    ...newlyNamed(boundRunIds).map(
      (runId) => ({ put: 'bound-run', row: { runId, repositoryId, issueNumber } }) as const,
    ),
    // The run that a dispatch was to bring about is there: nothing is left to be sent or looked for.
    ...newlyNamed(boundKeys).map((key) => ({ put: 'effect-completed', repositoryId, key: `dispatch/${key}` }) as const),
    { put: 'pipeline', row: { ...row, revision: row.revision + 1 }, entries },
    ...putEffects(row, effects),
  ]
}

export function putEffects(
  { repositoryId, issueNumber }: Pick<IssueKey, 'repositoryId'> & { readonly issueNumber: number | null },
  effects: readonly Effect[],
): Change {
  return effects.map((effect) => ({ put: 'effect', repositoryId, issueNumber, effect }))
}
