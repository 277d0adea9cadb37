// The cord. Of each place the last word about it is kept, pulled or let go, so that a word that comes late changes
// nothing. Stages and issues are held in the pipeline itself; a repository and everything are held around it.

import type { Around, CordWord, Hold } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { minuteOfDay } from '../model/time.ts'
/** Nothing is held around. */
export const NOTHING_AROUND: Around = { repository: null, everything: null }

/** The hold, if the last word was that. */
export function pulled(word: CordWord | null | undefined): Hold | null {
  return word != null && isPulled(word) ? word : null
}

/** Every hold that a pipeline stands under, the widest first. */
export function holdsOf({ cord = [] }: Pick<Pipeline, 'cord'>, { everything, repository }: Around): readonly Hold[] {
  return [everything, repository, ...cord].flatMap((word) => pulled(word) ?? [])
}

/** Those of its own: what lies around it is left out of account. */
export function ownHolds(pipeline: Pick<Pipeline, 'cord'>): readonly Hold[] {
  return holdsOf(pipeline, NOTHING_AROUND)
}

/** Those of the holds that keep this stage from being started. */
export function holdsOver(holds: readonly Hold[], stage: string): readonly Hold[] {
  return holds.filter(({ place }) => place.kind !== 'stage' || place.stage === stage)
}

/** The hold that keeps a stage from being started, the widest of them; null if none does. */
export function holdOver(pipeline: Pick<Pipeline, 'cord'>, around: Around, stage: string): Hold | null {
  return holdsOver(holdsOf(pipeline, around), stage)[0] ?? null
}

/** The pipeline's own hold that keeps a stage from being started; null if none does. */
export function ownHold(pipeline: Pick<Pipeline, 'cord'>, stage: string): Hold | null {
  return holdOver(pipeline, NOTHING_AROUND, stage)
}

/** The stages that the pipeline's own holds keep from being started. */
export function heldStages(pipeline: Pipeline): readonly string[] {
  return pipeline.stages.map(({ name }) => name).filter((name) => ownHold(pipeline, name) !== null)
}

/** `the repository is held by @ada since 2026-11-21 14:02 UTC: release week`. Its reason is a stranger's text. */
export function holdWords(hold: Hold): string {
  const { place, since, why } = hold
  const who = speakerWords(hold)
  const what = place.kind === 'issue' ? '' : `${placeWords(place)} is `
  return `${what}held by ${who} since ${minuteOfDay(since)}: ${why}`
}

/** Whose word it is: somebody on GitHub, or the operator. */
export function speakerWords({ place, by }: CordWord): string {
  return place.kind === 'everything' ? by : `@${by}`
}

/** What the cord of a place holds, for a sentence. */
export function placeWords(place: CordWord['place']): string {
  switch (place.kind) {
    case 'issue':
      return 'this issue'
    case 'stage':
      return place.stage
    case 'repository':
      return 'the repository'
    case 'everything':
      return 'everything'
  }
}

/** Which of two words about one place stands: the later one, but whoever pulled a pulled cord first holds it. */
export function lastWord(known: CordWord | null | undefined, word: CordWord): CordWord {
  if (known == null) return word
  if (isPulled(known) && isPulled(word)) return known
  return isBefore(word, known) ? known : word
}

/** GitHub tells moments to the second; its ids of comments only ever grow. */
function isBefore(word: CordWord, known: CordWord): boolean {
  if (word.since !== known.since) return word.since < known.since
  return Number(word.evidence.id) < Number(known.evidence.id)
}

function isPulled(word: CordWord): word is Hold {
  return word.why !== null
}
