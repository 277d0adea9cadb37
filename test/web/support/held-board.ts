// A board with holds: on one repository, on an issue of another, and on a stage.

import type { ActiveHold, Hold, HoldOrRelease } from '../../../src/pipeline/model/hold.ts'
import { type BoardFixture, HOSTILE, minutesAgo } from './board-fixtures.ts'

const REPOSITORY = holdOf({ kind: 'repository' }, 'alice', 'release week', 52)
const ISSUE = holdOf({ kind: 'issue' }, 'mara', `ask legal first ${HOSTILE}`, 130)
const STAGE = holdOf({ kind: 'stage', stage: 'test' }, 'mara', 'the runner is being moved', 9)

/** The holds above the board while acme/widgets is held, and everything by the operator as well. */
export const HELD_PLACES: readonly ActiveHold[] = [
  { repository: null, hold: holdOf({ kind: 'everything' }, 'root', 'GitHub Actions is down', 4) },
  { repository: 'acme/widgets', hold: REPOSITORY },
]

/** The same rows while acme/widgets is held, and an issue and a stage of acme/api. */
export function withHolds(all: readonly BoardFixture[]): readonly BoardFixture[] {
  let own = 0
  return all.map((made) => {
    const { shown } = made
    if (shown.repository === 'acme/widgets') {
      return { ...made, shown: { ...shown, held: true, outerHolds: { repository: REPOSITORY, everything: null } } }
    }
    own += 1
    const holdsAndReleases = [[ISSUE], [STAGE]][own - 1]
    return holdsAndReleases === undefined
      ? made
      : { ...made, shown: { ...shown, held: true, pipeline: { ...shown.pipeline, holdsAndReleases } } }
  })
}

function holdOf(place: HoldOrRelease['place'], by: string, reason: string, minutes: number): Hold {
  const since = minutesAgo(minutes)
  return { place, by, reason, since, evidence: { kind: 'command', id: '1', at: since } }
}
