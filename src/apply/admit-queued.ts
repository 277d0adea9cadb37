// Admission alone starts attempts. `reduce` queues them; here, at the end of a group's transaction and under the locks
// of its repositories, slots are counted and given away: first come, first served, within each repository. A queued
// pipeline records why it waits, and records it again only when the reason changes.

import { putPipeline } from '../advance/change.ts'
import type { PipelineRow, RepositoryRow } from '../advance/rows.ts'
import { OBSERVE_ONLY_LINE } from '../line/line.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import { activeHold } from '../pipeline/holds/holds.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { DenialReason } from '../pipeline/model/reason.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import { reduce } from '../pipeline/reduce.ts'
import { type ReadyStage, stageReadyForAdmission } from '../pipeline/stages/attempt-events.ts'
import { countLiveAttempts } from '../pipeline/stages/attempts.ts'
import {
  listPipelinesWithOtherWaitReason,
  loadSlots,
  type QueuedPipeline,
  type RepositorySlots,
} from '../store/admission.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** A few unpredictable characters that end an attempt's key. */
export type RandomSuffix = () => string

/** Admits queued attempts in every repository that changed. */
export async function admitQueued(unitOfWork: UnitOfWork, now: Instant, random: RandomSuffix): Promise<void> {
  const { pipelines, repositories } = unitOfWork.rows
  const ids = new Set(unitOfWork.written('slots-freed').map(({ repositoryId }) => repositoryId))
  for (const { repositoryId } of pipelines.changed()) ids.add(repositoryId)
  for (const { id } of repositories.changed()) ids.add(id)
  const changed = [...ids].sort((a, b) => a - b).flatMap((id) => repositories.get(String(id)) ?? [])
  const limits = changed.map((repository) => ({ id: repository.id, most: limitsOf(repository).running }))
  const inHand = pipelines.filter(() => true).flatMap(({ id }) => id ?? [])
  for (const slots of await loadSlots(unitOfWork.trx, limits, inHand, midnightBefore(now))) {
    const repository = repositories.get(String(slots.repositoryId))
    if (repository !== null)
      await admitRepository({ unitOfWork, repository, slots, now, random, globalHold: null }, inHand)
  }
}

/** When the first attempt was admitted, which used one of that day's starts; null when none has been. */
export function firstAdmittedAt({ stages }: Pipeline): Instant | null {
  const admitted = stages.flatMap(({ attempts }) => attempts.flatMap(({ control }) => control?.admittedAt ?? []))
  return admitted.sort()[0] ?? null
}

type AdmissionContext = {
  readonly unitOfWork: UnitOfWork
  readonly repository: RepositoryRow
  readonly slots: RepositorySlots
  readonly now: Instant
  readonly random: RandomSuffix
  /** The operator's latest hold or release; read only where something could start. */
  readonly globalHold: HoldOrRelease | null
}

type SlotCounts = { running: number; startedToday: number }

/** Why a pipeline waits, and until when if that is known. */
type Denial = { readonly reason: DenialReason; readonly until: Instant | null }

async function admitRepository(base: AdmissionContext, inHand: readonly number[]): Promise<void> {
  const { unitOfWork, repository, slots, now } = base
  const loaded = unitOfWork.rows.pipelines.filter(({ repositoryId }) => repositoryId === repository.id)
  const queue = [...loaded.flatMap((row) => queueEntriesOf(row, now)), ...slots.queue].sort(byQueueTime)
  if (queue.length === 0) return
  const counts = countSlots(slots, loaded, now)
  const mayStart = [true, false].some((isFresh) => whyNotAdmitted(base, counts, isFresh) === null)
  const context = mayStart ? { ...base, globalHold: await unitOfWork.globalHold() } : base
  const first = queue.slice(0, Math.max(0, limitsOf(repository).running - counts.running))
  await unitOfWork.loadPipelines(first.map(({ issueNumber }) => ({ repositoryId: repository.id, issueNumber })))
  for (const queued of queue) {
    const isFresh = queued.startedAt === null
    const denial = whyNotAdmitted(context, counts, isFresh)
    if (denial !== null && isEqualJson(denial.reason, queued.denial)) continue
    const row = await unitOfWork.pipeline({ repositoryId: repository.id, issueNumber: queued.issueNumber })
    const ready = row && stageReadyForAdmission(row.pipeline, now)
    if (row === null || ready === null) continue
    if (denial !== null) {
      denyAdmission(context, row, denial)
      continue
    }
    if (!admitAttempt(context, row, ready)) continue
    counts.running += 1
    if (isFresh) counts.startedToday += 1
  }
  await updateWaitReasons(context, counts, inHand)
}

type QueueEntry = Omit<QueuedPipeline, 'id'>

function queueEntriesOf({ issueNumber, pipeline }: PipelineRow, now: Instant): readonly QueueEntry[] {
  const ready = stageReadyForAdmission(pipeline, now)
  if (ready === null) return []
  const { queuedAt } = ready
  return [{ issueNumber, queuedAt, startedAt: firstAdmittedAt(pipeline), denial: null }]
}

function byQueueTime(a: QueueEntry, b: QueueEntry): number {
  return a.queuedAt === b.queuedAt ? a.issueNumber - b.issueNumber : a.queuedAt < b.queuedAt ? -1 : 1
}

function countSlots(slots: RepositorySlots, loaded: readonly PipelineRow[], now: Instant): SlotCounts {
  const midnight = midnightBefore(now)
  return {
    running: slots.running + loaded.reduce((sum, { pipeline }) => sum + countLiveAttempts(pipeline), 0),
    startedToday:
      slots.startedToday + loaded.filter(({ pipeline }) => (firstAdmittedAt(pipeline) ?? '') >= midnight).length,
  }
}

function whyNotAdmitted(
  context: AdmissionContext,
  { running, startedToday }: SlotCounts,
  isFresh: boolean,
): Denial | null {
  const { repository, slots, now } = context
  const limits = limitsOf(repository)
  if (repository.removedAt !== null) return { reason: { kind: 'repository-removed' }, until: null }
  if (slots.installationState !== 'active') return { reason: { kind: 'installation-suspended' }, until: null }
  if (repository.defaultBranch === null) return { reason: { kind: 'default-branch-unknown' }, until: null }
  const hold = activeHold(repository.holdOrRelease) ?? activeHold(context.globalHold)
  if (hold !== null) return { reason: { kind: 'held', hold }, until: null }
  if (isFresh && startedToday >= limits.startsPerDay) {
    const reason = { kind: 'starts-per-day', count: startedToday, limit: limits.startsPerDay } as const
    return { reason, until: midnightAfter(now) }
  }
  if (running < limits.running) return null
  return { reason: { kind: 'running', count: running, limit: limits.running }, until: null }
}

function admitAttempt(context: AdmissionContext, row: PipelineRow, { stage, attempt }: ReadyStage): boolean {
  const { issueNumber } = row
  const key = `${issueNumber}/${stage}/${attempt}-${context.random()}`
  return reduceRow(context, row, { ...eventBase(context), type: 'attempt.admitted', issueNumber, stage, attempt, key })
}

function denyAdmission(context: AdmissionContext, row: PipelineRow, { reason, until }: Denial): void {
  reduceRow(context, row, {
    ...eventBase(context),
    type: 'admission.denied',
    issueNumber: row.issueNumber,
    reason,
    until,
  })
}

function eventBase({ repository, now }: AdmissionContext) {
  const { id, fullName, private: isPrivate, defaultBranch, installationId } = repository
  return {
    at: now,
    evidence: { kind: 'clock', id: 'admission', at: now } as const,
    repository: { id, fullName, private: isPrivate, defaultBranch, installationId },
  }
}

function reduceRow({ unitOfWork }: AdmissionContext, row: PipelineRow, event: Event): boolean {
  const { pipeline, entries, effects } = reduce(row.pipeline, event)
  if (pipeline === row.pipeline) return false
  unitOfWork.put(putPipeline(row, { ...row, pipeline }, entries, effects))
  return true
}

/** Enough that a changed limit soon reaches every queued pipeline, few enough for one transaction. */
const WAIT_REASONS_AT_ONCE = 200

/** Updates the reason of the other queued pipelines when the limit they wait for changes. */
async function updateWaitReasons(
  context: AdmissionContext,
  counts: SlotCounts,
  inHand: readonly number[],
): Promise<void> {
  const { unitOfWork, repository, slots, now } = context
  const fresh = whyNotAdmitted(context, counts, true)
  const started = whyNotAdmitted(context, counts, false)
  const isChanged = slots.queue.some(({ startedAt, denial: lastReason }) => {
    const denial = startedAt === null ? fresh : started
    return denial !== null && !isEqualJson(lastReason, denial.reason)
  })
  if (!isChanged) return
  const reasons = { fresh: fresh?.reason ?? null, started: started?.reason ?? null }
  const ids = await listPipelinesWithOtherWaitReason(
    unitOfWork.trx,
    repository.id,
    reasons,
    inHand,
    WAIT_REASONS_AT_ONCE,
  )
  await unitOfWork.loadPipelinesById(ids)
  for (const id of ids) {
    const row = await unitOfWork.pipelineById(id)
    if (row === null || stageReadyForAdmission(row.pipeline, now) === null) continue
    const denial = firstAdmittedAt(row.pipeline) === null ? fresh : started
    if (denial !== null) denyAdmission(context, row, denial)
  }
}

function limitsOf({ configuration }: RepositoryRow) {
  return (configuration ?? OBSERVE_ONLY_LINE).limits
}

function midnightBefore(now: Instant): Instant {
  return `${now.slice(0, 10)}T00:00:00.000Z`
}

function midnightAfter(now: Instant): Instant {
  return millisecondsAfter(midnightBefore(now), DAY_MS)
}

const DAY_MS = 24 * 60 * 60 * 1000
