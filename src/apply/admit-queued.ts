// Admission alone starts attempts. `reduce` queues them; here, at the end of a group's transaction and under the locks of
// its repositories, slots are counted and given away: first come, first served, each repository for itself. Who must
// wait is told why, and told again only when it waits for something else.
import { WATCHED_LINE } from '../line/line.ts'
import { liveAttempts } from '../pipeline/admission.ts'
import { holdWords, pulled } from '../pipeline/holds/holds.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { CordWord } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import { type Instant, millisecondsAfter } from '../pipeline/model/time.ts'
import { reduce } from '../pipeline/reduce.ts'
import { type Awaiting, awaitingAdmission } from '../pipeline/stages/ready-stage.ts'
import { readSlots, type Slots, toldOtherwise, type Waiting } from '../store/admission.ts'
import type { PipelineRow, RepositoryRow } from '../store/rows.ts'
import type { Ledger } from './unit-of-work.ts'

/** A few characters that nobody can foresee: they end an attempt's key. */
export type Random = () => string

/** Admits what may start in every repository in which something changed. */
export async function admit(ledger: Ledger, now: Instant, random: Random): Promise<void> {
  const { pipelines, repositories } = ledger.changed()
  const ids = new Set(ledger.reopened)
  for (const { repositoryId } of pipelines) ids.add(repositoryId)
  for (const { id } of repositories) ids.add(id)
  const changed = [...ids].sort((a, b) => a - b).flatMap((id) => ledger.repositories.get(String(id)) ?? [])
  const asked = changed.map((repository) => ({ id: repository.id, most: limitsOf(repository).running }))
  const inHand = ledger.pipelines.rows().flatMap(({ id }) => id ?? [])
  for (const slots of await readSlots(ledger.trx, asked, inHand, midnightBefore(now))) {
    const repository = ledger.repositories.get(String(slots.repositoryId))
    if (repository !== null) await admitInto({ ledger, repository, slots, now, random, everything: null }, inHand)
  }
}

/** When its first attempt was admitted, which took one of that day's starts; null: none has been. */
export function startedAt({ stages }: Pipeline): Instant | null {
  const admitted = stages.flatMap(({ attempts }) => attempts.flatMap(({ ours }) => ours?.admittedAt ?? []))
  return admitted.sort()[0] ?? null
}

type Hall = {
  readonly ledger: Ledger
  readonly repository: RepositoryRow
  readonly slots: Slots
  readonly now: Instant
  readonly random: Random
  /** The last word about everything, once it was looked at: only where something could start. */
  readonly everything: CordWord | null
}

type Counts = { running: number; begun: number }

/** Why a pipeline must wait, and until when if that is known. */
type Denial = { readonly words: string; readonly until: Instant | null }

async function admitInto(known: Hall, inHand: readonly number[]): Promise<void> {
  const { ledger, repository, slots, now } = known
  const here = ledger.pipelines.rows().filter(({ repositoryId }) => repositoryId === repository.id)
  const queue = [...here.flatMap((row) => placeOf(row, now)), ...slots.waiting].sort(byArrival)
  if (queue.length === 0) return
  const counts = countsOf(slots, here, now)
  const mayStart = [true, false].some((isFresh) => denialOf(known, counts, isFresh) === null)
  const hall = mayStart ? { ...known, everything: await ledger.everything() } : known
  const first = queue.slice(0, Math.max(0, limitsOf(repository).running - counts.running))
  await ledger.readPipelines(first.map(({ issueNumber }) => ({ repositoryId: repository.id, issueNumber })))
  for (const place of queue) {
    const isFresh = place.startedAt === null
    const denial = denialOf(hall, counts, isFresh)
    if (denial !== null && denial.words === place.denied) continue
    const row = await ledger.pipeline({ repositoryId: repository.id, issueNumber: place.issueNumber })
    const awaited = row && awaitingAdmission(row.pipeline, now)
    if (row === null || awaited === null) continue
    if (denial !== null) {
      deny(hall, row, denial)
      continue
    }
    if (!start(hall, row, awaited)) continue
    counts.running += 1
    if (isFresh) counts.begun += 1
  }
  await tellTheOthers(hall, counts, inHand)
}

type Place = Omit<Waiting, 'id'>

function placeOf({ issueNumber, pipeline }: PipelineRow, now: Instant): readonly Place[] {
  const awaited = awaitingAdmission(pipeline, now)
  if (awaited === null) return []
  const { queuedAt } = awaited
  return [{ issueNumber, queuedAt, startedAt: startedAt(pipeline), denied: null }]
}

function byArrival(a: Place, b: Place): number {
  return a.queuedAt === b.queuedAt ? a.issueNumber - b.issueNumber : a.queuedAt < b.queuedAt ? -1 : 1
}

function countsOf(slots: Slots, here: readonly PipelineRow[], now: Instant): Counts {
  const midnight = midnightBefore(now)
  return {
    running: slots.running + here.reduce((sum, { pipeline }) => sum + liveAttempts(pipeline), 0),
    begun: slots.begunToday + here.filter(({ pipeline }) => (startedAt(pipeline) ?? '') >= midnight).length,
  }
}

function denialOf(hall: Hall, { running, begun }: Counts, isFresh: boolean): Denial | null {
  const { repository, slots, now } = hall
  const limits = limitsOf(repository)
  if (repository.removedAt !== null) return { words: 'Andon no longer reaches the repository', until: null }
  if (slots.installationState !== 'active') return { words: 'the installation is suspended', until: null }
  if (repository.defaultBranch === null) return { words: 'the default branch is not known yet', until: null }
  const hold = pulled(repository.cord) ?? pulled(hall.everything)
  if (hold !== null) return { words: holdWords(hold), until: null }
  if (isFresh && begun >= limits.startsPerDay) {
    return { words: `${begun} of ${limits.startsPerDay} begun today`, until: midnightAfter(now) }
  }
  return running >= limits.running ? { words: `${running} of ${limits.running} running`, until: null } : null
}

function start(hall: Hall, row: PipelineRow, { stage, attempt }: Awaiting): boolean {
  const { issueNumber } = row
  const key = `${issueNumber}/${stage}/${attempt}-${hall.random()}`
  return apply(hall, row, { ...head(hall), type: 'attempt.admitted', issueNumber, stage, attempt, key })
}

function deny(hall: Hall, row: PipelineRow, { words, until }: Denial): void {
  apply(hall, row, { ...head(hall), type: 'admission.denied', issueNumber: row.issueNumber, words, until })
}

function head({ repository, now }: Hall) {
  const { id, fullName, private: isPrivate, defaultBranch, installationId } = repository
  return {
    at: now,
    evidence: { kind: 'clock', id: 'admission', at: now } as const,
    repository: { id, fullName, private: isPrivate, defaultBranch, installationId },
  }
}

function apply({ ledger }: Hall, row: PipelineRow, event: Event): boolean {
  const { pipeline, entries, effects } = reduce(row.pipeline, event)
  if (pipeline === row.pipeline) return false
  ledger.keepPipeline({ ...row, pipeline }, entries, effects)
  return true
}

/** Told at once: enough that a changed limit is soon known to everybody, few enough for one transaction. */
const TOLD_AT_ONCE = 200

/** Whoever waits behind those who were looked at hears of it when what all of them wait for has changed. */
async function tellTheOthers(hall: Hall, counts: Counts, inHand: readonly number[]): Promise<void> {
  const { ledger, repository, slots, now } = hall
  const fresh = denialOf(hall, counts, true)
  const begun = denialOf(hall, counts, false)
  const isChanged = slots.waiting.some(({ startedAt: begunAt, denied }) => {
    const denial = begunAt === null ? fresh : begun
    return denial !== null && denied !== denial.words
  })
  if (!isChanged) return
  const words = { fresh: fresh?.words ?? null, begun: begun?.words ?? null }
  const ids = await toldOtherwise(ledger.trx, repository.id, words, inHand, TOLD_AT_ONCE)
  await ledger.readPipelinesById(ids)
  for (const id of ids) {
    const row = await ledger.pipelineById(id)
    if (row === null || awaitingAdmission(row.pipeline, now) === null) continue
    const denial = startedAt(row.pipeline) === null ? fresh : begun
    if (denial !== null) deny(hall, row, denial)
  }
}

function limitsOf({ configuration }: RepositoryRow) {
  return (configuration ?? WATCHED_LINE).limits
}

function midnightBefore(now: Instant): Instant {
  return `${now.slice(0, 10)}T00:00:00.000Z`
}

function midnightAfter(now: Instant): Instant {
  return millisecondsAfter(midnightBefore(now), DAY_MS)
}

const DAY_MS = 24 * 60 * 60 * 1000
