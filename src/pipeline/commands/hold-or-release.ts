// What people say about the cord: `hold` and `resume`. A word about a stage or the issue is kept in the pipeline; one about
// the repository is kept by the door (see `repositoryWords`), and here it is only answered.
import { type Command, type InvalidCommand, mayUseCommand } from '../../commands/commands.ts'
import {
  activeHold,
  activeHolds,
  describeActor,
  describeHold,
  describePlace,
  latestHoldOrRelease,
  NO_OUTER_HOLDS,
} from '../holds/holds.ts'
import {
  already,
  type CommandContext,
  type CommandReduction,
  type CommandResult,
  describeStage,
  done,
  notPossible,
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
  return {
    pipeline: next,
    result: activeHold(last) === null && result.outcome === 'done' ? withQueuedStages(result, next) : result,
  }
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
): CommandResult {
  const held = activeHold(known)
  const pulling = activeHold(word)
  const place = describePlace(word.place)
  if (known !== null && held === null && pulling !== null && latestHoldOrRelease(known, word) === known) {
    return notPossible(`${place} was resumed by ${describeActor(known)} after that was written`)
  }
  if (pulling !== null) {
    return held === null ? done(`${holdSentence(pulling)}; what runs goes on`) : already(holdSentence(held))
  }
  const [other] = others
  const rest = other === undefined ? null : holdSentence(other)
  if (word.place.kind === 'everything') {
    return held === null ? already('there is no hold on everything') : done('the hold on everything is over')
  }
  if (held === null && rest === null) return already(`${place} is not held`)
  if (held === null) return notPossible(`${place} is not held by itself; ${rest}`, other ? resumeCommandFor(other) : [])
  if (latestHoldOrRelease(known, word) === known) return notPossible(`${holdSentence(held)}, which was written later`)
  return done(rest === null ? `${place} is no longer held` : `${place} is no longer held, but ${rest}`)
}

function holdSentence(hold: Hold): string {
  return hold.place.kind === 'issue' ? `${describePlace(hold.place)} is ${describeHold(hold)}` : describeHold(hold)
}

function holdOrReleaseOf(command: HoldCommand, { login, at, evidence }: Actor): HoldOrRelease {
  const reason = command.verb === 'hold' ? command.reason : null
  return { place: command.scope, by: login, reason, since: at, evidence }
}

function repositoryHoldOrRelease(command: Command | InvalidCommand, speaker: Actor): readonly HoldOrRelease[] {
  const isCord = command.verb === 'hold' || command.verb === 'resume'
  return isCord && command.scope.kind === 'repository' ? [holdOrReleaseOf(command, speaker)] : []
}

/** What waits on, now that a place was spoken about. */
function withQueuedStages(said: CommandResult, pipeline: Pipeline): CommandResult {
  const waiting = deriveStages(pipeline).stages.filter(
    ({ status, queuedAt }) => status === 'queued' && queuedAt != null,
  )
  return waiting.length === 0 ? said : { ...said, message: [said.message, ...waiting.map(describeStage)].join('; ') }
}

function resumeCommandFor({ place }: Hold): readonly string[] {
  switch (place.kind) {
    case 'issue':
      return ['/andon resume']
    case 'stage':
      return [`/andon resume ${place.stage}`]
    case 'repository':
      return ['/andon resume repository']
    case 'everything':
      return []
  }
}

function isSamePlace(a: HoldOrRelease['place'], b: HoldOrRelease['place']): boolean {
  return placeKey(a) === placeKey(b)
}

function byPlace(a: HoldOrRelease, b: HoldOrRelease): number {
  return placeKey(a.place) < placeKey(b.place) ? -1 : 1
}

function placeKey(place: HoldOrRelease['place']): string {
  return place.kind === 'stage' ? `stage/${place.stage}` : place.kind
}
