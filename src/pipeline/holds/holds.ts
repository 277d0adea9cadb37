// The cord. Of each place the last word about it is kept, pulled or let go, so that a word that comes late changes
// nothing. Stages and issues are held in the pipeline itself; a repository and everything are held around it.

import type { Hold, HoldOrRelease, OuterHolds } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'

/** Nothing is held around. */
export const NO_OUTER_HOLDS: OuterHolds = { repository: null, everything: null }

/** The hold, if the last word was that. */
export function activeHold(word: HoldOrRelease | null | undefined): Hold | null {
  return word != null && isHold(word) ? word : null
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

/** Which of two words about one place stands: the later one, but whoever pulled a pulled cord first holds it. */
export function latestHoldOrRelease(known: HoldOrRelease | null | undefined, word: HoldOrRelease): HoldOrRelease {
  if (known == null) return word
  if (isHold(known) && isHold(word)) return known
  return isOlder(word, known) ? known : word
}

/** GitHub tells moments to the second; its ids of comments only ever grow. */
function isOlder(word: HoldOrRelease, known: HoldOrRelease): boolean {
  if (word.since !== known.since) return word.since < known.since
  return Number(word.evidence.id) < Number(known.evidence.id)
}

function isHold(word: HoldOrRelease): word is Hold {
  return word.reason !== null
}
