// Writes back what a group changed, one statement per table, with the columns that queries need beside the documents.
import type { Write } from '../advance/change.ts'
import type { PipelineRow, PullRequestRow, RunRow } from '../advance/rows.ts'
import { wakeAt } from '../pipeline/deadlines/enforce-deadlines.ts'
import { reconcileAt } from '../pipeline/deadlines/reconcile.ts'
import { issueOfRun } from '../pipeline/facts/correlate.ts'
import { heldStageNames } from '../pipeline/holds/holds.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { stageReadyForAdmission } from '../pipeline/stages/attempt-events.ts'
import { countLiveAttempts } from '../pipeline/stages/attempts.ts'
import { knownUntil } from '../pipeline/view/health.ts'
import { workflowHoldOn } from '../pipeline/view/held-by-andon.ts'
import { headlineOf, isUnsentAtWork, upcomingProblems } from '../pipeline/view/light.ts'
import { needsYouAt } from '../pipeline/view/needs-you.ts'
import { peopleOf } from '../pipeline/view/people.ts'
import { liftAccessProblems } from '../store/access-problems.ts'
import { completeEffects, saveEffects } from '../store/effects.ts'
import { bindRuns, savePullRequests, saveRuns } from '../store/facts.ts'
import { saveNews } from '../store/news.ts'
import { saveHistory, savePipelines } from '../store/pipelines.ts'
import { answerPress, insertPress } from '../store/presses.ts'
import { clearDeletedComment, invalidateCheckRun } from '../store/publications.ts'
import { saveRepository } from '../store/repositories.ts'
import { firstAdmittedAt } from './admit-queued.ts'
import { effectColumns } from './effects.ts'
import type { UnitOfWork } from './unit-of-work.ts'

export async function saveUnitOfWork(unitOfWork: UnitOfWork, now: Instant): Promise<void> {
  const { trx, rows } = unitOfWork
  for (const row of rows.repositories.changed()) await saveRepository(trx, row)
  await saveRuns(trx, rows.runs.changed().map(runColumns))
  await savePullRequests(trx, rows.pullRequests.changed().map(pullRequestColumns))
  const saved = await savePipelines(
    trx,
    rows.pipelines.changed().map((row) => pipelineColumns(row, now)),
  )
  const ids: PipelineIds = new Map(saved.map((row) => [keyOf(row), row.id]))
  await saveHistory(
    trx,
    unitOfWork.written('pipeline').flatMap((write) => historyColumns(write, ids)),
  )
  await bindRuns(trx, rows.boundRuns.changed())
  const happened = unitOfWork.written('news').flatMap(({ news, ...issue }) => {
    const pipelineId = ids.get(keyOf(issue))
    return pipelineId === undefined ? [] : [{ pipelineId, ...news }]
  })
  await saveNews(trx, happened, now)
  for (const deleted of unitOfWork.written('comment-gone')) await clearDeletedComment(trx, deleted, deleted.at)
  for (const stale of unitOfWork.written('check-run-stale'))
    await invalidateCheckRun(trx, stale.pipelineId, stale.check, stale.at)
  for (const { put: _, ...press } of unitOfWork.written('press')) await insertPress(trx, press)
  for (const { id, answer, at } of unitOfWork.written('press-answered')) await answerPress(trx, id, answer, at)
  const effects = unitOfWork.written('effect')
  const toColumns = ({ repositoryId, issueNumber, effect }: Extract<Write, { put: 'effect' }>) => {
    const pipelineId = issueNumber === null ? null : (ids.get(keyOf({ repositoryId, issueNumber })) ?? null)
    return effectColumns({ repositoryId, pipelineId, effect, now })
  }
  await saveEffects(trx, effects.map(toColumns).sort(byKey))
  await completeEffects(trx, unitOfWork.written('effect-completed'), now)
  for (const lifted of unitOfWork.written('access-lifted')) await liftAccessProblems(trx, lifted, now)
}

type PipelineIds = ReadonlyMap<string, number>

function runColumns({ repositoryId, run }: RunRow) {
  const { id, branch, updatedAt } = run
  const issueNumber = issueOfRun(run)
  return { id, repositoryId, branch, issueNumber, document: JSON.stringify(run), updatedAt }
}

function pullRequestColumns({ repositoryId, fact, issueNumbers }: PullRequestRow) {
  const { number, branch, updatedAt } = fact
  return { repositoryId, number, branch, issueNumbers, document: JSON.stringify(fact), updatedAt }
}

function pipelineColumns({ repositoryId, issueNumber, revision, pipeline }: PipelineRow, now: Instant) {
  const headline = headlineOf(pipeline)
  const held = heldStageNames(pipeline)
  const ready = stageReadyForAdmission(pipeline, now)
  return {
    repositoryId,
    issueNumber,
    revision,
    document: JSON.stringify(pipeline),
    light: headline.light,
    stage: headline.stage,
    held: held.length > 0 || workflowHoldOn(pipeline) !== null,
    heldStages: held,
    since: headline.since,
    needsYouAt: needsYouAt(pipeline),
    ...healthColumns(pipeline),
    knownUntil: knownUntil(pipeline, now),
    awaitsFile: pipeline.isConfigured === false,
    title: pipeline.issue.title,
    people: peopleOf(pipeline),
    wakeAt: wakeAt(pipeline, now),
    reconcileAt: reconcileAt(pipeline, now),
    liveAttempts: countLiveAttempts(pipeline),
    queuedAt: ready?.queuedAt ?? null,
    queuedWorkflow: ready?.workflow ?? null,
    startedAt: firstAdmittedAt(pipeline),
    denial: pipeline.denial === undefined ? null : JSON.stringify(pipeline.denial.reason),
    createdAt: now,
    updatedAt: now,
  }
}

function healthColumns(pipeline: Pipeline) {
  const problems = upcomingProblems(pipeline)
  const silent = problems.find(({ health }) => health !== 'stale')
  return {
    silentAt: silent?.since ?? null,
    silentHealth:
      silent === undefined ? null : silent.health === 'unknown' ? ('unknown' as const) : ('stalled' as const),
    staleAt: problems.find(({ health }) => health === 'stale')?.since ?? null,
    isUnsent: isUnsentAtWork(pipeline),
  }
}

function historyColumns({ row, entries }: Extract<Write, { put: 'pipeline' }>, ids: PipelineIds) {
  const pipelineId = ids.get(keyOf(row))
  if (pipelineId === undefined) return []
  return entries.map(({ at, type, actor, change, ...entry }) => {
    const evidence = entry.evidence && JSON.stringify(entry.evidence)
    return { pipelineId, revision: row.revision, at, type, actor, detail: JSON.stringify(change), evidence }
  })
}

type Keyed = { readonly repositoryId: number; readonly key: string }

function byKey(a: Keyed, b: Keyed): number {
  return a.repositoryId - b.repositoryId || (a.key < b.key ? -1 : 1)
}

function keyOf({ repositoryId, issueNumber }: { repositoryId: number; issueNumber: number }): string {
  return `${repositoryId}/${issueNumber}`
}
