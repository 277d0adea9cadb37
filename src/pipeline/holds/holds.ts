// The cord. Of each place the last word about it is kept, pulled or let go, so that a word that comes late changes
// nothing. Stages and issues are held in the pipeline itself; a repository and everything are held around it.

import { isEqualJson } from '../facts/total-order.ts'
import type { Hold, HoldOrRelease, OuterHolds } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'

/** Nothing is held around. */
export const NO_OUTER_HOLDS: OuterHolds = { repository: null, everything: null }

/** The hold, if the last word was that. */
export function activeHold(word: HoldOrRelease | null | undefined): Hold | null {
  if (word == null || word.reason === null) return null
  const { others: _, reason, ...hold } = word
  return { ...hold, reason }
}

/** Every hold that a pipeline stands under, the widest first. */
export function activeHolds(
  { holdsAndReleases = [] }: Pick<Pipeline, 'holdsAndReleases'>,
  { everything, repository }: OuterHolds,
): readonly Hold[] {
  return [everything, repository, ...holdsAndReleases].flatMap((word) => activeHold(word) ?? [])
}

/** Those of its own: what lies around it is left out of account. */
export function pipelineHolds(pipeline: Pick<Pipeline, 'holdsAndReleases'>): readonly Hold[] {
  return activeHolds(pipeline, NO_OUTER_HOLDS)
}

/** Those of the holds that keep this stage from being started. */
export function holdsAffectingStage(holds: readonly Hold[], stage: string): readonly Hold[] {
  return holds.filter(({ place }) => place.kind !== 'stage' || place.stage === stage)
}

/** The hold that keeps a stage from being started, the widest of them; null if none does. */
export function holdAffectingStage(
  pipeline: Pick<Pipeline, 'holdsAndReleases'>,
  outerHolds: OuterHolds,
  stage: string,
): Hold | null {
  return holdsAffectingStage(activeHolds(pipeline, outerHolds), stage)[0] ?? null
}

/** The pipeline's own hold that keeps a stage from being started; null if none does. */
export function pipelineHoldAffectingStage(pipeline: Pick<Pipeline, 'holdsAndReleases'>, stage: string): Hold | null {
  return holdAffectingStage(pipeline, NO_OUTER_HOLDS, stage)
}

/** The stages that the pipeline's own holds keep from being started. */
export function heldStageNames(pipeline: Pipeline): readonly string[] {
  return pipeline.stages.map(({ name }) => name).filter((name) => pipelineHoldAffectingStage(pipeline, name) !== null)
}

/** Identifies the place of a hold within a pipeline and around it. */
export function placeKey(place: HoldOrRelease['place']): string {
  return place.kind === 'stage' ? `stage/${place.stage}` : place.kind
}

/**
 * Which word about a place stands once this one came as well: the first hold since it was last resumed, or that resume.
 * The others are kept with it, because words come in any order: one that comes late may be a resume between two holds.
 */
export function latestHoldOrRelease(known: HoldOrRelease | null | undefined, word: HoldOrRelease): HoldOrRelease {
  if (known == null) return word
  const { others = [], ...first } = known
  const rest = [...others, first].filter((other) => !isSameWord(other, word)).sort(bySince)
  const place = rest.findLastIndex((other) => bySince(other, word) <= 0) + 1
  const words = rest.toSpliced(place, 0, word)
  const resumed = words.findLastIndex((other) => !isHold(other))
  const [hold, ...later] = words.slice(resumed + 1)
  const release = words.slice(Math.max(0, resumed), resumed + 1)
  const stands = hold === undefined ? release[0] : { ...hold, others: [...release, ...later] }
  return stands === undefined || isEqualJson(stands, known) || isEqualJson(stands, { ...known, others })
    ? known
    : stands
}

/** Is it the same word, whatever else is kept with it? */
export function isSameWord(a: HoldOrRelease, b: HoldOrRelease): boolean {
  return bySince(a, b) === 0 && isHold(a) === isHold(b)
}

/** GitHub tells moments to the second; its ids of comments only ever grow. */
function bySince(a: HoldOrRelease, b: HoldOrRelease): number {
  if (a.since !== b.since) return a.since < b.since ? -1 : 1
  return Number(a.evidence.id) - Number(b.evidence.id) || 0
}

function isHold(word: HoldOrRelease): boolean {
  return word.reason !== null
}
