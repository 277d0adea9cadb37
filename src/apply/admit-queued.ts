// Admission alone starts attempts. `reduce` queues them; here, at the end of a group's transaction and under the locks of
// its repositories, slots are counted and given away: first come, first served, each repository for itself. Who must
// wait is told why, and told again only when it waits for something else.
import { OBSERVE_ONLY_LINE } from '../line/line.ts'
import { countLiveAttempts } from '../pipeline/admission.ts'
import { putPipeline } from '../pipeline/change.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import { activeHold } from '../pipeline/holds/holds.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { DenialReason } from '../pipeline/model/reason.ts'
import type { PipelineRow, RepositoryRow } from '../pipeline/model/rows.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import { reduce } from '../pipeline/reduce.ts'
import { type ReadyStage, stageReadyForAdmission } from '../pipeline/stages/attempt-events.ts'
import {
  listPipelinesWithOtherWaitReason,
  loadSlots,
  type QueuedPipeline,
  type RepositorySlots,
} from '../store/admission.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** A few characters that nobody can foresee: they end an attempt's key. */
export type RandomSuffix = () => string

/** Admits what may start in every repository in which something changed. */
export async function admitQueued(ledger: UnitOfWork, now: Instant, random: RandomSuffix): Promise<void> {
  const { pipelines, repositories } = ledger.rows
  const ids = new Set(ledger.written('slots-freed').map(({ repositoryId }) => repositoryId))
  for (const { repositoryId } of pipelines.changed()) ids.add(repositoryId)
  for (const { id } of repositories.changed()) ids.add(id)
  const changed = [...ids].sort((a, b) => a - b).flatMap((id) => repositories.get(String(id)) ?? [])
  const asked = changed.map((repository) => ({ id: repository.id, most: limitsOf(repository).running }))
  const inHand = pipelines.filter(() => true).flatMap(({ id }) => id ?? [])
  for (const slots of await loadSlots(ledger.trx, asked, inHand, midnightBefore(now))) {
    const repository = repositories.get(String(slots.repositoryId))
    if (repository !== null) await admitRepository({ ledger, repository, slots, now, random, globalHold: null }, inHand)
  }
}

/** When its first attempt was admitted, which took one of that day's starts; null: none has been. */
export function firstAdmittedAt({ stages }: Pipeline): Instant | null {
  const admitted = stages.flatMap(({ attempts }) => attempts.flatMap(({ control }) => control?.admittedAt ?? []))
  return admitted.sort()[0] ?? null
}

type AdmissionContext = {
  readonly ledger: UnitOfWork
  readonly repository: RepositoryRow
  readonly slots: RepositorySlots
  readonly now: Instant
  readonly random: RandomSuffix
  /** The last word about everything, once it was looked at: only where something could start. */
  readonly globalHold: HoldOrRelease | null
}

type SlotCounts = { running: number; startedToday: number }

/** Why a pipeline must wait, and until when if that is known. */
type Denial = { readonly reason: DenialReason; readonly until: Instant | null }

async function admitRepository(known: AdmissionContext, inHand: readonly number[]): Promise<void> {
  const { ledger, repository, slots, now } = known
  const here = ledger.rows.pipelines.filter(({ repositoryId }) => repositoryId === repository.id)
  const queue = [...here.flatMap((row) => queueEntriesOf(row, now)), ...slots.queue].sort(byQueueTime)
  if (queue.length === 0) return
  const counts = countSlots(slots, here, now)
  const mayStart = [true, false].some((isFresh) => whyNotAdmitted(known, counts, isFresh) === null)
  const hall = mayStart ? { ...known, globalHold: await ledger.globalHold() } : known
  const first = queue.slice(0, Math.max(0, limitsOf(repository).running - counts.running))
  await ledger.loadPipelines(first.map(({ issueNumber }) => ({ repositoryId: repository.id, issueNumber })))
  for (const place of queue) {
    const isFresh = place.startedAt === null
    const denial = whyNotAdmitted(hall, counts, isFresh)
    if (denial !== null && isEqualJson(denial.reason, place.denial)) continue
    const row = await ledger.pipeline({ repositoryId: repository.id, issueNumber: place.issueNumber })
    const awaited = row && stageReadyForAdmission(row.pipeline, now)
    if (row === null || awaited === null) continue
    if (denial !== null) {
      denyAdmission(hall, row, denial)
      continue
    }
    if (!admitAttempt(hall, row, awaited)) continue
    counts.running += 1
    if (isFresh) counts.startedToday += 1
  }
  await updateWaitReasons(hall, counts, inHand)
}

type QueueEntry = Omit<QueuedPipeline, 'id'>

function queueEntriesOf({ issueNumber, pipeline }: PipelineRow, now: Instant): readonly QueueEntry[] {
  const awaited = stageReadyForAdmission(pipeline, now)
  if (awaited === null) return []
  const { queuedAt } = awaited
  return [{ issueNumber, queuedAt, startedAt: firstAdmittedAt(pipeline), denial: null }]
}

function byQueueTime(a: QueueEntry, b: QueueEntry): number {
  return a.queuedAt === b.queuedAt ? a.issueNumber - b.issueNumber : a.queuedAt < b.queuedAt ? -1 : 1
}

function countSlots(slots: RepositorySlots, here: readonly PipelineRow[], now: Instant): SlotCounts {
  const midnight = midnightBefore(now)
  return {
    running: slots.running + here.reduce((sum, { pipeline }) => sum + countLiveAttempts(pipeline), 0),
    startedToday:
      slots.startedToday + here.filter(({ pipeline }) => (firstAdmittedAt(pipeline) ?? '') >= midnight).length,
  }
}

function whyNotAdmitted(
  hall: AdmissionContext,
  { running, startedToday }: SlotCounts,
  isFresh: boolean,
): Denial | null {
  const { repository, slots, now } = hall
  const limits = limitsOf(repository)
  if (repository.removedAt !== null) return { reason: { kind: 'repository-removed' }, until: null }
  if (slots.installationState !== 'active') return { reason: { kind: 'installation-suspended' }, until: null }
  if (repository.defaultBranch === null) return { reason: { kind: 'default-branch-unknown' }, until: null }
  const hold = activeHold(repository.holdOrRelease) ?? activeHold(hall.globalHold)
  if (hold !== null) return { reason: { kind: 'held', hold }, until: null }
  if (isFresh && startedToday >= limits.startsPerDay) {
    const reason = { kind: 'starts-per-day', count: startedToday, limit: limits.startsPerDay } as const
    return { reason, until: midnightAfter(now) }
  }
  if (running < limits.running) return null
  return { reason: { kind: 'running', count: running, limit: limits.running }, until: null }
}

function admitAttempt(hall: AdmissionContext, row: PipelineRow, { stage, attempt }: ReadyStage): boolean {
  const { issueNumber } = row
  const key = `${issueNumber}/${stage}/${attempt}-${hall.random()}`
  return reduceRow(hall, row, { ...eventBase(hall), type: 'attempt.admitted', issueNumber, stage, attempt, key })
}

function denyAdmission(hall: AdmissionContext, row: PipelineRow, { reason, until }: Denial): void {
  reduceRow(hall, row, {
    ...eventBase(hall),
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

function reduceRow({ ledger }: AdmissionContext, row: PipelineRow, event: Event): boolean {
  const { pipeline, entries, effects } = reduce(row.pipeline, event)
  if (pipeline === row.pipeline) return false
  ledger.put(putPipeline(row, { ...row, pipeline }, entries, effects))
  return true
}

/** Told at once: enough that a changed limit is soon known to everybody, few enough for one transaction. */
const WAIT_REASONS_AT_ONCE = 200

/** Whoever waits behind those who were looked at hears of it when what all of them wait for has changed. */
async function updateWaitReasons(hall: AdmissionContext, counts: SlotCounts, inHand: readonly number[]): Promise<void> {
  const { ledger, repository, slots, now } = hall
  const fresh = whyNotAdmitted(hall, counts, true)
  const begun = whyNotAdmitted(hall, counts, false)
  const isChanged = slots.queue.some(({ startedAt, denial: lastReason }) => {
    const denial = startedAt === null ? fresh : begun
    return denial !== null && !isEqualJson(lastReason, denial.reason)
  })
  if (!isChanged) return
  const reasons = { fresh: fresh?.reason ?? null, begun: begun?.reason ?? null }
  const ids = await listPipelinesWithOtherWaitReason(ledger.trx, repository.id, reasons, inHand, WAIT_REASONS_AT_ONCE)
  await ledger.loadPipelinesById(ids)
  for (const id of ids) {
    const row = await ledger.pipelineById(id)
    if (row === null || stageReadyForAdmission(row.pipeline, now) === null) continue
    const denial = firstAdmittedAt(row.pipeline) === null ? fresh : begun
    if (denial !== null) denyAdmission(hall, row, denial)
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
