// Holds. Of each scope the latest hold or release stands, so that one that comes late changes nothing. Those of stages and
// issues are kept in the pipeline; those of a repository and of everything are kept around it, as outer holds.
import { isEqualJson } from '../facts/total-order.ts'
import type { Hold, HoldOrRelease, OuterHolds } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'

type WithHolds = Pick<Pipeline, 'holdsAndReleases'>

export const NO_OUTER_HOLDS: OuterHolds = { repository: null, everything: null }

/** The hold; null for a release, or for neither. */
export function activeHold(latest: HoldOrRelease | null | undefined): Hold | null {
  if (latest == null || latest.reason === null) return null
  const { others: _, reason, ...hold } = latest
  return { ...hold, reason }
}

/** Every hold that applies to a pipeline, the widest first. */
export function activeHolds({ holdsAndReleases = [] }: WithHolds, outer: OuterHolds): readonly Hold[] {
  return [outer.everything, outer.repository, ...holdsAndReleases].flatMap((latest) => activeHold(latest) ?? [])
}

/** The pipeline's own holds, without those around it. */
export function pipelineHolds(pipeline: WithHolds): readonly Hold[] {
  return activeHolds(pipeline, NO_OUTER_HOLDS)
}

/** Those of the holds that keep this stage from starting. */
export function holdsAffectingStage(holds: readonly Hold[], stage: string): readonly Hold[] {
  return holds.filter(({ place }) => place.kind !== 'stage' || place.stage === stage)
}

/** The widest hold that keeps a stage from starting; null if none does. */
export function holdAffectingStage(pipeline: WithHolds, outer: OuterHolds, stage: string): Hold | null {
  return holdsAffectingStage(activeHolds(pipeline, outer), stage)[0] ?? null
}

/** The pipeline's own hold that keeps a stage from starting; null if none does. */
export function pipelineHoldAffectingStage(pipeline: WithHolds, stage: string): Hold | null {
  return holdAffectingStage(pipeline, NO_OUTER_HOLDS, stage)
}

/** The stages that the pipeline's own holds keep from starting. */
export function heldStageNames(pipeline: Pipeline): readonly string[] {
  return pipeline.stages.map(({ name }) => name).filter((name) => pipelineHoldAffectingStage(pipeline, name) !== null)
}

/** Identifies the scope of a hold within a pipeline and around it. */
export function placeKey(scope: HoldOrRelease['place']): string {
  return scope.kind === 'stage' ? `stage/${scope.stage}` : scope.kind
}

/**
 * What stands for a scope after one more hold or release: of the holds since the last release the first of those that last
 * longest, or that release. The others are kept with it, because they come in any order: a late one may be a release between
 * two holds.
 */
export function latestHoldOrRelease(stored: HoldOrRelease | null | undefined, added: HoldOrRelease): HoldOrRelease {
  if (stored == null) return added
  const { others = [], ...first } = stored
  const before = [...others, first].filter((other) => !isSameWord(other, added)).sort(bySince)
  const index = before.findLastIndex((other) => bySince(other, added) <= 0) + 1
  const all = before.toSpliced(index, 0, added)
  const released = all.findLastIndex(({ reason }) => reason === null)
  const holds = all.slice(released + 1)
  const hold = holds.toSorted(byEnd)[0]
  const release = all.slice(Math.max(0, released), released + 1)
  const latest =
    hold === undefined ? release[0] : { ...hold, others: [...release, ...holds.filter((other) => other !== hold)] }
  return latest === undefined || isEqualJson(latest, stored) || isEqualJson(latest, { ...stored, others })
    ? stored
    : latest
}

/** What stands for a scope at a time: a hold that has ended is gone, with all that ended before it. */
export function withoutEndedHold(stored: HoldOrRelease | null, now: Instant): HoldOrRelease | null {
  if (stored === null || stored.until === undefined || stored.until > now) return stored
  return stored.others?.find(({ reason }) => reason === null) ?? null
}

/** The pipeline without its own holds that have ended. */
export function withoutEndedHolds(pipeline: Pipeline, now: Instant): Pipeline {
  const { holdsAndReleases = [], ...rest } = pipeline
  const left = holdsAndReleases.flatMap((stored) => withoutEndedHold(stored, now) ?? [])
  if (left.length === holdsAndReleases.length && left.every((one, index) => one === holdsAndReleases[index]))
    return pipeline
  return left.length === 0 ? rest : { ...rest, holdsAndReleases: left }
}

/** Are they the same hold or release, whatever others are kept with them? */
export function isSameWord(a: HoldOrRelease, b: HoldOrRelease): boolean {
  return bySince(a, b) === 0 && (a.reason === null) === (b.reason === null)
}

/** The longest first; without an end, a hold lasts longest. */
function byEnd(a: HoldOrRelease, b: HoldOrRelease): number {
  const [first, second] = [a.until ?? '~', b.until ?? '~']
  return first === second ? 0 : first > second ? -1 : 1
}

/** GitHub's times tie at one second; its ids of comments only ever grow. */
function bySince(a: HoldOrRelease, b: HoldOrRelease): number {
  if (a.since !== b.since) return a.since < b.since ? -1 : 1
  return Number(a.evidence.id) - Number(b.evidence.id) || 0
}
