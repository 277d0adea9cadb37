// Admission alone starts attempts. `reduce` queues them; here, at the end of a group's transaction and under the locks
// of its repositories, slots are counted and given away: first come, first served, within each repository. A queued
// pipeline records why it waits, and records it again only when the reason changes.

import { lineOf } from '../advance/advance-pipeline.ts'
import type { PipelineRow, RepositoryRow } from '../advance/rows.ts'
import type { BreakerConfig } from '../line/line.ts'
import { isEqualJson } from '../pipeline/facts/total-order.ts'
import { activeHold } from '../pipeline/holds/holds.ts'
import type { Breaker, Breakers } from '../pipeline/model/breaker.ts'
import type { HoldOrRelease } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { DenialReason } from '../pipeline/model/reason.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { type ReadyStage, stageReadyForAdmission } from '../pipeline/stages/attempt-events.ts'
import { countLiveAttempts } from '../pipeline/stages/attempts.ts'
import { breakerOf, isProbeDue, isSuspected, withAdmitted, workflowHoldOf } from '../pipeline/stages/breaker.ts'
import {
  listPipelinesWithOtherWaitReason,
  loadSlots,
  type QueuedPipeline,
  type RepositorySlots,
} from '../store/admission.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { breakerConfigOf, observeBreakers, saveBreakers, workflowHoldsOf } from './breakers.ts'
import { reduceRow } from './reduce-row.ts'
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
  const breakersById = new Map<number, Breakers>()
  for (const repository of changed)
    breakersById.set(repository.id, await observeBreakers({ unitOfWork, repository, now }))
  const limits = changed.map((repository) => {
    const breakers = breakersById.get(repository.id) ?? {}
    const held = workflowHoldsOf(breakers, breakerConfigOf(repository), now).map(({ workflow }) => workflow)
    const probing = held.filter((workflow) => isProbeDue(breakerOf(breakers, workflow), now))
    return { id: repository.id, most: limitsOf(repository).running, held, probing }
  })
  const inHand = pipelines.filter(() => true).flatMap(({ id }) => id ?? [])
  for (const slots of await loadSlots(unitOfWork.trx, limits, inHand, midnightBefore(now))) {
    const repository = repositories.get(String(slots.repositoryId))
    if (repository === null) continue
    const breakers = breakersById.get(repository.id) ?? {}
    const isInDoubt = slots.isInDoubt || isBeingAsked(unitOfWork, repository)
    await admitRepository({ unitOfWork, repository, slots, isInDoubt, now, random, globalHold: null }, breakers, inHand)
  }
}

/** When the first attempt was admitted, which used one of that day's starts; null when none has been. */
export function firstAdmittedAt({ stages }: Pipeline): Instant | null {
  const admitted = stages.flatMap(({ attempts }) => attempts.flatMap(({ control }) => control?.admittedAt ?? []))
  return admitted.sort()[0] ?? null
}

/** Has the group itself asked? Its effects are not saved yet. */
function isBeingAsked(unitOfWork: UnitOfWork, { id }: RepositoryRow): boolean {
  return unitOfWork.written('effect').some(({ repositoryId, effect }) => {
    return repositoryId === id && effect.type === 'ask' && effect.question.about === 'repository'
  })
}

type AdmissionContext = {
  readonly unitOfWork: UnitOfWork
  readonly repository: RepositoryRow
  readonly slots: RepositorySlots
  /** GitHub has yet to say whether anything can start there. */
  readonly isInDoubt: boolean
  readonly now: Instant
  readonly random: RandomSuffix
  /** The operator's latest hold or release; read only where something could start. */
  readonly globalHold: HoldOrRelease | null
}

/** What is counted while slots are given away, and the breakers as each admission leaves them. */
type SlotCounts = { running: number; startedToday: number; breakers: Breakers }

/** What one pipeline asks for. */
type SlotRequest = { readonly isFresh: boolean; readonly workflow: string }

/** Why a pipeline waits, and until when if that is known. */
type Denial = { readonly reason: DenialReason; readonly until: Instant | null }

async function admitRepository(base: AdmissionContext, breakers: Breakers, inHand: readonly number[]): Promise<void> {
  const { unitOfWork, repository, slots, now } = base
  const loaded = unitOfWork.rows.pipelines.filter(({ repositoryId }) => repositoryId === repository.id)
  const queue = [...loaded.flatMap((row) => queueEntriesOf(row, now)), ...slots.queue].sort(byQueueTime)
  const counts = { ...countSlots(slots, loaded, now), breakers }
  const requests = queue.map(({ startedAt, workflow }) => ({ isFresh: startedAt === null, workflow }))
  const mayStart = requests.some((request) => whyNotAdmitted(base, counts, request) === null)
  const context = mayStart ? { ...base, globalHold: await unitOfWork.globalHold() } : base
  const first = queue.slice(0, Math.max(0, limitsOf(repository).running - counts.running))
  await unitOfWork.loadPipelines(first.map(({ issueNumber }) => ({ repositoryId: repository.id, issueNumber })))
  for (const queued of queue) {
    const { workflow } = queued
    const isFresh = queued.startedAt === null
    const denial = whyNotAdmitted(context, counts, { isFresh, workflow })
    if (denial !== null && isEqualJson(denial.reason, queued.denial)) continue
    const row = await unitOfWork.pipeline({ repositoryId: repository.id, issueNumber: queued.issueNumber })
    const ready = row && stageReadyForAdmission(row.pipeline, now)
    if (row === null || ready === null) continue
    if (denial !== null) {
      denyAdmission(context, row, denial)
      continue
    }
    const key = `${row.issueNumber}/${ready.stage}/${ready.attempt}-${context.random()}`
    if (!admitAttempt(context, row, ready, key)) continue
    counts.running += 1
    if (isFresh) counts.startedToday += 1
    const breaker = breakerOf(counts.breakers, workflow)
    const admitted = withAdmitted(breaker, key, row.issueNumber, isProbeDue(breaker, now))
    counts.breakers = { ...counts.breakers, [workflow]: admitted }
  }
  await saveBreakers(context, counts.breakers)
  if (queue.length + Object.keys(counts.breakers).length > 0) await updateWaitReasons(context, counts, inHand)
}

type QueueEntry = Omit<QueuedPipeline, 'id'>

function queueEntriesOf({ issueNumber, pipeline }: PipelineRow, now: Instant): readonly QueueEntry[] {
  const ready = stageReadyForAdmission(pipeline, now)
  if (ready === null) return []
  const { queuedAt, workflow } = ready
  return [{ issueNumber, queuedAt, workflow, startedAt: firstAdmittedAt(pipeline), denial: null }]
}

function byQueueTime(a: QueueEntry, b: QueueEntry): number {
  return a.queuedAt === b.queuedAt ? a.issueNumber - b.issueNumber : a.queuedAt < b.queuedAt ? -1 : 1
}

function countSlots(slots: RepositorySlots, loaded: readonly PipelineRow[], now: Instant) {
  const midnight = midnightBefore(now)
  return {
    running: slots.running + loaded.reduce((sum, { pipeline }) => sum + countLiveAttempts(pipeline), 0),
    startedToday:
      slots.startedToday + loaded.filter(({ pipeline }) => (firstAdmittedAt(pipeline) ?? '') >= midnight).length,
  }
}

function whyNotAdmitted(
  context: AdmissionContext,
  { running, startedToday, breakers }: SlotCounts,
  { isFresh, workflow }: SlotRequest,
): Denial | null {
  const { repository, slots, isInDoubt, now } = context
  const limits = limitsOf(repository)
  if (repository.removedAt !== null) return { reason: { kind: 'repository-removed' }, until: null }
  if (isInDoubt) return { reason: { kind: 'repository-in-doubt' }, until: null }
  if (slots.installationState !== 'active') return { reason: { kind: 'installation-suspended' }, until: null }
  if (repository.defaultBranch === null) return { reason: { kind: 'default-branch-unknown' }, until: null }
  const hold = activeHold(repository.holdOrRelease) ?? activeHold(context.globalHold)
  if (hold !== null) return { reason: { kind: 'held', hold }, until: null }
  const failing = whyNotWorking(breakerOf(breakers, workflow), workflow, breakerConfigOf(repository), now)
  if (failing !== null) return { reason: failing, until: null }
  if (isFresh && startedToday >= limits.startsPerDay) {
    const reason = { kind: 'starts-per-day', count: startedToday, limit: limits.startsPerDay } as const
    return { reason, until: midnightAfter(now) }
  }
  if (running < limits.running) return null
  return { reason: { kind: 'running', count: running, limit: limits.running }, until: null }
}

/** What the workflow's breaker says against one more attempt. */
function whyNotWorking(
  breaker: Breaker,
  workflow: string,
  config: BreakerConfig | null,
  now: Instant,
): DenialReason | null {
  const hold = workflowHoldOf(workflow, breaker, config, now)
  if (hold !== null) return isProbeDue(breaker, now) ? null : { kind: 'held-by-andon', hold }
  if (config === null || !isSuspected(breaker, config, now)) return null
  return { kind: 'failing-alike', workflow, issues: breaker.suspects }
}

function admitAttempt(context: AdmissionContext, row: PipelineRow, ready: ReadyStage, key: string): boolean {
  const { issueNumber } = row
  const { stage, attempt } = ready
  return reduceRow(context, row, { type: 'attempt.admitted', issueNumber, stage, attempt, key })
}

function denyAdmission(context: AdmissionContext, row: PipelineRow, { reason, until }: Denial): void {
  reduceRow(context, row, { type: 'admission.denied', issueNumber: row.issueNumber, reason, until })
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
  const denialOf = (isFresh: boolean, workflow: string) => whyNotAdmitted(context, counts, { isFresh, workflow })
  const isChanged = slots.queue.some(({ startedAt, workflow, denial: lastReason }) => {
    const denial = denialOf(startedAt === null, workflow)
    return denial !== null && !isEqualJson(lastReason, denial.reason)
  })
  const isHeld = workflowHoldsOf(counts.breakers, breakerConfigOf(repository), now).length > 0
  if (!isChanged && !isHeld) return
  const reasonsOf = (isFresh: boolean) => {
    const workflows = ['*', ...Object.keys(counts.breakers)]
    return Object.fromEntries(workflows.map((workflow) => [workflow, denialOf(isFresh, workflow)?.reason ?? null]))
  }
  const reasons = { fresh: reasonsOf(true), started: reasonsOf(false) }
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
    const ready = row && stageReadyForAdmission(row.pipeline, now)
    if (row === null || ready === null) continue
    const denial = denialOf(firstAdmittedAt(row.pipeline) === null, ready.workflow)
    if (denial !== null) denyAdmission(context, row, denial)
  }
}

function limitsOf(repository: RepositoryRow) {
  return lineOf(repository).limits
}

function midnightBefore(now: Instant): Instant {
  return `${now.slice(0, 10)}T00:00:00.000Z`
}

function midnightAfter(now: Instant): Instant {
  return millisecondsAfter(midnightBefore(now), DAY_MS)
}

const DAY_MS = 24 * 60 * 60 * 1000
