// What a group reads and changes inside its transaction. Each row is read at most once, and a change is visible to the
// events that follow in the group; save-unit-of-work.ts writes it back at the end. The repositories' rows are locked
// first, so no other process changes them meanwhile: one lock per repository makes linking free of races.
import type { Change, Write } from '../advance/change.ts'
import type { IssueKey, PipelineRow, RepositoryRow } from '../advance/rows.ts'
import { type Keys, KINDS, type Kind, type Lookups, type PartialWorld } from '../advance/world.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Transaction } from '../store/database.ts'
import type { Lookup } from './lookup.ts'
import { createLookups, createRowMaps } from './lookups.ts'

export type UnitOfWork = ReturnType<typeof openUnitOfWork>

/** Opens the unit of work of a group over repositories whose rows the transaction has locked. */
export function openUnitOfWork(trx: Transaction, locked: readonly RepositoryRow[]) {
  const maps = createRowMaps()
  const lookups = createLookups(trx, maps)
  const byKind: { readonly [K in Kind]: Lookup<Lookups[K][0], Lookups[K][1]> } = lookups
  const known: PartialWorld = lookups
  const writes: Write[] = []
  maps.repositories.load(locked)

  async function loadKind<K extends Kind>(kind: K, keys: readonly Keys[]): Promise<void> {
    const wanted = keys.flatMap((one): readonly Lookups[K][0][] => one[kind])
    if (wanted.length > 0) await byKind[kind].load(wanted)
  }

  function put(write: Write): void {
    switch (write.put) {
      case 'repository':
        maps.repositories.put(write.row)
        break
      case 'installation':
        maps.installations.put(write.row)
        break
      case 'run':
        maps.runs.put(write.row)
        break
      case 'pull-request':
        maps.pullRequests.put(write.row)
        break
      case 'bound-run':
        maps.boundRuns.put(write.row)
        break
      case 'pipeline':
        maps.pipelines.put(write.row)
        break
      case 'comment-gone':
        lookups.isPublishedComment.put({ pipelineId: write.pipelineId, commentId: write.commentId }, false)
    }
    writes.push(write)
  }

  return {
    trx,
    known,
    rows: maps,
    /** Every write of one kind, in order. */
    written: <Put extends Write['put']>(kind: Put) =>
      writes.filter((write): write is Extract<Write, { put: Put }> => write.put === kind),
    /** One statement for each kind of key. */
    async load(keys: readonly Keys[]): Promise<void> {
      for (const kind of KINDS) await loadKind(kind, keys)
    },
    put: (change: Change): void => change.forEach(put),
    loadPipelines: (keys: readonly IssueKey[]): Promise<void> => lookups.pipeline.load(keys),
    loadPipelinesById: (ids: readonly number[]): Promise<void> => lookups.pipelineById.load(ids),
    async pipeline(key: IssueKey): Promise<PipelineRow | null> {
      await lookups.pipeline.load([key])
      return lookups.pipeline.find(key) ?? null
    },
    async pipelineById(id: number): Promise<PipelineRow | null> {
      await lookups.pipelineById.load([id])
      return lookups.pipelineById.find(id) ?? null
    },
    /** The operator's latest hold or release; it cannot change until the transaction ends. */
    async globalHold(): Promise<HoldOrRelease | null> {
      await lookups.globalHold.load(['everything'])
      return lookups.globalHold.find('everything') ?? null
    },
  }
}
