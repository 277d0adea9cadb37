import { putPipeline } from '../advance/change.ts'
import type { PipelineRow, RepositoryRow } from '../advance/rows.ts'
import type { EventOf } from '../pipeline/model/events.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { reduce } from '../pipeline/reduce.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** Where and when admission decides something about a pipeline. */
export type ReduceRow = {
  readonly unitOfWork: UnitOfWork
  readonly repository: RepositoryRow
  readonly now: Instant
}

type AdmissionEvent = EventOf<'attempt.admitted' | 'admission.denied' | 'attempt.excused' | 'dispatch.updated'>
type Decided<E> = E extends unknown ? Omit<E, 'at' | 'evidence' | 'repository'> : never

/** One decision of admission, applied; false if it changes nothing. */
export function reduceRow(
  { unitOfWork, repository, now }: ReduceRow,
  row: PipelineRow,
  decided: Decided<AdmissionEvent>,
): boolean {
  const { id, fullName, private: isPrivate, defaultBranch, installationId } = repository
  const { pipeline, entries, effects } = reduce(row.pipeline, {
    ...decided,
    at: now,
    evidence: { kind: 'clock', id: 'admission', at: now },
    repository: { id, fullName, private: isPrivate, defaultBranch, installationId },
  })
  if (pipeline === row.pipeline) return false
  unitOfWork.put(putPipeline(row, { ...row, pipeline }, entries, effects))
  return true
}
