// Writes back what a group changed, one statement a table, with the columns that queries need beside the documents.
import { liveAttempts } from '../pipeline/admission.ts'
import { wakeAt } from '../pipeline/deadlines/wake-at.ts'
import { issueOfRun } from '../pipeline/facts/correlate.ts'
import { heldStages } from '../pipeline/holds/holds.ts'
import { type Instant, later } from '../pipeline/model/time.ts'
import { awaitingAdmission } from '../pipeline/stages/ready-stage.ts'
import { needsYouAt } from '../pipeline/view/health.ts'
import { light } from '../pipeline/view/light.ts'
import { closeEffects, saveEffects } from '../store/effects.ts'
import { bindRuns, savePullRequests, saveRuns } from '../store/facts.ts'
import type { Change } from '../store/notify.ts'
import { saveHistory, savePipelines } from '../store/pipelines.ts'
import { saveRepository } from '../store/repositories.ts'
import type { PipelineRow, PullRequestRow, RunRow } from '../store/rows.ts'
import { startedAt } from './admit-queued.ts'
import { effectColumns } from './effects.ts'
import { reconcileAt } from './request-reconciliation.ts'
import type { Asked, Ledger, Told } from './unit-of-work.ts'

/** Resolves to the pipelines that changed; null when nothing did that anybody looks at or waits for. */
export async function saveLedger(ledger: Ledger, now: Instant): Promise<readonly Change[] | null> {
  const { trx, told, asked } = ledger
  const { repositories, runs, pullRequests, pipelines, bound } = ledger.changed()
  for (const row of repositories) await saveRepository(trx, row)
  await saveRuns(trx, runs.map(runColumns))
  await savePullRequests(trx, pullRequests.map(pullRequestColumns))
  const saved = await savePipelines(
    trx,
    pipelines.map((row) => pipelineColumns(row, now)),
  )
  const ids: Ids = new Map(saved.map((row) => [keyOf(row), row.id]))
  await saveHistory(
    trx,
    told.flatMap((line) => historyColumns(line, ids)),
  )
  await bindRuns(trx, bound)
  const decided = ({ repositoryId, issueNumber, effect }: Asked) => {
    const pipelineId = issueNumber === null ? null : (ids.get(keyOf({ repositoryId, issueNumber })) ?? null)
    return effectColumns({ repositoryId, pipelineId, effect, now })
  }
  await saveEffects(trx, asked.map(decided).sort(byKey))
  await closeEffects(trx, ledger.ended, now)
  if (pipelines.length + asked.length + repositories.length === 0 && !ledger.elsewhere) return null
  return pipelines.flatMap((row) => {
    const id = ids.get(keyOf(row))
    return id === undefined ? [] : [{ id, revision: row.revision }]
  })
}

function latest(next: Instant | null, known: Instant | null): Instant | null {
  return next === null || known === null ? next : later(next, known)
}

type Ids = ReadonlyMap<string, number>

function runColumns({ repositoryId, run }: RunRow) {
  const { id, branch, updatedAt } = run
  const issueNumber = issueOfRun(run)
  return { id, repositoryId, branch, issueNumber, document: JSON.stringify(run), updatedAt }
}

function pullRequestColumns({ repositoryId, fact, issueNumbers }: PullRequestRow) {
  const { number, branch, updatedAt } = fact
  return { repositoryId, number, branch, issueNumbers, document: JSON.stringify(fact), updatedAt }
}

function pipelineColumns({ repositoryId, issueNumber, revision, pipeline, ...row }: PipelineRow, now: Instant) {
  const lit = light(pipeline)
  const held = heldStages(pipeline)
  return {
    repositoryId,
    issueNumber,
    revision,
    document: JSON.stringify(pipeline),
    light: lit.light,
    stage: lit.stage,
    held: held.length > 0,
    heldStages: held,
    since: lit.since,
    needsYouAt: needsYouAt(pipeline),
    wakeAt: wakeAt(pipeline, now),
    liveAttempts: liveAttempts(pipeline),
    queuedAt: awaitingAdmission(pipeline, now)?.queuedAt ?? null,
    startedAt: startedAt(pipeline),
    denied: pipeline.denied?.words ?? null,
    // Put off when GitHub was asked: nothing brings it back but news.
    reconcileAt: latest(reconcileAt(pipeline), row.reconcileAt),
    createdAt: now,
    updatedAt: now,
  }
}

function historyColumns({ entry, revision, ...key }: Told, ids: Ids) {
  const pipelineId = ids.get(keyOf(key))
  const evidence = entry.evidence === null ? null : JSON.stringify(entry.evidence)
  return pipelineId === undefined ? [] : [{ ...entry, pipelineId, revision, evidence }]
}

type Keyed = { readonly repositoryId: number; readonly key: string }

function byKey(a: Keyed, b: Keyed): number {
  return a.repositoryId - b.repositoryId || (a.key < b.key ? -1 : 1)
}

function keyOf({ repositoryId, issueNumber }: { repositoryId: number; issueNumber: number }): string {
  return `${repositoryId}/${issueNumber}`
}
