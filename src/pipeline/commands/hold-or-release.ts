// What people say about the cord: `hold` and `resume`. A word about a stage or the issue is kept in the pipeline; one about
// the repository is kept by the door (see `withRepositoryHold`), and here it is only answered.
import { type Command, type InvalidCommand, mayUseCommand } from '../../commands/commands.ts'
import { activeHold, activeHolds, latestHoldOrRelease, placeKey } from '../holds/holds.ts'
import { type AnsweredCommand, already, done, notPossible, stageSummary } from '../model/command-result.ts'
import type { Hold, HoldOrRelease, OuterHolds } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { RepositoryRow } from '../model/rows.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import type { AuthorizedCommands, CommandContext, Ran } from './authorized-commands.ts'

type HoldCommand = Extract<Command, { verb: 'hold' | 'resume' }>

/** Holds or resumes the pipeline or one of its stages, and says what came of it. */
export function runHoldOrResume(pipeline: Pipeline, command: HoldCommand, order: CommandContext): Ran {
  const { outerHolds } = order
  const word = holdOrReleaseOf(command, order)
  if (word.place.kind === 'repository') {
    const others = activeHolds({}, { ...outerHolds, repository: null })
    return { pipeline, result: holdOrReleaseResult(outerHolds.repository, word, others) }
  }
  const known = pipeline.holdsAndReleases?.find(({ place }) => isSamePlace(place, word.place)) ?? null
  const rest = pipeline.holdsAndReleases?.filter((other) => other !== known) ?? []
  const others = activeHolds({ holdsAndReleases: rest }, outerHolds)
  // Letting go of the issue leaves its stages held; one stage has nothing to do with another.
  const result = holdOrReleaseResult(
    known,
    word,
    others.filter(({ place }) => word.place.kind === 'issue' || place.kind !== 'stage'),
  )
  const last = latestHoldOrRelease(known, word)
  if (last === known) return { pipeline, result }
  const next = { ...pipeline, holdsAndReleases: [...rest, last].sort(byPlace) }
  return { pipeline: next, result: withQueuedStages(result, next) }
}

/** The repository once commands of somebody who may give them have held or resumed it; the same when none does. */
export function withRepositoryHold(row: RepositoryRow, given: AuthorizedCommands): RepositoryRow {
  if (!mayUseCommand(given.role, 'hold')) return row
  const { repository: holdOrRelease } = outerHoldsAfter({ ...given.outerHolds, repository: row.holdOrRelease }, given)
  return holdOrRelease === row.holdOrRelease ? row : { ...row, holdOrRelease, holdFanOutCursor: 0 }
}

/** The answer to a hold or release of the repository that concerns no pipeline; null for any other command. */
export function repositoryHoldResult(command: Command, given: AuthorizedCommands, outerHolds: OuterHolds) {
  const [word] = repositoryHoldOrRelease(command, given)
  return word === undefined
    ? null
    : holdOrReleaseResult(outerHolds.repository, word, activeHolds({}, { ...outerHolds, repository: null }))
}

/** What is held around once the first of the commands, or all of them, were run as well. */
export function outerHoldsAfter(outerHolds: OuterHolds, given: AuthorizedCommands, first?: number): OuterHolds {
  const words = given.commands.slice(0, first).flatMap((command) => repositoryHoldOrRelease(command, given))
  return { ...outerHolds, repository: words.reduce(latestHoldOrRelease, outerHolds.repository) }
}

/** What is answered to a word about a place, by what was known of that place and what else is held. */
export function holdOrReleaseResult(
  known: HoldOrRelease | null,
  word: HoldOrRelease,
  others: readonly Hold[],
): AnsweredCommand {
  const held = activeHold(known)
  const pulling = activeHold(word)
  const { place } = word
  const stands = known === null ? word : latestHoldOrRelease(known, word)
  if (pulling !== null) {
    if (held !== null) return already({ kind: 'held', hold: held })
    const isLate = activeHold(stands) === null
    return isLate ? notPossible({ kind: 'resumed-since', release: stands }) : done({ kind: 'held', hold: pulling })
  }
  const rest = { place, other: place.kind === 'everything' ? null : (others[0] ?? null), queued: [] }
  if (held === null) return (rest.other === null ? already : notPossible)({ kind: 'not-held', ...rest })
  const later = place.kind === 'everything' ? null : activeHold(stands)
  return later === null ? done({ kind: 'released', ...rest }) : notPossible({ kind: 'held-later', hold: later })
}

type Sender = Pick<AuthorizedCommands, 'login' | 'at' | 'evidence'>

function holdOrReleaseOf(command: HoldCommand, { login, at, evidence }: Sender): HoldOrRelease {
  const reason = command.verb === 'hold' ? command.reason : null
  return { place: command.scope, by: login, reason, since: at, evidence }
}

function repositoryHoldOrRelease(command: Command | InvalidCommand, given: Sender): readonly HoldOrRelease[] {
  const isCord = command.verb === 'hold' || command.verb === 'resume'
  return isCord && command.scope.kind === 'repository' ? [holdOrReleaseOf(command, given)] : []
}

/** The result, with what waits on now that its place was let go. */
function withQueuedStages(result: AnsweredCommand, pipeline: Pipeline): AnsweredCommand {
  if (result.outcome !== 'done' || result.answer.kind !== 'released') return result
  const queued = deriveStages(pipeline).stages.filter(({ status, queuedAt }) => status === 'queued' && queuedAt != null)
  return done({ ...result.answer, queued: queued.map(stageSummary) })
}

function isSamePlace(a: HoldOrRelease['place'], b: HoldOrRelease['place']): boolean {
  return placeKey(a) === placeKey(b)
}

function byPlace(a: HoldOrRelease, b: HoldOrRelease): number {
  return placeKey(a.place) < placeKey(b.place) ? -1 : 1
}
