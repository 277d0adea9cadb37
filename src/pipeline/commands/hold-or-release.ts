// What people say about the cord: `hold` and `resume`. A word about a stage or the issue is kept in the pipeline; one about
// the repository is kept by the door (see `repositoryWords`), and here it is only answered.
import { type Command, type InvalidCommand, mayUseCommand } from '../../commands/commands.ts'
import { activeHold, activeHolds, latestHoldOrRelease, NO_OUTER_HOLDS, placeKey } from '../holds/holds.ts'
import {
  type AnsweredCommand,
  already,
  type CommandContext,
  type CommandReduction,
  type CommandResult,
  done,
  notPossible,
  stageSummary,
} from '../model/command-result.ts'
import type { Hold, HoldOrRelease, OuterHolds } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import type { Actor, AuthorizedCommands } from './authorized-commands.ts'

type HoldCommand = Extract<Command, { verb: 'hold' | 'resume' }>

/** Pulls the cord of this line or lets it go, and says what came of it. */
export function runHoldOrResume(pipeline: Pipeline, command: HoldCommand, order: CommandContext): CommandReduction {
  const outerHolds = order.outerHolds ?? NO_OUTER_HOLDS
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

/** The words about the repository's cord among the commands of somebody who may say them, in their order. */
export function repositoryHoldsAndReleases({ commands, actor, role }: AuthorizedCommands): readonly HoldOrRelease[] {
  return mayUseCommand(role, 'hold') ? commands.flatMap((command) => repositoryHoldOrRelease(command, actor)) : []
}

/** What is answered to a word about the repository where no line hears it; null when it is about anything else. */
export function repositoryHoldResult(command: Command, speaker: Actor, outerHolds: OuterHolds): CommandResult | null {
  const [word] = repositoryHoldOrRelease(command, speaker)
  return word === undefined
    ? null
    : holdOrReleaseResult(outerHolds.repository, word, activeHolds({}, { ...outerHolds, repository: null }))
}

/** What is held around once these commands were heard as well. */
export function outerHoldsAfter(
  outerHolds: OuterHolds,
  commands: readonly (Command | InvalidCommand)[],
  speaker: Actor,
): OuterHolds {
  const words = commands.flatMap((command) => repositoryHoldOrRelease(command, speaker))
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
  const isLate = known !== null && latestHoldOrRelease(known, word) === known
  if (pulling !== null) {
    if (held !== null) return already({ kind: 'held', hold: held })
    return isLate ? notPossible({ kind: 'resumed-since', release: known }) : done({ kind: 'held', hold: pulling })
  }
  const rest = { place, other: place.kind === 'everything' ? null : (others[0] ?? null), queued: [] }
  if (held === null) return (rest.other === null ? already : notPossible)({ kind: 'not-held', ...rest })
  return isLate && place.kind !== 'everything'
    ? notPossible({ kind: 'held-later', hold: held })
    : done({ kind: 'released', ...rest })
}

function holdOrReleaseOf(command: HoldCommand, { login, at, evidence }: Actor): HoldOrRelease {
  const reason = command.verb === 'hold' ? command.reason : null
  return { place: command.scope, by: login, reason, since: at, evidence }
}

function repositoryHoldOrRelease(command: Command | InvalidCommand, speaker: Actor): readonly HoldOrRelease[] {
  const isCord = command.verb === 'hold' || command.verb === 'resume'
  return isCord && command.scope.kind === 'repository' ? [holdOrReleaseOf(command, speaker)] : []
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
